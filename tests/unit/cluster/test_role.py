"""What a role is told to do, and what it says of itself."""

import json
import threading
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from infra.blobs.memory import MemoryBlobs
from infra.bus.memory import MemoryBus
from infra.cluster import role
from infra.ledgers.memory import MemoryLedgers
from infra.metrics import Metrics
from infra.runtime.control import Control
from infra.runtime.inhand import InHand
from infra.runtime.spending import Till
from infra.settings import Settings
from infra.telemetry.health import Health
from schemas import codec, topics
from schemas.errors import Reject
from schemas.ports import Usage
from streams import leftout
from streams.rules import policy as policies
from tests.contract.clocks import FakeClock
from workers import roster


class StoppedByWaiting(threading.Event):
    """Is set as soon as anybody waits for it."""

    def wait(self, timeout: float | None = None) -> bool:
        self.set()
        return True


@pytest.fixture
def equipment(tmp_path: Path) -> role.Equipment:
    clock, cursors = FakeClock(), MemoryLedgers()
    stores: Any = SimpleNamespace(
        bus=MemoryBus(clock), blobs=MemoryBlobs(), ledgers=MemoryLedgers(), cursors=cursors, beats=MemoryLedgers()
    )
    stop = StoppedByWaiting()
    return role.Equipment(
        tmp_path, stores, Settings(), Metrics(), clock, InHand(MemoryLedgers()), Control(cursors),
        Till(cursors, clock, 1.0), stop, Health(clock, stop),
    )  # fmt: skip


def test_a_worker_that_bills_says_that_the_day_has_cost_its_limit(equipment: role.Equipment) -> None:
    job, other = role.worker("judge", "null")(equipment), role.worker("gate", "null")(equipment)
    assert job.trouble() == ""
    equipment.till.add(job.model, 2.0)
    assert (job.trouble(), other.trouble()) == ("spend limit of $1.00 reached; resumes at 00:00 UTC", "")


def test_a_prompter_says_so_whoever_billed_and_takes_nothing_in(equipment: role.Equipment) -> None:
    intent = role.Intent("null", "night", policies.read("paper"), scenes=4)
    job = role.prompter(intent)(equipment)
    equipment.till.add("judge@1", 2.0)
    job.run()
    assert job.trouble()
    assert sum(equipment.stores.bus.ends().values()) == 0


def test_what_a_prompters_items_cost_counts_for_the_day(
    equipment: role.Equipment, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = roster.prompter("null")
    monkeypatch.setattr(roster, "prompter", lambda _text: found)
    role.prompter(role.Intent("null", "night", policies.read("paper"), scenes=4))(equipment)
    found.access.spent(Usage(10, 5, 0.25))
    assert equipment.till.spent_usd == 0.25


def test_a_prompter_keeps_out_what_the_blocklist_and_the_policy_bar_and_counts_it(
    equipment: role.Equipment, tmp_path: Path
) -> None:
    ask = {"instruction": "Make it blue.", "operation": "recolor"}
    lines = (json.dumps({"text": text, "requests": [ask]}) for text in ("a red boat", "a lighthouse"))
    (tmp_path / "p.jsonl").write_text("\n".join(lines))
    (tmp_path / "blocked.txt").write_text("Lighthouse")
    equipped = replace(
        equipment, settings=Settings(blocklist=tmp_path / "blocked.txt"), stop=threading.Event(),
        till=Till(equipment.stores.cursors, equipment.clock, 0.0),
    )  # fmt: skip
    role.prompter(role.Intent(str(tmp_path / "p.jsonl"), "night", policies.read("paper")))(equipped).run()
    bus: Any = equipment.stores.bus
    assert [codec.decode(topics.PROMPTS, one.value).text for one in bus.read(topics.PROMPTS.name)] == ["a red boat"]
    assert leftout.counts(equipment.stores.blobs, "night") == {("blocklist", "word 'lighthouse'"): 1}


def test_a_writer_may_not_write_what_the_blocklist_names(
    equipment: role.Equipment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "blocked.txt").write_text("Lighthouse")
    made: list[dict[str, Any]] = []

    def hired(*_: object, **named: Any) -> SimpleNamespace:
        made.append(named)
        return SimpleNamespace(group="writer")

    monkeypatch.setattr(role, "Worker", hired)
    role.worker("writer", "null")(replace(equipment, settings=Settings(blocklist=tmp_path / "blocked.txt")))
    with pytest.raises(Reject, match="word 'lighthouse'"):
        made[0]["sayable"]("Take the lighthouse away.")
