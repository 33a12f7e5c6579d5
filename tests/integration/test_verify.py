"""`nhr verify`: a whole folder is whole at any moment; each kind of damage is one line that names place and remedy."""

import json
import os
import shutil
import signal
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from infra.blobs.folder import FolderBlobs
from infra.images import decode, encode
from infra.ledgers.sqlite import SqliteLedgers
from infra.place import of_folder
from infra.settings import Settings
from infra.sqlite import Database
from infra.verify import verify
from infra.wiring import DATABASE
from schemas import messages as m
from schemas.ports import Change
from streams import records, shelf
from streams.retractions import Retraction, retract
from streams.rules import facts
from tests.integration.conftest import Call
from tests.integration.running import fingerprint, mine, published, started, until

PROMPTS = "grammar:megapixels=0.05"
SETTINGS = Settings(fsync=False)
Damage = Callable[[Path], object]


@pytest.fixture(scope="module")
def mined(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished folder with triplets. Not to be changed."""
    out = tmp_path_factory.mktemp("mined")
    mine(out, "--scenes", 6, prompts=PROMPTS)
    return out


@pytest.fixture
def folder(tmp_path: Path, mined: Path) -> Path:
    """A copy of it, to be damaged."""
    return shutil.copytree(mined, tmp_path / "data")


def lines(out: Path, fast: bool = False) -> list[str]:
    return [problem.line for problem in verify(of_folder(out), SETTINGS, fast).problems]


def first(out: Path, area: str, pattern: str) -> Path:
    return min((out / area).rglob(pattern))


def a_triplet(out: Path) -> m.Triplet:
    return next(shelf.all_triplets(FolderBlobs(out)))


def rewritten(out: Path, **changes: Any) -> m.Triplet:
    """The first record with other contents, written as records are."""
    changed = a_triplet(out).model_copy(update=changes)
    (out / shelf.triplet_key(changed.triplet_id)).write_bytes(shelf.record_bytes(changed))
    return changed


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0x10
    path.write_bytes(data)


# --- whole ------------------------------------------------------------------------------------------------------------


def test_a_mined_folder_is_whole(mined: Path, call: Call) -> None:
    result = call("verify", "--out", mined)
    assert (result.status, result.err) == (0, "")
    assert "everything is whole" in result.out
    told = json.loads(call("verify", "--json", "--out", mined).out)
    assert (told["problems"], told["notes"]) == ([], [])
    assert min(told["checked"].values()) > 0
    assert told["checked"]["triplets"] == told["checked"]["lineages"]


def test_a_folder_is_whole_however_its_run_was_killed(tmp_path: Path, mined: Path) -> None:
    for number, part in enumerate((0.2, 0.5, 0.95)):
        out = tmp_path / str(number)
        with started("mine", "--prompts", PROMPTS, "--out", out, "--scenes", 6) as process:
            until(lambda out=out, part=part: published(out) >= part * published(mined), process)  # type: ignore[misc]
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        assert lines(out) == []


def test_a_folder_is_whole_while_it_is_being_mined(tmp_path: Path) -> None:
    arguments = ("--editor", "null:sleep_ms=20", "--scenes", 40, "--workers", "director=2")
    with started("mine", "--prompts", "null", "--out", tmp_path, *arguments) as process:
        looked_at = [0]
        while until(lambda: published(tmp_path) > looked_at[-1] + 200, process):
            assert lines(tmp_path) == []
            looked_at.append(published(tmp_path))
    assert len(looked_at) > 1


def test_a_copied_shelf_is_checked_as_far_as_it_goes(mined: Path, tmp_path: Path) -> None:
    shutil.copytree(mined / "shelf", tmp_path / "shelf")
    findings = verify(of_folder(tmp_path), SETTINGS)
    assert findings.problems == []
    assert [note.partition(" here")[0] for note in findings.notes] == [
        "no policies", "no queues and ledgers", "no records"
    ]  # fmt: skip
    assert not (tmp_path / DATABASE).exists()


def test_pictures_that_nobody_names_are_counted_and_no_error(folder: Path) -> None:
    (folder / "shelf" / "images" / f"{'ab' * 32}.webp").write_bytes(b"nobody names it")
    (folder / "shelf" / "images" / "notes.txt").write_text("a stranger's: gc leaves it")
    findings = verify(of_folder(folder), SETTINGS)
    assert findings.problems == []
    assert findings.notes == ["1 images on the shelf that no record names (`nhr gc` frees them)"]


# --- damage -----------------------------------------------------------------------------------------------------------


def drop_image(out: Path) -> None:
    first(out, "shelf/images", "*.webp").unlink()


def swap_image(out: Path) -> None:
    """A good picture under a name that is another's."""
    one, other = sorted((out / "shelf" / "images").rglob("*.webp"))[:2]
    shutil.copy(one, other)


def shrink(out: Path) -> None:
    """A picture of another size than recorded, under its right name."""
    one = a_triplet(out)
    size = {"width": one.after.width + 1}
    rewritten(out, after=one.after.model_copy(update=size))


def garbage(out: Path) -> None:
    """Something that is no picture, under the name of its bytes."""
    data = encode(decode(first(out, "records/images", "*.webp").read_bytes()))[:200]
    name = sha256(data).hexdigest()
    FolderBlobs(out).put(records.record_image_key(m.ImageRef(key="x", sha256=name, width=1, height=1)), data)


def misplace(out: Path) -> None:
    path = first(out, "shelf/triplets", "*.json")
    path.rename(path.with_name("0" * 32 + ".json"))


def prettify(out: Path) -> None:
    path = first(out, "shelf/triplets", "*.json")
    path.write_text(json.dumps(json.loads(path.read_bytes()), indent=1))


def newer(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b'"format":1', b'"format":2'))


