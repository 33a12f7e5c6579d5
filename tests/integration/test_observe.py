"""`nhr observe`: everything it starts answers and is scraped, and all of it ends with it, in order."""

import json
import os
import re
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from infra.services.process import NOTE, Identity, identity
from infra.wiring import DATABASE
from tests import services
from tests.integration.running import COMMAND, environment
from tests.kafkas import until

READY_S = 150.0
ENDED_S = 150.0
ROLES = {
    "prompter", "generator", "gate", "editor", "screen", "judge", "writer", "director", "collector", "recorder",
    "rates", "sweeper", "exporter",
}  # fmt: skip
ADDRESS = re.compile(r"^  (\w+) +http://(127\.0\.0\.1:\d+)(\S*)", re.MULTILINE)

GRAFANA = """#!{python}
import http.server, json, os, sys
class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/api/health" else 404)
        self.end_headers()
    def log_message(self, *_):
        pass
home = os.path.dirname(os.environ["GF_PATHS_PROVISIONING"])
json.dump([sys.argv[1:], dict(os.environ)], open(os.path.join(home, "told.json"), "w"))
address = os.environ["GF_SERVER_HTTP_ADDR"], int(os.environ["GF_SERVER_HTTP_PORT"])
http.server.HTTPServer(address, Health).serve_forever()
"""
"""Stands where Grafana's server would: it notes how it was started, and says that it is well."""


class Observed:
    """A run of the command, with what it has printed."""

    def __init__(self, folder: Path, *options: str, **settings: str) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            [*COMMAND, "observe", "--dir", str(folder), *options], env=environment(**settings),
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        self.out = ""
        self._ready = threading.Event()
        self._reading = threading.Thread(target=self._read)
        self._reading.start()

    def ready(self) -> dict[str, tuple[str, str]]:
        """Wait until everything is started; gives host and path by what they are of."""
        assert self._ready.wait(READY_S), self.out
        return {name: (host, path) for name, host, path in ADDRESS.findall(self.out)}

    def stop(self) -> int:
        """Ctrl-C; gives the exit status."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(ENDED_S)

    def close(self) -> None:
        """Whatever still runs is ended."""
        self.process.kill()
        self.process.wait()
        self._reading.join(READY_S)

    def servers(self) -> list[Identity]:
        """Every process that it started and that runs."""
        notes = [Identity(**json.loads(note.read_text(encoding="ascii"))) for note in self.folder.rglob(NOTE)]
        return [who for who in notes if identity(who.pid) == who]

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as told:
            for line in told:
                self.out += line
                if line.startswith("Ctrl-C"):
                    self._ready.set()
        self._ready.set()


@contextmanager
def observed(folder: Path, *options: str, **settings: str) -> Iterator[Observed]:
    services.need_prometheus()
    found = Observed(folder, *options, **settings)
    try:
        yield found
    finally:
        found.close()


def answer(host: str, path: str) -> tuple[int, bytes]:
    connection = HTTPConnection(host, timeout=10)
    try:
        connection.request("GET", path)
        got = connection.getresponse()
        return got.status, got.read()
    finally:
        connection.close()


def asked(prometheus: str, path: str) -> Any:
    return json.loads(answer(prometheus, path)[1])["data"]


def test_everything_answers_and_is_scraped_and_ends_with_ctrl_c(tmp_path: Path) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "grafana").write_text(GRAFANA.format(python=sys.executable), encoding="utf-8")
    (programs / "grafana").chmod(stat.S_IRWXU)
    with observed(tmp_path / "o", PATH=f"{programs}{os.pathsep}{os.environ['PATH']}") as run:
        where = run.ready()
        assert where.keys() == {"mining", "Prometheus", "gallery", "Grafana"}
        assert answer(*where["gallery"])[0] == 200
        assert b"nhr_jobs_total" in answer(*where["mining"])[1]
        prometheus = where["Prometheus"][0]
        until(lambda: [one["health"] for one in asked(prometheus, "/api/v1/targets")["activeTargets"]] == ["up"])
        until(lambda: bool(asked(prometheus, "/api/v1/query?query=group:nhr_done_messages:max")["result"]))
        groups = asked(prometheus, "/api/v1/rules")["groups"]
        assert [rule["name"] for group in groups for rule in group["rules"] if rule["health"] == "err"] == []
        _expect_dashboards(run.folder / "grafana", prometheus)
        running = run.servers()
        assert len(running) == 4
        with observed(run.folder) as second:
            assert second.process.wait(READY_S) == 2
        assert "another nhr observe is at work" in second.out
        assert run.stop() == 0
        assert [identity(who.pid) for who in running] == [None] * 4
    assert (run.folder / "data" / DATABASE).exists()


def _expect_dashboards(folder: Path, prometheus: str) -> None:
    """Grafana was told to find the dashboards that are shipped, and this Prometheus."""
    arguments, given = json.loads((folder / "told.json").read_text(encoding="utf-8"))
    assert arguments[0] == "server"
    provisioning = Path(given["GF_PATHS_PROVISIONING"])
    (source,) = (provisioning / "datasources").glob("*.yml")
    assert f"url: http://{prometheus}\n" in source.read_text(encoding="utf-8")
    (provider,) = (provisioning / "dashboards").glob("*.yml")
    (place,) = re.findall(r"path: (\S+)", provider.read_text(encoding="utf-8"))
    assert list(Path(place).glob("*.json"))


def test_what_it_started_ends_even_when_it_is_killed(tmp_path: Path) -> None:
    with observed(tmp_path, PATH=os.environ["PATH"]) as run:
        assert run.ready().keys() >= {"mining", "Prometheus", "gallery"}
        running = run.servers()
        assert len(running) >= 3
        run.process.kill()
        until(lambda: run.servers() == [])


@pytest.mark.slow
def test_a_cluster_is_scraped_in_all_of_its_roles(tmp_path: Path) -> None:
    services.need_kafka()
    services.need_s3()
    with observed(tmp_path, "--cluster", NHR_EXPORT_S="1") as run:
        where = run.ready()
        assert answer(*where["gallery"])[0] == 200
        prometheus = where["Prometheus"][0]

        def told() -> set[str]:
            up = asked(prometheus, "/api/v1/query?query=up==1")["result"]
            return {one["metric"]["role"] for one in up}

        until(lambda: told() == ROLES, READY_S)
        until(lambda: bool(asked(prometheus, "/api/v1/query?query=group:nhr_lag_messages:max")["result"]), READY_S)
        assert run.stop() == 0
        assert run.servers() == []
