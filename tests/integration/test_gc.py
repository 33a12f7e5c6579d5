"""`nhr gc`: frees what no one needs; whatever is still to be done goes on as if nothing had been freed."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from infra.blobs.folder import FolderBlobs
from infra.gc import collect
from infra.settings import Settings
from infra.wiring import embedded
from schemas import codec
from schemas import messages as m
from schemas.deadletters import dead_letter
from schemas.errors import UserError
from schemas.ports import Delivery
from streams import records
from tests.integration.conftest import Call
from tests.integration.running import fingerprint, mine, nhr, published, recorded, started, undone, until
from tests.integration.spoilt import Fault, Faults, command

PROMPTS = "grammar:megapixels=0.05"
SETTINGS = Settings(fsync=False)


@pytest.fixture(scope="module")
def mined(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished folder of dear models, whose answers stand. Not to be changed."""
    out = tmp_path_factory.mktemp("mined")
    mine(out, "--scenes", 6, prompts=PROMPTS)
    return out


@pytest.fixture
def folder(tmp_path: Path, mined: Path) -> Path:
    """A copy of it to be changed."""
    out = tmp_path / "data"
    subprocess.run(["cp", "-a", mined, out], check=True)  # keeps hard links
    return out


def count(out: Path, *areas: str) -> int:
    return sum(path.is_file() for area in areas for path in (out / area).rglob("*"))


def stored(out: Path) -> list[str]:
    return [key for key in FolderBlobs(out).list("") if not key.startswith("nhr.")]


def half_done(out: Path, moment: int) -> None:
    """Mine until so many messages are out, then die."""
    with started("mine", "--prompts", PROMPTS, "--out", out, "--scenes", 6) as process:
        assert until(lambda: published(out) >= moment, process)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_a_finished_folder_needs_no_scratch_and_no_answers(folder: Path, call: Call) -> None:
    before, told = fingerprint(folder), recorded(folder)
    result = call("gc", "--older-than", "0s", "--out", folder)
    assert (result.status, result.err) == (0, "")
    assert count(folder, "scratch", "answers") == 0
    assert fingerprint(folder) == before
    assert recorded(folder) == told


def test_after_it_more_scenes_can_be_mined_and_the_shelf_is_that_of_one_run(folder: Path, tmp_path: Path) -> None:
    collect(folder, SETTINGS, 0.0)
    mine(folder, "--scenes", 9, prompts=PROMPTS)
    mine(tmp_path / "once", "--scenes", 9, prompts=PROMPTS)
    assert fingerprint(folder) == fingerprint(tmp_path / "once")
    assert recorded(folder) == recorded(tmp_path / "once")


@pytest.mark.parametrize("part", [0.3, 0.6, 0.9])
def test_a_half_finished_folder_loses_nothing_that_is_still_needed(tmp_path: Path, mined: Path, part: float) -> None:
    half_done(tmp_path, round(part * published(mined)))
    collect(tmp_path, SETTINGS, 0.0)
    mine(tmp_path, "--scenes", 6, prompts=PROMPTS)
    assert fingerprint(tmp_path) == fingerprint(mined)
    assert recorded(tmp_path) == recorded(mined)
    assert undone(tmp_path) == {}


