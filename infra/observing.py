"""All there is to look at, on one machine: mining that goes on, Prometheus, the gallery and, if installed, Grafana."""

import fcntl
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from infra.services import prometheus
from infra.services.loopback import HOST, free_ports
from infra.services.process import Process
from schemas.errors import UserError

COMMAND = (sys.executable, "-m", "infra.cli")
CAMPAIGN = "observe"
SCRAPE_S = 5.0
READY_S = 180.0
"""A cluster's many processes take a while to start on a small machine."""
DRAIN_S = 120.0
PAUSE_S = 0.2
ANSWER_S = 5.0
GRAFANA = Path(__file__).parent / "deploy" / "grafana"
GRAFANA_HOME = Path("/usr/share/grafana")
"""Where its package puts it."""


@dataclass(frozen=True)
class Part:
    """One of what runs: its name, its address ("" where there is none to open), what there is to see."""

    name: str
    address: str
    shows: str
    process: Process

    @property
    def trouble(self) -> str:
        """Why it is gone, in words for people; "" while it runs."""
        if self.process.pid is not None:
            return ""
        return f"{self.name} has ended: {self.process.last_words()} (its log is in {self.process.folder})"


class Observatory:
    """Starts the parts one after the other; they end in turn when its block does, and with this process."""

    def __init__(self, folder: Path, say: Callable[[str], None], stopped: Callable[[], bool]) -> None:
        self.folder, self.parts = folder, list[Part]()
        self._say, self._stopped = say, stopped
        self._ending = ExitStack()

    def __enter__(self) -> "Observatory":
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.close()

    def mine(self) -> None:
        """Mining with simulated models in one process, for ever, and all that looks at it."""
        data, (port,) = self.folder / "data", free_ports(1)
        target = f"{HOST}:{port}"
        command = [*COMMAND, "mine", "--campaign", CAMPAIGN, "--out", str(data), "--metrics", target, "--json"]
        part = Part("mining", f"http://{target}/metrics", f"into {data}", self._process("mining"))
        self._start(part, command, "/readyz")
        self._watch(prometheus.config(targets={"mine": [target]}, every_s=SCRAPE_S), ["--out", str(data)], None)

    def cluster(self) -> None:
        """Every role as a process, over a local Kafka and S3 unless some are named, and all that looks at them."""
        from infra import settings
        from infra.cluster import up

        folder = self.folder / "cluster"
        folder.mkdir(parents=True, exist_ok=True)
        given = self._ending.enter_context(up.servers(folder, settings.from_environment(), self._say))
        command = [*COMMAND, "up", "--simulated", "--campaign", CAMPAIGN, "--dir", str(folder)]
        part = Part("mining", "", f"logs in {folder / 'logs'}", self._process("mining"))
        targets = folder / up.TARGETS
        targets.unlink(missing_ok=True)
        self._start(part, command, "", given)
        self._await(part, targets.exists)
        self._watch(prometheus.config(files=[targets], every_s=SCRAPE_S), [], given)

    def _watch(self, config: Mapping[str, object], place: Sequence[str], environment: Mapping[str, str] | None) -> None:
        server = self._ending.enter_context(prometheus.running(self.folder / "prometheus", config))
        self.parts.append(Part("Prometheus", server.url, "targets, rules, alerts", server.process))
        (port,) = free_ports(1)
        gallery = Part("gallery", f"http://{HOST}:{port}/", "triplets, live", self._process("gallery"))
        self._start(gallery, [*COMMAND, "gallery", *place, "--port", str(port)], "/", environment)
        self._grafana(server.url)

    def _grafana(self, source: str) -> None:
        command = grafana_command()
        if not command:
            self._say("Grafana is not installed here; its dashboards come with docker compose, or with grafana on PATH")
            return
        folder, (port,) = self.folder / "grafana", free_ports(1)
        provision(folder / "provisioning", source)
        part = Part("Grafana", f"http://{HOST}:{port}/dashboards", "dashboards", Process(folder, os.getpid()))
        self._start(part, command, "/api/health", {**os.environ, **grafana_environment(folder, port)})

    def _process(self, name: str) -> Process:
        return Process(self.folder / name, os.getpid())

    def _start(
        self, part: Part, command: Sequence[str], ready: str, environment: Mapping[str, str] | None = None
    ) -> None:
        """Start it, and wait until `ready` (a path of its address) answers."""
        part.process.start(command, environment)
        self._ending.callback(part.process.stop, DRAIN_S)
        if ready:
            self._await(part, lambda: answers(part.address, ready))
        self.parts.append(part)

    def _await(self, part: Part, ready: Callable[[], bool]) -> None:
        until = time.monotonic() + READY_S
        while not ready():
            if part.trouble:
                raise UserError(part.trouble, "see its log")
            if self._stopped():
                raise KeyboardInterrupt
            if time.monotonic() > until:
                hint = f"its log is in {part.process.folder}"
                raise UserError(f"{part.name} was not ready within {READY_S:.0f} s", hint)
            time.sleep(PAUSE_S)


def answers(address: str, path: str) -> bool:
    """Whether the server of an address says that all is well at that path."""
    connection = HTTPConnection(address.removeprefix("http://").partition("/")[0], timeout=ANSWER_S)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def grafana_command() -> list[str]:
    """How Grafana is started here; empty where it is not installed."""
    home = ["--homepath", str(GRAFANA_HOME)] if GRAFANA_HOME.is_dir() else []
    for name, verb in (("grafana", ["server"]), ("grafana-server", [])):
        path = shutil.which(name)
        if path:
            return [path, *verb, *home]
    return []


def grafana_environment(folder: Path, port: int) -> dict[str, str]:
    """Grafana's settings: everything in that folder, open to this machine, whoever comes may look."""
    return {
        "GF_PATHS_DATA": str(folder / "data"), "GF_PATHS_LOGS": str(folder / "logs"),
        "GF_PATHS_PROVISIONING": str(folder / "provisioning"), "GF_SERVER_HTTP_ADDR": HOST,
        "GF_SERVER_HTTP_PORT": str(port), "GF_AUTH_ANONYMOUS_ENABLED": "true",
        "GF_ANALYTICS_REPORTING_ENABLED": "false", "GF_ANALYTICS_CHECK_FOR_UPDATES": "false",
        "GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES": "false", "GF_PLUGINS_PREINSTALL_DISABLED": "true",
    }  # fmt: skip


def provision(folder: Path, source: str) -> None:
    """The data source and the dashboards that NHR ships, as Grafana is to find them here."""
    places = {"http://prometheus:9090": source, "/etc/grafana/dashboards": str(GRAFANA / "dashboards")}
    for file in (GRAFANA / "provisioning").rglob("*.yml"):
        text = file.read_text(encoding="utf-8")
        for there, here in places.items():
            text = text.replace(there, here)
        to = folder / file.relative_to(GRAFANA / "provisioning")
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_text(text, encoding="utf-8")


@contextmanager
def observing(
    folder: Path, cluster: bool, say: Callable[[str], None], stopped: Callable[[], bool]
) -> Iterator[Sequence[Part]]:
    """Everything started; gives the parts. Raises `UserError` when one of them does not come up."""
    with _alone(folder), Observatory(folder, say, stopped) as observatory:
        if cluster:
            observatory.cluster()
        else:
            observatory.mine()
        yield observatory.parts


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(
                f"another nhr observe is at work in {folder}", "look at that one, or give another --dir"
            ) from None
        yield
