"""Pausing: noted once, obeyed by every loop and by the intake, forgotten when people say go on."""

import threading
from collections.abc import Sequence

import pytest

from infra.bus.memory import MemoryBus
from infra.ledgers.memory import MemoryLedgers
from infra.metrics import Metrics
from infra.runtime import control
from infra.runtime.control import Control
from infra.runtime.loop import Loop
from schemas.errors import UserError
from schemas.ports import Change, Lag
from tests.contract.clocks import FakeClock
from tests.unit.runtime.handling import SOON_S, TOPIC, Diary, Noting, NotingBus, fill, left


def test_a_pause_is_seen_by_others_and_lifted_again() -> None:
    notes = MemoryLedgers()
    assert control.change(notes, "editor", pause=True)
    assert control.change(notes, "judge", pause=True)
    assert not control.change(notes, "judge", pause=True)
    assert control.paused(notes) == {"editor", "judge"}
    assert control.change(notes, "editor", pause=False)
    assert control.paused(notes) == {"judge"}


def test_a_process_knows_of_a_pause_once_it_has_looked() -> None:
    notes = MemoryLedgers()
    seen = Control(notes)
    control.change(notes, "editor", pause=True)
    assert not seen.of("editor")()
    seen.look()
    assert seen.of("editor")()
    assert not seen.of("judge")()


def test_a_note_that_nobody_can_read_is_told() -> None:
    notes = MemoryLedgers()
    notes.save([Change(control.NAME, b"{", 0)])
    with pytest.raises(UserError, match="/control is damaged"):
        control.paused(notes)


def test_changes_at_the_same_time_all_stand() -> None:
    class Busy(MemoryLedgers):
        """Somebody else pauses the judge just before the first save."""

        rivals = 1

        def save(self, changes: Sequence[Change]) -> frozenset[str]:
            if self.rivals:
                self.rivals -= 1
                control.change(self, "judge", pause=True)
            return super().save(changes)

    notes = Busy()
    control.change(notes, "editor", pause=True)
    assert control.paused(notes) == {"editor", "judge"}


@pytest.mark.parametrize("overlaps", [False, True])
def test_a_paused_stage_takes_nothing_until_it_goes_on(overlaps: bool, meters: Metrics, clock: FakeClock) -> None:
    bus, stop, diary, looks = MemoryBus(clock), threading.Event(), Diary(), threading.Event()
    held = threading.Event()
    held.set()

    def paused() -> bool:
        looks.set()
        return held.is_set()

    fill(bus, "a")
    diary.at = lambda step, _batch: stop.set() if step == "settle" else None
    loop = Loop(Noting(diary, overlaps), NotingBus(bus, diary), meters, clock, stop, paused)
    thread = threading.Thread(target=loop.run)
    thread.start()
    assert looks.wait(SOON_S)
    assert left(bus) == Lag(1, 0)
    held.clear()
    thread.join(SOON_S)
    assert not thread.is_alive()
    assert bus.lag()[TOPIC.name, "collector"] == Lag(0, 0)


def test_what_feeds_a_stage_is_told_from_the_topics() -> None:
    assert control.feeding("generator") == {"prompter", "generator"}
    assert control.feeding("gate") >= {"prompter", "generator", "gate", "director"}
    assert "recorder" not in control.feeding("collector")
    assert "collector" not in control.feeding("editor")
    assert control.feeding("prompter") == {"prompter"}