def change_edit(out: Path, **changes: Any) -> None:
    one = a_triplet(out)
    rewritten(out, edits=(one.edits[0].model_copy(update=changes), *one.edits[1:]))


def drop_segments(out: Path) -> None:
    for path in (out / "records" / "verdicts").rglob("*.seg"):
        path.unlink()


def stuck(out: Path, closed: bool = False) -> None:
    """A ledger whose first jobs nobody sent."""
    blobs = FolderBlobs(out)
    gate = next(event for event in records.events(blobs) if isinstance(event, m.GateVerdict) and event.yes)
    policy_id = first(out, "policies", "*.json").stem
    ledger = facts.Ledger(policy_id)
    ledger.add(gate)
    database = Database(out / DATABASE)
    SqliteLedgers(database).save([Change("f" * 32, facts.encode(ledger), 0, closed)])
    database.close()


def retraction_of_the_future(out: Path) -> None:
    one = Retraction(target="source", value="a" * 32, reason="no", at=1.0)
    retract(FolderBlobs(out), one)
    path = out / one.key
    path.write_text(path.read_text().replace('"format": 1', '"format": 2'))


@pytest.mark.parametrize(
    ("damage", "says", "next_step"),
    [
        (lambda out: flip(first(out, "shelf/images", "*.webp")), "SHA-256 is not its name", "copy it from records/"),
        (lambda out: flip(first(out, "records/images", "*.webp")), "its SHA-256 is not its name", ""),
        (drop_image, "is missing", "copy it from records/images/"),
        (swap_image, "its SHA-256 is not its name", "copy it from records/images/"),
        (shrink, "its record says", "restore it from a copy, or retract"),
        (garbage, "cannot be decoded", "restore it from a copy"),
        (lambda out: os.truncate(first(out, "shelf/triplets", "*.json"), 99), "no triplet record", "restore it from a"),
        (misplace, "holds triplet", "move it there"),
        (prettify, "is not written as records are", "restore it from a copy"),
        (lambda out: newer(first(out, "shelf/triplets", "*.json")), "has format 2, this NHR knows 1", "upgrade nhr"),
        (lambda out: first(out, "shelf/triplets", "*.json").unlink(), "is missing, though ledger", "`nhr redecide"),
        (lambda out: rewritten(out, scores=m.Scores(adherence=5.0, aesthetics=5.0)), "records do not tell", "restore"),
        (lambda out: rewritten(out, scores=m.Scores(adherence=5.0, aesthetics=5.0)), "is not what ledger", "`nhr rede"),
        (lambda out: change_edit(out, seed=7), "a seed 7 that is not", "restore it"),
        (lambda out: change_edit(out, attempt=31), "of which the records tell no screening", "restore the records"),
        (lambda out: change_edit(out, request_id="a" * 32), "not made from its requests", "restore it"),
        (lambda out: change_edit(out, instruction="Fly."), "not made from its source and instruction", "restore it"),
        (lambda out: change_edit(out, image_sha256="a" * 64), "other pictures than its edits made", "restore it"),
        (drop_segments, "lacks", "restore that segment from a copy"),
        (drop_segments, "of which the records tell nothing", "`nhr ret"),
        (lambda out: os.truncate(first(out, "records/verdicts", "*.seg"), 99), "no segment of records", "restore it"),
        (lambda out: first(out, "policies", "*.json").unlink(), "which is not kept", "restore that file of policies/"),
        (lambda out: first(out, "policies", "*.json").write_text("{}"), "policies/", "restore the file"),
        (lambda out: first(out, "campaigns", "*.json").write_text("{}"), "campaigns/", "restore the file"),
        (retraction_of_the_future, "has format 2, this NHR knows 1", "upgrade nhr"),
        (stuck, "and every queue is empty", "give the `nhr mine` command again"),
        (lambda out: stuck(out, closed=True), "is closed, though its plan waits for", "restore nhr.sqlite"),
        (lambda out: (out / DATABASE).write_bytes(b"no database" * 999), "nhr.sqlite", "move it away"),
    ],
)  # fmt: skip
def test_damage_is_one_line_that_names_place_and_remedy(
    folder: Path, damage: Damage, says: str, next_step: str, call: Call
) -> None:
    damage(folder)
    result = call("verify", "--out", folder)
    assert result.status == 1
    found = [line for line in result.out.splitlines() if says in line and next_step in line.partition("; ")[2]]
    assert found, result.out
    assert "everything is whole" not in result.out


