"""A real Prometheus: it is found or fetched, answers with what it scrapes, and ends with its block."""

import http.server
import os
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.services import debian, prometheus
from infra.services.process import identity
from schemas.errors import UserError
from tests import services
from tests.kafkas import until


@pytest.fixture
def target() -> Iterator[str]:
    """HOST:PORT of something that tells one metric."""

    class Told(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write(b"answer 42\n")

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Told) as server:
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        serving.start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()
        serving.join()


def test_it_scrapes_what_it_is_told_to_and_ends_with_its_block(tmp_path: Path, target: str) -> None:
    services.need_prometheus()
    given = prometheus.config(targets={"mine": [target]}, every_s=0.2, rules=())
    with prometheus.running(tmp_path, given) as server:
        pid = server.pid
        until(lambda: bool(server.query("answer")))
        found = server.query("answer")[0]
        with pytest.raises(ValueError, match="parse error"):
            server.query("answer{")
    assert (found.value, found.labels["job"], found.labels["role"]) == (42.0, "nhr", "mine")
    assert pid is not None
    assert identity(pid) is None


def test_a_configuration_that_it_refuses_is_one_clear_line(tmp_path: Path) -> None:
    services.need_prometheus()
    with pytest.raises(UserError, match=r"^Prometheus ended: .*Error loading config"):
        prometheus.start(tmp_path, {"global": {"pace": 1}})


def test_where_nothing_is_installed_one_line_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "nowhere"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with pytest.raises(UserError, match=r"^prometheus is not installed, nor apt-get, .*; install prometheus so that"):
        prometheus.program("prometheus")


FETCHES = """
for word in "$@"; do [ "$word" = update ] && touch updated; done
[ -e {needs} ] || {{ echo 'E: Unable to locate package tool' >&2; exit 100; }}
echo once >> "$XDG_CACHE_HOME/fetched"; : > tool_1.0_all.deb
"""


@pytest.mark.parametrize("needs", [".", "updated"])
def test_a_package_is_fetched_once_with_lists_of_our_own_where_apt_has_none(
    needs: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _install(tmp_path, monkeypatch, FETCHES.format(needs=needs), 'mkdir -p "$3/usr/bin"; : > "$3/usr/bin/tool"')

    roots = [debian.unpacked("tool") for _ in range(2)]

    assert [(root / "usr/bin/tool").exists() for root in roots] == [True, True]
    fetched = (tmp_path / "cache" / "fetched").read_text(encoding="ascii").split()
    assert len(fetched) == (1 if needs == "." else 2)  # `update` of the fake counts too


def test_what_apt_says_when_it_fails_is_passed_on_and_nothing_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _install(tmp_path, monkeypatch, "echo 'E: no route to host' >&2; exit 100", "")

    with pytest.raises(UserError, match=r"^Debian's package tool cannot be fetched: E: no route to host; look at"):
        debian.unpacked("tool")

    assert [path.name for path in (tmp_path / "cache/nhr/services").iterdir()] == ["debian-tool.lock"]


def _install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, apt_get: str, dpkg_deb: str) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, text in (("apt-get", apt_get), ("dpkg-deb", dpkg_deb)):
        (programs / name).write_text(f"#!/bin/sh\n{text}\n", encoding="ascii")
        (programs / name).chmod(stat.S_IRWXU)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}/bin")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
