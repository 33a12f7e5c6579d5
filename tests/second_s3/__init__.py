"""A second real S3 server, of another make than the first: the Versity S3 Gateway, compiled once into the user's cache.

What holds on SeaweedFS alone is no contract. This one keeps objects as files, checks conditions under other locks,
lists in another order, and ignores conditions on copies.
"""

import fcntl
import hashlib
import os
import secrets
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import urllib3

from infra import settings
from infra.services.loopback import HOST, free_ports
from schemas.errors import UserError

SOURCE = Path(__file__).parent
GO_HINT = "install Go 1.26 or newer, and see that it can fetch modules"
BUILD_S, HEALTHY_S, END_S = 900.0, 60.0, 10.0
TRIES = 5


@dataclass(frozen=True)
class Server:
    """A server that runs."""

    endpoint: str
    access_key: str
    secret_key: str


def program() -> Path:
    """The server, compiled by one process at a time; raises `UserError` where that cannot be done."""
    digest = hashlib.sha256(b"".join((SOURCE / name).read_bytes() for name in ("main.go", "go.mod", "go.sum")))
    home = settings.cache_home() / "nhr" / "services"
    binary = home / f"second-s3-{digest.hexdigest()[:12]}"
    home.mkdir(parents=True, exist_ok=True)
    with (home / "second-s3.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not binary.exists():
            _compile(binary)
    return binary


def _compile(binary: Path) -> None:
    go = shutil.which("go")
    if go is None:
        raise UserError("Go is not installed, it compiles the second S3 server", GO_HINT)
    staged = binary.with_suffix(".new")
    # Without optimisation it compiles in half the time.
    command = [
        go, "build", "-mod=readonly", "-buildvcs=false", "-gcflags=all=-N -l", "-ldflags=-s -w", "-o", str(staged), ".",
    ]  # fmt: skip
    own = {"CGO_ENABLED": "0", "GOFLAGS": ""}
    try:
        done = subprocess.run(
            command, cwd=SOURCE, env=os.environ | own, capture_output=True, text=True, timeout=BUILD_S, check=False
        )
    except subprocess.TimeoutExpired:
        raise UserError(f"Go did not compile the second S3 server in {BUILD_S:.0f} s", GO_HINT) from None
    if done.returncode:
        raise UserError(f"Go cannot compile the second S3 server: {done.stderr[-300:]}", GO_HINT)
    staged.replace(binary)


@contextmanager
def running(folder: Path) -> Iterator[Server]:
    """A server over `folder`, which ends with this block; raises `UserError` when it does not come up."""
    binary = program()
    keys = f"second{secrets.token_hex(8)}", secrets.token_hex(20)
    own = {"ROOT_ACCESS_KEY": keys[0], "ROOT_SECRET_KEY": keys[1]}
    (folder / "data").mkdir(parents=True)
    for _ in range(TRIES):
        (port,) = free_ports(1)
        with (folder / "output.log").open("ab") as log:
            command = [str(binary), f"{HOST}:{port}", str(folder / "data")]
            process = subprocess.Popen(
                command, cwd=folder, env=os.environ | own, stdout=log, stderr=log, start_new_session=True
            )
        try:
            if _answers(process, port):
                yield Server(f"http://{HOST}:{port}", *keys)
                return
        finally:
            process.terminate()
            process.wait(END_S)
    raise UserError(f"the second S3 server does not start; see {folder}/output.log", "is another server in its place?")


def _answers(process: "subprocess.Popen[bytes]", port: int) -> bool:
    """Whether it comes up; False when it ended, as it does when somebody took its port."""
    until = time.monotonic() + HEALTHY_S
    with urllib3.HTTPConnectionPool(HOST, port, retries=False, timeout=1.0) as pool:
        while process.poll() is None and time.monotonic() < until:
            try:
                pool.request("GET", "/")
            except urllib3.exceptions.HTTPError:
                time.sleep(0.05)
            else:
                return process.poll() is None
    return False
