"""How a folder stands: what is counted, the disk's forecast, and what somebody is warned of."""

import os
import shutil
from collections import namedtuple
from pathlib import Path

import pytest

from infra import disk
from infra.blobs.folder import FolderBlobs
from infra.bus.sqlite import SqliteBus
from infra.ledgers.sqlite import SqliteLedgers
from infra.runtime.clock import SystemClock
from infra.settings import Settings
from infra.sqlite import Database
from infra.status import Observer, Status
from infra.wiring import DATABASE, embedded
from schemas import codec
from schemas.deadletters import dead_letter
from schemas.ports import Change, Delivery
from streams import shelf
from streams.policies import Policies
from streams.retractions import Retraction, retract
from streams.rules import facts
from tests.unit.reading.making import request, subject, triplet
from tests.unit.rules.telling import SOURCE_ID, Story, policy

SETTINGS = Settings(fsync=False)
NOW = 2_000_000_000.0
DAY = 86_400.0
Disk = namedtuple("Disk", ["total", "used", "free"])
ONE, TWO = subject("s1"), subject("s2", campaign="desert")
KEPT = [triplet(ONE, request()), triplet(ONE, request(), kind="inverse"), triplet(TWO, request())]


def look(out: Path, now: float | None = None) -> Status:
    return Observer(out, SETTINGS).look(now)


