"""What a process answers over HTTP."""

import socket
import threading
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse

import pytest

from infra.metrics import Metrics
from infra.telemetry.health import Health
from infra.telemetry.server import address, named, served
from schemas import metrics
from schemas.errors import UserError
from tests.contract.clocks import FakeClock

ANY = "127.0.0.1:0"
PATIENCE_S = 10.0


@pytest.fixture
def stop() -> threading.Event:
    return threading.Event()


@pytest.fixture
def health(stop: threading.Event) -> Health:
    return Health(FakeClock(), stop)


@pytest.fixture
def meters() -> Metrics:
    made = Metrics()
    made.inc(metrics.JOBS, "editor", "answered", by=3)
    return made


@pytest.fixture
def where(meters: Metrics, health: Health) -> Iterator[str]:
    with served(ANY, meters, health) as found:
        yield found


def ask(where: str, path: str, method: str = "GET", **headers: str) -> tuple[HTTPResponse, str]:
    connection = HTTPConnection(where, timeout=PATIENCE_S)
    try:
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        return answer, answer.read().decode()
    finally:
        connection.close()


def test_metrics_are_told_as_prometheus_reads_them(where: str) -> None:
    answer, body = ask(where, "/metrics")
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert 'nhr_jobs_total{group="editor",outcome="answered"} 3.0' in body.splitlines()
    assert "# TYPE nhr_jobs_total counter" in body
    assert "process_resident_memory_bytes" in body


def test_whoever_reads_open_metrics_gets_them(where: str) -> None:
    answer, body = ask(where, "/metrics?name=nothing", Accept="application/openmetrics-text;version=1.0.0")
    assert answer.headers["Content-Type"].startswith("application/openmetrics-text; version=1.0.0")
    assert body.endswith("# EOF\n")
    assert "# TYPE nhr_jobs counter" in body


def test_nothing_undeclared_is_told(where: str) -> None:
    """When a series began is a series more for each, and nobody asks for it."""
    assert "nhr_jobs_created" not in ask(where, "/metrics")[1]


def test_health_follows_the_process(where: str, health: Health, stop: threading.Event) -> None:
    assert (ask(where, "/healthz")[0].status, ask(where, "/readyz")[0].status) == (200, 503)
    health.pulse("editor")
    assert ask(where, "/readyz")[1] == "ok\n"
    stop.set()
    answer, body = ask(where, "/readyz")
    assert (answer.status, body) == (503, "stopping\n")
    assert ask(where, "/healthz")[0].status == 200


def test_a_stuck_process_says_what_is_stuck(meters: Metrics, stop: threading.Event) -> None:
    clock = FakeClock()
    health = Health(clock, stop)
    health.pulse("editor step")
    clock.advance(1e6)
    with served(ANY, meters, health) as where:
        answer, body = ask(where, "/healthz")
    assert (answer.status, body) == (503, "editor step has not gone on for 1000000 s\n")


def test_head_tells_all_but_the_body(where: str) -> None:
    answer, body = ask(where, "/healthz", "HEAD")
    assert (answer.status, answer.headers["Content-Length"], body) == (200, "3", "")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_nothing_is_changed_from_outside(where: str, method: str) -> None:
    answer, _ = ask(where, "/metrics", method)
    assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize("path", ["/", "/metrics/", "/../etc/passwd", "/healthz.txt"])
def test_there_is_nothing_else(where: str, path: str) -> None:
    assert ask(where, path)[0].status == 404


def test_what_cannot_be_told_costs_one_answer(where: str, meters: Metrics, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(meters.registry, "collect", lambda: iter([None]))
        assert ask(where, "/metrics")[0].status == 500
    assert ask(where, "/metrics")[0].status == 200


def test_a_silent_client_keeps_nobody_waiting(meters: Metrics, health: Health) -> None:
    with served(ANY, meters, health) as where:
        host, port = address(where)
        silent = socket.create_connection((host, port))
        assert ask(where, "/healthz")[0].status == 200
    with pytest.raises(OSError, match="refused"):
        ask(where, "/healthz")
    silent.close()


def test_a_port_in_use_is_one_clear_line(where: str, meters: Metrics, health: Health) -> None:
    with (
        pytest.raises(UserError, match=f"metrics cannot be served at {where} .*in use.*; give another HOST:PORT"),
        served(where, meters, health),
    ):
        pass


def test_nothing_is_served_unless_asked_for(meters: Metrics, health: Health) -> None:
    before = threading.active_count()
    with served("", meters, health) as where:
        assert where == ""
        assert threading.active_count() == before


def test_ipv6_is_served_in_brackets(meters: Metrics, health: Health) -> None:
    if not socket.has_ipv6:
        pytest.skip("no IPv6 here")
    with served("[::1]:0", meters, health) as where:
        assert where.startswith("[::1]:")
        assert ask(where, "/healthz")[0].status == 200


@pytest.mark.parametrize(
    ("text", "meant"), [("9464", "127.0.0.1:9464"), ("0.0.0.0:1", "0.0.0.0:1"), (":80", ":80"), ("[::]:0", "[::]:0")]
)
def test_a_port_alone_is_of_this_machine(text: str, meant: str) -> None:
    assert named(text) == meant


@pytest.mark.parametrize("text", ["", "here", "host:", "host:port", "host:65536", "a b:1", "::1:80", "http://x:1"])
def test_what_is_no_address_is_one_clear_line(text: str) -> None:
    with pytest.raises(UserError, match=r"is no HOST:PORT for metrics; give one such as 127\.0\.0\.1:9464"):
        named(text)
