"""`nhr retract` and `nhr status` as users give them, beside mining."""

import fcntl
import json
import shutil
import signal
import threading
from pathlib import Path

import pytest

from infra.blobs.folder import FolderBlobs
from infra.settings import Settings
from infra.wiring import LOCK, embedded
from streams import shelf
from tests.integration.conftest import Call
from tests.integration.running import fingerprint, mine, published, started, until


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished folder of null scenes. Not to be changed."""
    out = tmp_path_factory.mktemp("finished")
    mine(out, "--scenes", 10)
    return out


@pytest.fixture
def mined(tmp_path: Path, finished: Path) -> Path:
    """A copy of it."""
    return shutil.copytree(finished, tmp_path / "data")


def ids(out: Path) -> list[str]:
    return [one.triplet_id for one in shelf.triplets(FolderBlobs(out))]


# --- retract ----------------------------------------------------------------------------------------------------------


def test_a_retracted_triplet_is_gone_from_everything_but_show(mined: Path, tmp_path: Path, call: Call) -> None:
    before, (name, *rest) = fingerprint(mined), ids(mined)
    result = call("retract", name[:10], "--reason", "a watermark", "--out", mined)
    assert (result.status, result.err) == (0, "")
    assert f"triplet {name}: takes back 1 triplet" in result.out
    assert ids(mined) == rest
    assert f"{len(rest)} triplets in" in call("export", "--to", tmp_path / "set", "--out", mined).out
    assert "retracted: a watermark" in call("show", name, "--out", mined).out
    assert fingerprint(mined) == before


def test_a_resumed_run_counts_without_what_was_retracted(mined: Path, call: Call) -> None:
    name, *rest = ids(mined)
    call("retract", name, "--reason", "no", "--out", mined)
    assert mine(mined, "--scenes", 10).summary["triplets"] == len(rest)
    assert ids(mined) == rest


def test_a_source_retracted_before_it_is_mined_never_counts(mined: Path, tmp_path: Path, call: Call) -> None:
    source = next(shelf.all_triplets(FolderBlobs(mined))).subject.source_id
    other = tmp_path / "other"
    (other / "shelf").mkdir(parents=True)
    assert call("retract", "--source", source, "--reason", "no", "--out", other).status == 0
    mine(other, "--scenes", 10)
    assert fingerprint(other) == fingerprint(mined)
    assert source not in {one.subject.source_id for one in shelf.triplets(FolderBlobs(other))}


def test_a_dry_run_retracts_nothing_and_tells_the_same(mined: Path, call: Call) -> None:
    words = ("retract", ids(mined)[0], "--with-derived", "--reason", "no", "--json", "--out", mined)
    told = json.loads(call(*words, "--dry-run").out)
    assert not (mined / "retractions").exists()
    done = json.loads(call(*words).out)
    assert told | {"dry_run": False} == done
    assert sum(done["taken_back"].values()) == done["new"] == len(list((mined / "retractions" / "triplet").iterdir()))


def test_doing_it_again_says_that_it_was_done(mined: Path, call: Call) -> None:
    name = ids(mined)[0]
    for says in ("takes back 1 triplet", "was retracted before: nothing to do"):
        assert says in call("retract", name, "--reason", "no", "--out", mined).out


def test_the_list_tells_what_was_taken_back_and_why(mined: Path, call: Call) -> None:
    assert call("retract", "--list", "--out", mined).out == "nothing was retracted\n"
    name = ids(mined)[0]
    call("retract", name, "--reason", "a [red]watermark[/red]", "--out", mined)
    (row,) = json.loads(call("retract", "--list", "--json", "--out", mined).out)
    assert (row["value"], row["reason"], row["triplets"]) == (name, "a [red]watermark[/red]", 1)
    assert "[red]" in call("retract", "--list", "--out", mined).out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "name what to take back in one way"),
        (("abc", "--sha", "0" * 64, "--reason", "x"), "name what to take back in one way"),
        (("--source", "abc", "--reason", "x"), "is no source; give all its 32 hex digits"),
        (("--sha", "abc", "--reason", "x"), "is no sha256; give all its 64 hex digits"),
        (("--source", "0" * 32), "a retraction needs its reason"),
        (("--source", "0" * 32, "--reason", "x", "--with-derived"), "goes with the ID of a triplet"),
        (("zzz", "--reason", "x"), "is no triplet id"),
        (("0" * 32, "--reason", "x"), "no triplet 0000"),
    ],
)
def test_what_cannot_be_retracted_is_one_clear_line(
    mined: Path, call: Call, arguments: tuple[str, ...], says: str
) -> None:
    result = call("retract", *arguments, "--out", mined)
    assert (result.status, result.out, result.err.count("\n")) == (2, "", 1)
    assert says in result.err
    assert not (mined / "retractions").exists()


def test_a_retraction_of_a_newer_nhr_stops_whoever_would_pass_over_it(mined: Path, tmp_path: Path, call: Call) -> None:
    call("retract", ids(mined)[0], "--reason", "no", "--out", mined)
    (path,) = (mined / "retractions" / "triplet").iterdir()
    path.write_text(path.read_text().replace('"format": 1', '"format": 2'))
    commands: tuple[tuple[object, ...], ...] = (
        ("export", "--to", tmp_path / "set"), ("report",), ("status",), ("mine", "--prompts", "null", "--scenes", 11),
    )  # fmt: skip
    for command in commands:
        result = call(*command, "--out", mined)
        assert (result.status, result.err.count("\n")) == (2, 1), command
        assert "has format 2, this NHR knows 1; upgrade nhr" in result.err


# --- status -----------------------------------------------------------------------------------------------------------


def test_status_tells_work_campaigns_and_disk(mined: Path, call: Call) -> None:
    result = call("status", "--out", mined)
    assert (result.status, result.err) == (0, "")
    for told in ("nobody is mining", "every queue is empty", "ledgers: 0 open", "10 sources", "free", "a triplet"):
        assert told in result.out
    facts = json.loads(call("status", "--json", "--out", mined).out)
    assert facts["triplets"] == facts["campaigns"][0]["triplets"] == len(ids(mined))
    assert facts["funnel"]["sources"] == 10


def test_status_watches_a_run_from_its_first_moment_without_disturbing_it(tmp_path: Path) -> None:
    with started("mine", "--prompts", "null", "--out", tmp_path, "--editor", "null:sleep_ms=20") as process:
        assert until(lambda: published(tmp_path) > 0, process)
        with started("status", "--watch", "--json", "--out", tmp_path) as watching:
            assert watching.stdout is not None
            looks = [json.loads(watching.stdout.readline())]
            while looks[-1]["funnel"]["edits"] == looks[0]["funnel"]["edits"]:
                looks.append(json.loads(watching.stdout.readline()))
            watching.send_signal(signal.SIGINT)
            assert watching.wait(30) == 0
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
    assert all(look["mining"] for look in looks)


def test_a_folder_that_was_never_mined_into_is_one_clear_line(tmp_path: Path, call: Call) -> None:
    result = call("status", "--out", tmp_path)
    assert (result.status, result.err.count("\n")) == (2, 1)
    assert "nothing was mined into" in result.err


def test_a_run_killed_before_anything_was_kept_can_be_looked_at(tmp_path: Path, call: Call) -> None:
    with embedded(tmp_path, Settings(fsync=False)):
        pass
    for command in (("status",), ("verify",), ("gc",), ("dlq", "ls"), ("retract", "--list"), ("report",)):
        result = call(*command, "--out", tmp_path)
        assert (result.status, result.err) == (0, ""), command


def test_a_look_at_the_lock_keeps_nobody_from_mining(tmp_path: Path) -> None:
    with embedded(tmp_path, Settings(fsync=False)):
        pass
    with (tmp_path / LOCK).open() as looking:
        fcntl.flock(looking, fcntl.LOCK_SH)
        gone = threading.Timer(0.05, fcntl.flock, (looking, fcntl.LOCK_UN))
        gone.start()
        with embedded(tmp_path, Settings(fsync=False)):
            gone.join()