def put(path: Path, count: int, age_s: float = 0.0) -> Path:
    """A file of so many bytes, so old."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * count)
    os.utime(path, (NOW - age_s, NOW - age_s))
    return path


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk of 1 GB with 100 MB free, whose files take what they hold."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Disk(10**9, 9 * 10**8, 10**8))
    monkeypatch.setattr(disk, "taken", lambda stat: stat.st_size)


# --- work and triplets ------------------------------------------------------------------------------------------------


@pytest.fixture
def shelved(tmp_path: Path) -> Path:
    """Three triplets of two campaigns."""
    blobs = FolderBlobs(tmp_path, fsync=False)
    for one in KEPT:
        blobs.put(shelf.triplet_key(one.triplet_id), shelf.record_bytes(one))
    blobs.put("campaigns/desert.json", b'{"format":1,"campaign":"desert","prompts":"grammar","policy":"thrifty"}')
    return tmp_path


def test_triplets_are_counted_by_campaign(shelved: Path) -> None:
    status = look(shelved)
    assert status.triplets == 3
    assert [(one.name, one.policy, one.triplets) for one in status.campaigns] == [
        ("desert", "thrifty", 1), ("harbour", "", 2)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("target", "value", "left"),
    [("source", ONE.source_id, 1), ("triplet", KEPT[0].triplet_id, 2), ("sha256", TWO.image.sha256, 2)],
)
def test_retracted_triplets_are_left_out_also_of_an_observer_that_saw_them(
    shelved: Path, target: str, value: str, left: int
) -> None:
    observer = Observer(shelved, SETTINGS)
    assert observer.look().triplets == 3
    retract(FolderBlobs(shelved), Retraction.model_validate({"target": target, "value": value, "reason": "", "at": 0}))
    status = observer.look()
    assert (status.triplets, status.retracted, status.retractions) == (left, 3 - left, {target: 1})
    assert sum(one.triplets for one in status.campaigns) == left


def test_a_record_that_cannot_be_read_is_a_warning(shelved: Path) -> None:
    (shelved / shelf.triplet_key(KEPT[0].triplet_id)).write_bytes(b'{"format":1')
    status = look(shelved)
    assert status.triplets == 2
    assert any("1 records of the shelf cannot be read; see `nhr verify`" in line for line in status.warnings())


def test_a_folder_without_queues_says_so(shelved: Path) -> None:
    status = look(shelved)
    assert status.work is None
    assert status.as_dict()["queues"] is None
    assert not (shelved / DATABASE).exists()


def test_queues_ledgers_and_dead_letters_are_counted(tmp_path: Path) -> None:
    story = Story(policy(), "remove", "recolor")
    first, second = (message for message in story.gate())
    Policies(FolderBlobs(tmp_path, fsync=False)).keep(story.policy)
    database = Database(tmp_path / DATABASE)
    bus, ledgers = SqliteBus(database, SystemClock()), SqliteLedgers(database)
    bus.publish([codec.outgoing(first), codec.outgoing(second)])
    bus.subscribe("nhr.edit-jobs.v1", "editor").poll(1, 0.0)
    ledgers.save([Change("0" * 32, facts.encode(story.ledger), 0)])
    story.fail(story.candidate(first), "screen")  # type: ignore[arg-type]
    ledgers.save([Change(SOURCE_ID, facts.encode(story.ledger), 0), Change("1" * 32, b"", 0, closed=True)])
    origin = Delivery("nhr.candidates.v1", 0, 0, "", b"", {})
    bus.publish([dead_letter(origin, "screen", "Reject", "no", at=1.0)] * 2)

    observer = Observer(tmp_path, SETTINGS)
    for _ in range(2):
        work = observer.look().work
        assert work is not None
        assert work.lags["editor"] == (1, 1)
        assert (work.open, work.parked, work.closed, work.dead_letters) == (2, 1, 1, {"screen": 2})
    database.close()


def test_it_tells_whether_somebody_is_mining(tmp_path: Path) -> None:
    assert not look(tmp_path).mining
    with embedded(tmp_path, SETTINGS):
        assert look(tmp_path).mining
    assert not look(tmp_path).mining


# --- disk -------------------------------------------------------------------------------------------------------------


def test_files_are_counted_by_area(tmp_path: Path, room: None) -> None:
    for name in ("shelf/images/a", "records/b", "scratch/c/d", "answers/e", DATABASE, DATABASE + "-wal", "nhr.log"):
        put(tmp_path / name, 1000)
    areas = {area.name: (area.files, area.bytes) for area in disk.usage(tmp_path, DATABASE, NOW).areas}
    assert areas == {
        "shelf": (1, 1000), "records": (1, 1000), "scratch": (1, 1000), "answers": (1, 1000), "database": (2, 2000),
        "other": (1, 1000),
    }  # fmt: skip


def test_a_file_of_several_names_takes_its_room_once(tmp_path: Path, room: None) -> None:
    (tmp_path / "shelf").mkdir()
    (tmp_path / "shelf" / "b").hardlink_to(put(tmp_path / "scratch" / "a", 1000))
    areas = {area.name: area.bytes for area in disk.usage(tmp_path, DATABASE, NOW).areas}
    assert (areas["shelf"], areas["scratch"]) == (1000, 0)


def test_the_forecast_follows_what_came_in_the_last_day(tmp_path: Path, room: None) -> None:
    put(tmp_path / "shelf" / "old", 50_000_000, age_s=3 * DAY)
    put(tmp_path / "shelf" / "new", 20_000_000, age_s=DAY / 2)
    put(tmp_path / DATABASE, 7_000_000)
    use = disk.usage(tmp_path, DATABASE, NOW)
    assert use.per_day == pytest.approx(22_000_000)  # the database grows in proportion, by 2 of its 7 MB
    assert use.full_in_days == pytest.approx(100 / 22)


def test_a_folder_younger_than_a_day_is_taken_at_its_own_age(tmp_path: Path, room: None) -> None:
    put(tmp_path / "scratch" / "a", 5_000_000, age_s=6 * 3600)
    use = disk.usage(tmp_path, DATABASE, NOW)
    assert (use.span_s, use.per_day, use.full_in_days) == (6 * 3600, 20_000_000, 5.0)


@pytest.mark.parametrize("age_s", [0.0, 30.0, 3 * DAY])
def test_no_forecast_where_there_is_no_rate(tmp_path: Path, room: None, age_s: float) -> None:
    put(tmp_path / "scratch" / "a", 5_000_000, age_s)
    assert disk.usage(tmp_path, DATABASE, NOW).full_in_days is None


def test_a_disk_that_is_full_within_a_week_is_a_warning(tmp_path: Path, room: None) -> None:
    put(tmp_path / "scratch" / "a", 16_000_000, age_s=DAY)
    assert look(tmp_path, NOW).warnings() == ["the disk is full in 6.2 days at this rate; see `nhr gc --dry-run`"]
    put(tmp_path / "scratch" / "a", 14_000_000, age_s=DAY)
    assert look(tmp_path, NOW).warnings() == []


def test_a_disk_with_less_than_a_twentieth_free_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Disk(1000, 951, 49))
    assert look(tmp_path).warnings() == ["only 4.9% of the disk is free; see `nhr gc --dry-run`"]
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Disk(1000, 950, 50))
    assert look(tmp_path).warnings() == []


def test_bytes_per_triplet_are_those_of_everything(shelved: Path) -> None:
    status = look(shelved)
    assert status.per_triplet == pytest.approx(status.usage.bytes / 3)
    retract(FolderBlobs(shelved), Retraction(target="source", value=ONE.source_id, reason="", at=0.0))
    assert look(shelved).per_triplet == pytest.approx(look(shelved).usage.bytes / 3)


@pytest.mark.parametrize(
    ("count", "told"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (999_960, "1.0 MB"), (3.2e9, "3.2 GB"), (5e15, "5,000.0 TB")],
)
def test_sizes_are_told_for_people(count: float, told: str) -> None:
    assert disk.size(count) == told