def test_what_is_waited_for_keeps_its_pictures_and_answers(tmp_path: Path, mined: Path) -> None:
    half_done(tmp_path, published(mined) // 2)
    before = {path for path in (tmp_path / "answers").rglob("*") if path.is_file()}
    areas = {area.name: area for area in collect(tmp_path, SETTINGS, 0.0)}
    after = {path for path in (tmp_path / "answers").rglob("*") if path.is_file()}
    assert after <= before
    assert set(areas["answers"].kept) <= {"waiting messages", "open ledgers"}
    assert set(areas["scratch"].kept) <= {"waiting messages", "open ledgers", "kept answers"}
    assert sum(areas["scratch"].kept.values()) == count(tmp_path, "scratch") > 0


def test_a_dry_run_tells_the_same_and_deletes_nothing(folder: Path) -> None:
    before = stored(folder)
    told = collect(folder, SETTINGS, 0.0, dry_run=True)
    assert stored(folder) == before
    assert [(area.freed_files, area.freed_bytes) for area in told] == [
        (area.freed_files, area.freed_bytes) for area in collect(folder, SETTINGS, 0.0)
    ]
    assert told[0].freed_files + told[1].freed_files == count_in(before, "scratch/", "answers/") > 0


def count_in(keys: list[str], *prefixes: str) -> int:
    return sum(key.startswith(prefixes) for key in keys)


def test_whatever_is_younger_than_the_grace_is_spared(folder: Path) -> None:
    before = stored(folder)
    assert sum(area.freed_files for area in collect(folder, SETTINGS, 3600.0)) == 0
    assert stored(folder) == before


def test_a_young_answer_keeps_its_older_picture(folder: Path) -> None:
    answer = next((folder / "answers" / "editor").rglob("*.*"))
    now = time.time()
    for path in folder.rglob("*"):
        os.utime(path, (now - 1000, now - 1000))
    os.utime(answer, (now, now))
    collect(folder, SETTINGS, 500.0)
    left = [str(path.relative_to(folder)) for path in (folder / "scratch").rglob("*") if path.is_file()]
    assert answer.is_file()
    assert any(answer.name in path for path in left)
    assert 1 <= len(left) <= 2


@pytest.mark.parametrize("area", ["shelf/images", "records/images"])
def test_pictures_that_no_record_names_go(folder: Path, area: str) -> None:
    orphan = folder / area / "ab" / f"{'ab' * 32}.webp"
    orphan.parent.mkdir(exist_ok=True)
    orphan.write_bytes(b"nobody names it")
    named = count(folder, area) - 1
    collect(folder, SETTINGS, 0.0)
    assert not orphan.exists()
    assert count(folder, area) == named


def test_a_strangers_file_stays(folder: Path) -> None:
    notes = [folder / "answers" / "notes.txt", folder / "shelf" / "images" / "readme.txt"]
    for note in notes:
        note.write_text("mine")
    collect(folder, SETTINGS, 0.0)
    assert all(note.exists() for note in notes)


def test_a_strangers_file_in_scratch_stays_and_a_broken_link_is_no_trouble(folder: Path) -> None:
    note, link = folder / "scratch" / "notes.txt", folder / "scratch" / "gone.webp"
    note.write_text("mine")
    link.symlink_to(folder / "nowhere")
    scratch = collect(folder, SETTINGS, 0.0)[1]
    assert scratch.kept == {"no file of NHR's": 1}
    assert note.exists()
    assert not link.is_symlink()


def test_linked_files_give_room_back_only_with_their_last_name(folder: Path) -> None:
    def areas() -> dict[str, int]:
        return {area.name: area.freed_bytes for area in collect(folder, SETTINGS, 0.0, dry_run=True)}

    whole = areas()["scratch"]
    lone = next(path for path in (folder / "scratch").rglob("*.webp") if path.stat().st_nlink == 1)
    (folder / "report-picture.webp").hardlink_to(lone)
    assert areas()["scratch"] < whole


def test_the_picture_of_a_judged_attempt_that_the_records_lack_is_kept(folder: Path) -> None:
    blobs = FolderBlobs(folder)
    verdict = next(event for event in records.events(blobs) if isinstance(event, m.JudgeVerdict))
    blobs.delete(records.record_image_key(verdict.job.after))
    collect(folder, SETTINGS, 0.0)
    assert blobs.has(verdict.job.after.key)


def test_dead_letters_keep_their_pictures(folder: Path) -> None:
    blobs = FolderBlobs(folder)
    verdict = next(event for event in records.events(blobs) if isinstance(event, m.ScreenVerdict))
    outgoing = codec.outgoing(verdict.job)
    with embedded(folder, SETTINGS) as stores:
        origin = Delivery(outgoing.topic, 0, 7, outgoing.key, outgoing.value, {})
        stores.bus.publish([dead_letter(origin, "screen", "Reject", "cannot be seen", at=1.0)])
    areas = {area.name: area for area in collect(folder, SETTINGS, 0.0)}
    assert areas["scratch"].kept == {"dead letters": 2}
    assert blobs.has(verdict.job.image.key)
    assert blobs.has(verdict.job.job.subject.image.key)


def test_it_leaves_a_folder_alone_that_is_being_mined(folder: Path) -> None:
    before = stored(folder)
    with embedded(folder, SETTINGS), pytest.raises(UserError, match="another nhr is mining"):
        collect(folder, SETTINGS, 0.0)
    assert stored(folder) == before


@pytest.mark.parametrize("area", ["shelf/triplets", "records/verdicts"])
def test_it_frees_nothing_while_records_cannot_be_read(folder: Path, area: str) -> None:
    broken = next(path for path in (folder / area).rglob("*") if path.is_file())
    broken.write_bytes(broken.read_bytes()[:30])
    before = stored(folder)
    with pytest.raises(UserError, match="restore it from a copy"):
        collect(folder, SETTINGS, 0.0)
    assert stored(folder) == before


def test_it_frees_nothing_while_the_policy_of_an_open_ledger_is_gone(tmp_path: Path, mined: Path, call: Call) -> None:
    half_done(tmp_path, published(mined) // 2)
    next((tmp_path / "policies").iterdir()).unlink()
    before = stored(tmp_path)
    result = call("gc", "--older-than", "0s", "--out", tmp_path)
    assert (result.status, result.out, result.err.count("\n")) == (2, "", 1)
    assert "policies/" in result.err
    assert stored(tmp_path) == before


@pytest.mark.parametrize("kind", ["gate", "screen"])
def test_what_is_parked_can_be_redriven_as_if_nothing_had_been_freed(
    tmp_path: Path, mined: Path, kind: str, call: Call
) -> None:
    out, faults = tmp_path / "data", Faults(calls=tmp_path / "calls", faults=(Fault(kind=kind, how="reject"),))
    assert nhr("mine", "--prompts", PROMPTS, "--out", out, "--scenes", 6, command=command(faults)).status == 0
    collect(out, SETTINGS, 0.0)
    assert "asked again" in call("dlq", "redrive", "--all", "--out", out).out
    collect(out, SETTINGS, 0.0)
    mine(out, "--scenes", 6, prompts=PROMPTS)
    assert fingerprint(out) == fingerprint(mined)


def test_without_a_database_nobody_knows_what_is_needed(folder: Path, call: Call) -> None:
    (folder / "nhr.sqlite").unlink()
    result = call("gc", "--out", folder)
    assert result.status == 2
    assert "has no nhr.sqlite" in result.err
    assert not (folder / "nhr.sqlite").exists()


def test_a_time_it_cannot_read_is_one_clear_line(folder: Path, call: Call) -> None:
    result = call("gc", "--older-than", "soon", "--out", folder)
    assert (result.status, result.err.count("\n")) == (2, 1)
    assert "such as 12h or 7d" in result.err


def test_json_has_the_areas(folder: Path, call: Call) -> None:
    told = json.loads(call("gc", "--dry-run", "--json", "--older-than", "0s", "--out", folder).out)
    assert [area["name"] for area in told["areas"]] == ["answers", "scratch", "shelf/images", "records/images"]
    assert told["areas"][2]["kept"] == {"named by records": count(folder, "shelf/images")}
