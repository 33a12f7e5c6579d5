"""What a campaign has under way that no record tells: it goes on in the new folder."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgpack
import pytest

from infra.bus.memory import MemoryBus
from infra.campaigns import CURRENT
from infra.ledgers.memory import MemoryLedgers
from infra.place import of_folder
from infra.redecided import NewFolder
from infra.settings import Settings
from infra.underway import UnderWay, taken_over
from infra.wiring import Stores, embedded
from schemas import codec, topics
from schemas import messages as m
from schemas.deadletters import dead_letter
from schemas.errors import UserError
from schemas.ports import Change, Delivery, Outgoing
from tests.contract.clocks import FakeClock
from tests.unit.redeciding.remembering import Remembered
from tests.unit.rules.telling import policy

SETTINGS = Settings(fsync=False)


def prompt(number: int, campaign: str = "c") -> m.Prompt:
    return m.Prompt(
        campaign=campaign, prompt_id=f"p{number}", text="a scene", style="", seed=0, width=8, height=8,
        requests=(m.Request(instruction="edit", operation="remove"),),
    )  # fmt: skip


@contextmanager
def old(tmp_path: Path) -> Iterator[Stores]:
    """The folder that is redecided, its campaign "c" three scenes far."""
    (tmp_path / "old").mkdir(exist_ok=True)
    with embedded(tmp_path / "old", SETTINGS) as stores:
        stores.cursors.save([Change("c", msgpack.packb({"format": 1, "cursor": 3}), 0)])
        for topic in topics.ALL:
            for group in topic.groups:
                stores.bus.subscribe(topic.name, group)
        yield stores


def new(tmp_path: Path) -> tuple[NewFolder, Stores]:
    folder = NewFolder(of_folder(tmp_path / "old"), tmp_path / "new", policy(), fsync=False)
    return folder, Stores(MemoryBus(FakeClock()), folder.new, MemoryLedgers(), MemoryLedgers())


def taken(tmp_path: Path, stores: Stores) -> UnderWay:
    return taken_over(of_folder(tmp_path / "old"), SETTINGS, "c", stores)


def stored(stores: Stores, topic: topics.Topic) -> list[Any]:
    assert isinstance(stores.bus, MemoryBus)
    found = stores.bus.read(topic.name)
    return [codec.decode(topic, one.value) if topic.message else one.value for one in found]


def test_scenes_that_no_gate_has_answered_come_along_once_with_their_pictures(tmp_path: Path) -> None:
    source = Remembered(policy()).source
    with old(tmp_path) as stores:
        stores.blobs.put(source.subject.image.key, b"picture")
        stores.bus.publish([codec.outgoing(one) for one in (prompt(1), prompt(2, "other"), source)])
        stores.bus.publish([Outgoing(topics.PROMPTS.name, "", b"no prompt", {})])
    folder, after = new(tmp_path)
    found = taken(tmp_path, after)
    found.hand_over(folder, after)
    taken(tmp_path, after).hand_over(folder, after)
    assert (stored(after, topics.PROMPTS), stored(after, topics.SOURCES)) == ([prompt(1)], [source])
    assert folder.new.get(source.subject.image.key) == b"picture"
    assert (found.cursor, after.cursors.load([CURRENT])[CURRENT].data) == (3, b"c")
    assert msgpack.unpackb(after.cursors.load(["c"])["c"].data) == {"format": 1, "cursor": 3}


def test_a_scene_that_was_done_is_not_done_again(tmp_path: Path) -> None:
    source, worked_off = Remembered(policy()).source, prompt(1)
    with old(tmp_path) as stores:
        stores.bus.publish([codec.outgoing(worked_off), codec.outgoing(prompt(2))])
        subscription = stores.bus.subscribe(topics.PROMPTS.name, "generator")
        subscription.ack(subscription.poll(1, 0.0))
        stores.bus.publish([codec.outgoing(source)])
    folder, after = new(tmp_path)
    found = taken(tmp_path, after)
    story = Remembered(policy())
    story.gate()
    found.settle(story.under(policy()))
    found.hand_over(folder, after)
    assert (stored(after, topics.PROMPTS), stored(after, topics.SOURCES)) == ([prompt(2)], [])


def test_a_source_whose_drawing_failed_and_was_put_back_is_still_under_way(tmp_path: Path) -> None:
    with old(tmp_path) as stores:
        stores.bus.publish([codec.outgoing(prompt(1))])
    _, after = new(tmp_path)
    found = taken(tmp_path, after)
    story = Remembered(policy())
    story.events = [m.Failure(job_id="a", stage="generate", source_id=prompt(1).source_id, reason="no")]
    found.settle(story.under(policy()))
    assert list(found.scenes.values()) == [prompt(1)]


def test_events_that_are_not_recorded_yet_are_told(tmp_path: Path) -> None:
    story = Remembered(policy())
    story.gate()
    with old(tmp_path) as stores:
        stores.bus.publish([codec.outgoing(event) for event in story.events])
    assert taken(tmp_path, new(tmp_path)[1]).events == story.events


def test_notes_of_what_was_taken_come_along(tmp_path: Path) -> None:
    with old(tmp_path) as stores:
        stores.cursors.save([Change(name, b"", 0) for name in ("c/1", "c/2", "cd/3")])
    _, after = new(tmp_path)
    taken(tmp_path, after)
    assert list(after.cursors.names("open")) == ["c/1", "c/2"]


def test_letters_of_prompts_come_along_but_for_those_put_back(tmp_path: Path) -> None:
    with old(tmp_path) as stores:
        for offset, message in enumerate((prompt(1), prompt(2), prompt(3, "other"), Remembered(policy()).source)):
            sent = codec.outgoing(message)
            delivery = Delivery(sent.topic, 0, offset, sent.key, sent.value, {})
            stores.bus.publish([dead_letter(delivery, "a", "Reject", "no", at=1.0)])
        stores.blobs.put("redriven/0-1.json", b"{}")
    folder, after = new(tmp_path)
    taken(tmp_path, after).hand_over(folder, after)
    assert stored(after, topics.DEAD_LETTERS) == [codec.encode(prompt(1))]


def test_a_folder_without_queues_cannot_be_gone_on_with(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is gone, which says how far the intake came; leave --issue out"):
        taken(tmp_path, new(tmp_path)[1])
