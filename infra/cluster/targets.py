"""Where the processes of `nhr up` tell their metrics: ports of this machine, and the file that names them."""

import json
import secrets
import socket
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import NamedTuple

from schemas.errors import UserError

LOOPBACK = "127.0.0.1"
FIRST, LAST = 20_000, 32_000
"""Below the ports that systems give to outgoing connections, of which brokers' clients open many."""
TRIES = 1000


class Target(NamedTuple):
    """A process: the role it plays, the port of this machine where it tells its metrics."""

    role: str
    port: int


def is_free(port: int) -> bool:
    """Whether nobody listens there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server does: one that ended lingers
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def free_port(taken: Collection[int]) -> int:
    """A port where nobody listens, none of those `taken`; by chance, so that two of us seldom choose the same one."""
    for _ in range(TRIES):
        port = FIRST + secrets.randbelow(LAST - FIRST)
        if port not in taken and is_free(port):
            return port
    raise UserError(f"no port from {FIRST} to {LAST} is free for metrics", "end what listens there")


def write(file: Path, targets: Iterable[Target]) -> None:
    """The file as Prometheus's file_sd_configs reads it, written whole: it looks whenever the file changes."""
    told = [{"targets": [f"{LOOPBACK}:{one.port}"], "labels": {"role": one.role}} for one in targets]
    new = file.with_suffix(".new")
    new.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    new.replace(file)
