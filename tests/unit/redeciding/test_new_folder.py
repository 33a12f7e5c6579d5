"""A new folder for what was decided anew: which pictures come along, and which jobs are queued."""

from pathlib import Path

import pytest

from infra.blobs.folder import FolderBlobs
from infra.bus.memory import MemoryBus
from infra.deadletters.reading import Desk, Wanted, entries
from infra.ledgers.memory import MemoryLedgers
from infra.place import Place
from infra.redecided import NewFolder
from infra.reissue import Reissue, command
from infra.wiring import Stores
from schemas import messages as m
from schemas import topics
from streams import records, shelf
from streams.records import Campaign
from streams.rules import facts
from streams.rules.policy import Policy
from tests.contract.clocks import FakeClock
from tests.unit.redeciding.remembering import Remembered, changed
from tests.unit.rules.telling import of, policy


@pytest.fixture
def old(tmp_path: Path) -> FolderBlobs:
    return FolderBlobs(tmp_path / "old", fsync=False)


def new_folder(old: FolderBlobs, tmp_path: Path, decided: Policy) -> NewFolder:
    folder = NewFolder(Place(old, "old", tmp_path / "old"), tmp_path / "new", decided, fsync=False)
    folder.begin("")
    return folder


def won(old: FolderBlobs, *lacking: m.ImageRef) -> tuple[Remembered, m.ImageRef]:
    """A source whose first attempt won, its pictures in the old folder but for those lacking; the winning picture."""
    story = Remembered(policy(waves=(1, 1)))
    (job,) = of(m.EditJob, story.gate())
    story.attempt(job)
    edited = story.candidate(job).image
    for ref in {edited, story.source.subject.image} - set(lacking):
        old.put(ref.key, ref.sha256.encode())
    return story, edited


def stores(folder: NewFolder) -> Stores:
    return Stores(MemoryBus(FakeClock()), folder.new, MemoryLedgers(), MemoryLedgers())


def queued(found: Stores) -> list[str]:
    return [topic for (topic, group), lag in sorted(found.bus.lag().items()) for _ in range(lag.waiting)]


def test_a_triplet_comes_with_its_pictures_and_is_left_out_without_them(old: FolderBlobs, tmp_path: Path) -> None:
    story, edited = won(old)
    folder = new_folder(old, tmp_path, policy())
    folder.keep(story.under(policy()))
    assert len(shelf.fingerprint(folder.new)) == 3
    old.delete(edited.key)
    bare = NewFolder(Place(old, "old", tmp_path / "old"), tmp_path / "bare", policy(), fsync=False)
    bare.keep(story.under(policy()))
    assert shelf.fingerprint(bare.new) == []


@pytest.mark.parametrize(("keep", "kept"), [("all", 2), ("rejected", 0), ("none", 0)])
def test_the_images_of_judged_attempts_come_as_the_policy_keeps_them(
    old: FolderBlobs, tmp_path: Path, keep: str, kept: int
) -> None:
    story, _ = won(old)
    decided = changed(policy(), keep=keep)
    folder = new_folder(old, tmp_path, decided)
    folder.keep(story.under(decided))
    assert len(list(folder.new.list(records.IMAGES))) == kept


def test_a_link_to_another_disk_becomes_a_copy(
    old: FolderBlobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    story, edited = won(old)
    folder = new_folder(old, tmp_path, policy())
    monkeypatch.setattr("infra.redecided._link", lambda *_: False)
    folder.keep(story.under(policy()))
    assert folder.new.get(shelf.image_key(edited)) == edited.sha256.encode()


def test_queued_jobs_find_their_pictures_and_those_of_later_jobs(old: FolderBlobs, tmp_path: Path) -> None:
    story, edited = won(old)
    other = policy(waves=(2,), inverts=True)
    folder = new_folder(old, tmp_path, other)
    found = stores(folder)
    reissue = Reissue(folder, found)
    reissue.keep(story.under(other))
    reissue.flush()
    assert queued(found) == [topics.EDIT_JOBS.name]
    assert set(folder.new.list("scratch/")) == {edited.key, story.source.subject.image.key}
    (saved,) = found.ledgers.load([story.source.subject.source_id]).values()
    assert facts.decode(saved.data).policy_id == other.policy_id
    assert found.ledgers.count("open") == 1


def test_a_job_whose_picture_is_gone_is_not_queued(old: FolderBlobs, tmp_path: Path) -> None:
    story, _ = won(old, Remembered(policy()).source.subject.image)
    folder = new_folder(old, tmp_path, policy(waves=(2,)))
    found = stores(folder)
    reissue = Reissue(folder, found)
    reissue.keep(story.under(policy(waves=(2,))))
    reissue.flush()
    assert queued(found) == []


def test_a_parked_job_can_be_redriven_in_the_new_folder(old: FolderBlobs, tmp_path: Path) -> None:
    story = Remembered(policy())
    (job,) = of(m.EditJob, story.gate())
    candidate = story.candidate(job)
    story.fail(candidate, "screen")
    old.put(candidate.image.key, b"picture")
    other = policy(waves=(1, 1))
    folder = new_folder(old, tmp_path, other)
    found = stores(folder)
    for _ in range(2):
        reissue = Reissue(folder, found)
        reissue.keep(story.under(other))
        reissue.flush()
    bus = found.bus
    assert isinstance(bus, MemoryBus)
    (entry,) = entries(Desk(bus, found.ledgers, found.cursors, found.blobs), Wanted())
    assert (entry.state, entry.letter.group, entry.letter.reason) == ("parked", "screen", "no")
    assert isinstance(entry.message, m.Candidate)
    assert entry.message.job.policy_id == other.policy_id
    assert folder.new.get(candidate.image.key) == b"picture"


def test_a_source_that_the_gate_turned_down_has_no_ledger(old: FolderBlobs, tmp_path: Path) -> None:
    story = Remembered(policy())
    story.gate(yes=False)
    folder = new_folder(old, tmp_path, policy())
    found = stores(folder)
    reissue = Reissue(folder, found)
    reissue.keep(story.under(policy()))
    reissue.flush()
    assert (found.ledgers.count("open"), found.ledgers.count("closed")) == (0, 0)


def test_the_command_names_models_that_are_not_the_usual_ones() -> None:
    note = Campaign(
        campaign="mine", prompts="photos:/my pictures",
        plugins={"gate": "pixels@1", "screen": "pixels+null@2", "judge": "measured@3", "editor": "other@4"},
    )  # fmt: skip
    decided = policy()
    assert command(Path("new"), note, decided, 7) == (
        "nhr mine --out new --campaign mine --prompts 'photos:/my pictures' "
        f"--policy new/policies/{decided.policy_id}.json --scenes 7 --editor other --screen pixels,null"
    )
