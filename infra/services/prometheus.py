"""A real Prometheus on this machine: an installed one, or Debian's package, which needs no root."""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlencode

from infra.services import debian
from infra.services.loopback import HOST, free_ports, is_free
from infra.services.process import Process
from schemas.errors import UserError

PACKAGE = "prometheus"
CONFIG = "prometheus.json"
READY_S = 60.0
ANSWER_S = 10.0
TRIES = 5
PAUSE_S = 0.05
RULES = tuple(
    Path(__file__).parents[1] / "deploy" / "prometheus" / "rules" / name for name in ("recording.yml", "alerts.yml")
)
"""The rules that NHR ships."""


@dataclass(frozen=True)
class Sample:
    """One value of an answer, with its labels (`__name__` among them where there is one)."""

    labels: Mapping[str, str]
    value: float


class Server:
    """A Prometheus that runs in a folder: its configuration, its data and its log are there."""

    def __init__(self, folder: Path, port: int, owner: int | None) -> None:
        self.folder, self.port = folder, port
        self.process = Process(folder, owner)

    @property
    def url(self) -> str:
        """Its address, http://HOST:PORT."""
        return f"http://{HOST}:{self.port}"

    @property
    def pid(self) -> int | None:
        """Its pid; None when it does not run."""
        return self.process.pid

    def start(self) -> None:
        """Start it and return when it answers; raises `UserError` when it does not."""
        self.process.start(
            [*_program(), f"--config.file={self.folder / CONFIG}", f"--storage.tsdb.path={self.folder / 'data'}",
             f"--web.listen-address={HOST}:{self.port}", "--log.level=warn"]
        )  # fmt: skip
        until = time.monotonic() + READY_S
        while not self.is_ready():
            if self.pid is None or time.monotonic() > until:
                why = "ended" if self.pid is None else f"was not ready within {READY_S:.0f} s"
                raise UserError(f"Prometheus {why}: {self.process.last_words()}", f"its log is in {self.folder}")
            time.sleep(PAUSE_S)

    def is_ready(self) -> bool:
        """Whether it, and nobody else who listens on its port, answers."""
        try:
            flags = self.get("/api/v1/status/flags")  # 503 until it is ready
        except (OSError, HTTPException, ValueError):
            return False
        return bool(flags.get("config.file") == str(self.folder / CONFIG)) and self.pid is not None

    def query(self, expression: str) -> list[Sample]:
        """What a PromQL expression gives now; raises ValueError when Prometheus refuses it."""
        data = self.get("/api/v1/query", query=expression)
        if data["resultType"] == "scalar":
            return [Sample({}, float(data["result"][1]))]
        return [Sample(row["metric"], float(row["value"][1])) for row in data["result"]]

    def get(self, path: str, **parameters: str) -> Any:
        """The `data` that a path of its API gives; raises ValueError when it refuses, OSError when it is away."""
        connection = HTTPConnection(HOST, self.port, timeout=ANSWER_S)
        try:
            connection.request("GET", f"{path}?{urlencode(parameters)}" if parameters else path)
            answer = json.loads(connection.getresponse().read())
        finally:
            connection.close()
        if answer["status"] != "success":
            raise ValueError(f"{path} {parameters}: {answer['error']}")
        return answer["data"]

    def stop(self) -> None:
        """Shut it down in order; returns when it is gone."""
        self.process.stop()


def program(name: Literal["prometheus", "promtool"]) -> str:
    """Path of the program, fetched when none is installed; raises `UserError` when it cannot be."""
    return shutil.which(name) or str(debian.unpacked(PACKAGE) / "usr" / "bin" / name)


def check(kind: Literal["config", "rules"], *files: Path) -> str:
    """What `promtool check` has against them; empty when nothing. Raises `UserError` where there is no promtool."""
    return _told("check", kind, *map(str, files))


def try_rules(*files: Path) -> str:
    """What `promtool test rules` finds wrong; empty when nothing. Raises `UserError` where there is no promtool."""
    return _told("test", "rules", *map(str, files))


def config(
    files: Sequence[Path] = (), targets: Mapping[str, Sequence[str]] | None = None, every_s: float = 15.0,
    rules: Sequence[Path] = RULES,
) -> dict[str, Any]:  # fmt: skip
    """A configuration that scrapes what file_sd files list, and HOST:PORTs by role, with rules at the same pace."""
    pace = f"{round(every_s * 1000)}ms"
    static = [{"targets": list(of), "labels": {"role": role}} for role, of in (targets or {}).items()]
    listed = [{"files": [str(file.resolve()) for file in files], "refresh_interval": pace}] if files else []
    return {
        "global": {"scrape_interval": pace, "scrape_timeout": pace, "evaluation_interval": pace},
        "rule_files": [str(rule.resolve()) for rule in rules],
        "scrape_configs": [{"job_name": "nhr", "static_configs": static, "file_sd_configs": listed}],
    }


@contextmanager
def running(folder: Path, given: Mapping[str, Any]) -> Iterator[Server]:
    """A Prometheus in `folder` with this configuration; it ends with this block, or with this process.

    Raises `UserError` when Prometheus is missing and cannot be fetched, or does not come up.
    """
    server = start(folder, given, owner=os.getpid())
    try:
        yield server
    finally:
        server.stop()


def start(folder: Path, given: Mapping[str, Any], owner: int | None = None) -> Server:
    """A Prometheus in `folder` that lives as long as process `owner`; None: until it is ended.

    Raises like `running`.
    """
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / CONFIG).write_text(json.dumps(given, indent=2), encoding="utf-8")  # JSON is YAML
    for left in reversed(range(TRIES)):
        server = Server(folder, free_ports(1)[0], owner)
        try:
            server.start()
        except BaseException:
            server.stop()
            if not left or is_free(server.port):
                raise
        else:
            return server
    raise AssertionError("the last try returns or raises")


def _program() -> list[str]:
    """The program; Debian's package looks for its pages where it would be installed."""
    path = program("prometheus")
    pages = Path(path).parents[1] / "share" / "prometheus" / "web"
    return [path, f"--web.local-assets={pages}"] if pages.is_dir() else [path]


def _told(*arguments: str) -> str:
    done = subprocess.run([program("promtool"), *arguments], capture_output=True, text=True, check=False)
    return (done.stdout + done.stderr).strip() if done.returncode else ""