def test_a_shelf_that_lacks_records_is_written_whole_as_told(folder: Path, tmp_path: Path, call: Call) -> None:
    whole = fingerprint(folder)
    first(folder, "shelf/triplets", "*.json").unlink()
    assert "`nhr redecide --to DIR`" in lines(folder)[0]
    assert call("redecide", "--out", folder, "--to", tmp_path / "anew").status == 0
    assert fingerprint(tmp_path / "anew") == whole


def test_triplets_that_the_shelf_lacks_are_sent_again_and_shelved_by_the_next_run(folder: Path, call: Call) -> None:
    whole = fingerprint(folder)
    for path in sorted((folder / "shelf" / "triplets").rglob("*.json"))[:3]:
        path.unlink()
    result = call("verify", "--mend", "--out", folder)
    assert (result.status, "sent again: 3 triplets" in result.out) == (1, True)
    mine(folder, "--scenes", 6, prompts=PROMPTS)
    assert fingerprint(folder) == whole
    assert "sent again: 0 triplets" in call("verify", "--mend", "--out", folder).out


def test_records_are_checked_though_the_database_is_damaged(folder: Path) -> None:
    (folder / DATABASE).write_bytes(b"no database" * 999)
    os.truncate(first(folder, "records/verdicts", "*.seg"), 99)
    findings = verify(of_folder(folder), SETTINGS)
    assert [problem.area for problem in findings.problems] == ["ledgers", "segments"]
    assert not any("no queues" in note for note in findings.notes)


def test_every_damaged_picture_has_a_line_of_its_own(folder: Path) -> None:
    images = sorted((folder / "shelf" / "images").rglob("*.webp"))
    for path in images:
        flip(path)
    assert len([line for line in lines(folder) if "SHA-256" in line]) == len(images)


def test_fast_sees_what_is_missing_but_not_what_is_damaged(folder: Path) -> None:
    one, other = sorted((folder / "shelf" / "images").rglob("*.webp"))[:2]
    flip(one)
    other.unlink()
    (line,) = lines(folder, fast=True)
    assert other.name in line


def test_a_missing_segment_among_others_is_told_by_its_offsets(folder: Path) -> None:
    mine(folder, "--scenes", 8, prompts=PROMPTS)
    segments = sorted((folder / "records" / "verdicts").rglob("*.seg"))
    assert len(segments) > 1
    start, _, end = segments[1].stem.partition("-")
    segments[1].unlink()
    told = [line for line in lines(folder) if "lacks" in line]
    assert len(told) == 1
    assert f"from offset {int(start)} to {int(end)}" in told[0]
