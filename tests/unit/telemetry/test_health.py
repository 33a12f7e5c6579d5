"""A process is alive while its threads go on, and ready once each has what it needs."""

import threading

import pytest

from infra.telemetry.health import Health
from tests.contract.clocks import FakeClock

LATELY_S = 100.0


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def stop() -> threading.Event:
    return threading.Event()


@pytest.fixture
def health(clock: FakeClock, stop: threading.Event) -> Health:
    return Health(clock, stop, LATELY_S)


def test_a_process_that_starts_is_alive_and_not_ready(health: Health) -> None:
    assert (health.trouble, health.unready) == ("", "starting")


def test_it_is_ready_once_no_thread_lacks_anything(health: Health) -> None:
    loop, _step = health.pulse("editor", "has not joined its group yet"), health.pulse("editor step")
    assert health.unready == "editor: has not joined its group yet"
    loop.lacks = ""
    assert health.unready == ""


def test_it_is_alive_and_not_ready_while_it_stops(health: Health, stop: threading.Event) -> None:
    health.pulse("editor")
    stop.set()
    assert (health.trouble, health.unready) == ("", "stopping")


def test_a_thread_that_goes_silent_is_told(health: Health, clock: FakeClock) -> None:
    health.pulse("editor")
    clock.advance(LATELY_S + 1)
    assert health.trouble == health.unready == "editor has not gone on for 101 s"


def test_a_thread_that_turns_is_alive_for_ever(health: Health, clock: FakeClock) -> None:
    pulse = health.pulse("editor")
    for _ in range(10):
        clock.advance(LATELY_S - 1)
        pulse.turned()
        assert health.trouble == ""


def test_what_may_take_long_is_no_silence_until_it_takes_longer(health: Health, clock: FakeClock) -> None:
    pulse = health.pulse("editor step")
    with pulse.within(1000.0):
        clock.advance(999.0)
        assert health.trouble == ""
        clock.advance(2.0)
        assert health.trouble == "editor step has not gone on for 1001 s"
    assert health.trouble == ""


def test_waiting_for_brokers_may_take_for_ever(health: Health, clock: FakeClock) -> None:
    with health.pulse("editor finish").within():
        clock.advance(1e9)
        assert health.trouble == ""


def test_a_thread_may_rest_as_long_as_it_said(health: Health, clock: FakeClock) -> None:
    pulse = health.pulse("sweeper")
    pulse.turned(rests_s=3600.0)
    clock.advance(3600.0)
    assert health.trouble == ""
    clock.advance(LATELY_S + 1)
    assert health.trouble.startswith("sweeper has not gone on")


def test_a_thread_that_ended_as_it_should_is_no_trouble(health: Health, clock: FakeClock) -> None:
    intake, loop = health.pulse("prompter", "has not begun"), health.pulse("gate")
    health.over(intake)
    clock.advance(LATELY_S / 2)
    loop.turned()
    clock.advance(LATELY_S / 2 + 1)
    assert (health.trouble, health.unready) == ("", "")
