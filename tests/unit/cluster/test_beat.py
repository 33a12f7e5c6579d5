"""What processes say of themselves: heard while they live, told as closed when they end."""

import socket

import pytest

from infra.cluster.beat import SILENT_S, Beating, beats
from infra.ledgers.memory import MemoryLedgers
from infra.metrics import Metrics
from infra.runtime.control import Control
from schemas import metrics
from schemas.ports import Change
from tests.contract.clocks import FakeClock

HOST = socket.gethostname()


def beating(notes: MemoryLedgers, clock: FakeClock, name: str = "0", meters: Metrics | None = None) -> Beating:
    return Beating(
        notes, Control(MemoryLedgers()), meters or Metrics(), clock, "editor", name, "null@1", lambda: "service away"
    )


def test_a_beat_tells_what_was_done_how_fast_and_what_is_wrong() -> None:
    notes, clock, meters = MemoryLedgers(), FakeClock(), Metrics()
    meters.inc(metrics.JOBS, "editor", "answered", by=3)
    for seconds in range(1, 101):
        meters.observe(metrics.STEP, "editor", value=float(seconds))
    beating(notes, clock, meters=meters).say()
    (beat,) = beats(notes, clock.now())
    assert (beat.name, beat.model, beat.trouble) == (f"editor/{HOST}/0", "null@1", "service away")
    assert beat.jobs == {"answered": 3}
    assert (beat.p50_s, beat.p95_s) == (51.0, 96.0)


def test_a_beat_tells_where_the_metrics_are() -> None:
    notes, clock = MemoryLedgers(), FakeClock()
    told = Beating(notes, Control(MemoryLedgers()), Metrics(), clock, "editor", "0", address="127.0.0.1:9464")
    told.say()
    assert [beat.metrics for beat in beats(notes, clock.now())] == ["127.0.0.1:9464"]


def test_a_process_before_its_first_step_has_no_step_times() -> None:
    notes, clock = MemoryLedgers(), FakeClock()
    beating(notes, clock).say()
    assert beats(notes, clock.now())[0].p95_s is None


def test_processes_of_one_number_on_two_machines_are_both_told(monkeypatch: pytest.MonkeyPatch) -> None:
    notes, clock = MemoryLedgers(), FakeClock()
    for host in ("one", "other"):
        monkeypatch.setattr(socket, "gethostname", lambda host=host: host)
        beating(notes, clock).say()
    assert [beat.host for beat in beats(notes, clock.now())] == ["one", "other"]


def test_a_process_that_ended_or_went_silent_is_not_told() -> None:
    notes, clock = MemoryLedgers(), FakeClock()
    beating(notes, clock, "ended").say()
    beating(notes, clock, "ended").say(closed=True)
    beating(notes, clock, "silent").say()
    clock.advance(SILENT_S + 1)
    beating(notes, clock, "here").say()
    assert [beat.name for beat in beats(notes, clock.now())] == [f"editor/{HOST}/here"]
    assert list(notes.names("closed")) == [f"editor/{HOST}/ended"]


def test_a_process_that_was_silent_for_an_hour_is_put_out_of_the_way() -> None:
    notes, clock = MemoryLedgers(), FakeClock()
    beating(notes, clock).say()
    clock.advance(3601)
    assert beats(notes, clock.now()) == []
    assert list(notes.names("closed")) == [f"editor/{HOST}/0"]


def test_a_follower_of_the_same_name_takes_the_beat_over() -> None:
    notes, clock = MemoryLedgers(), FakeClock()
    first = beating(notes, clock)
    first.say()
    first.say()
    clock.advance(5)
    beating(notes, clock).say()
    assert beats(notes, clock.now())[0].started == pytest.approx(clock.now())


def test_the_beat_of_a_newer_nhr_is_passed_over() -> None:
    notes, clock = MemoryLedgers(), FakeClock()
    notes.save([Change(f"editor/{HOST}/0", b'{"format": 2}', 0)])
    assert beats(notes, clock.now()) == []
