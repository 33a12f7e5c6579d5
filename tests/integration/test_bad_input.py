"""What a user gets wrong is told in one line - what, where, what next - and harms nothing."""

import errno
import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from infra.blobs.folder import FolderBlobs
from infra.sqlite import APPLICATION_ID
from infra.wiring import DATABASE
from streams import shelf
from tests.integration.conftest import Call
from tests.integration.running import Result, fingerprint

SCENES = ("mine", "--prompts", "null", "--scenes", 8)
GOOD_POLICY = 'name = "mine"\nwaves = [2]\n'


def line(result: Result) -> str:
    """The one line that a refused command says."""
    assert result.status == 2, result
    (said,) = result.err.splitlines()
    assert said.startswith("nhr: ")
    return said


@pytest.fixture(scope="module")
def shelved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that was mined into; tests work on copies."""
    return tmp_path_factory.mktemp("shelved") / "data"


@pytest.fixture
def mined(tmp_path: Path, shelved: Path, call: Call) -> Path:
    """A copy of a mined folder."""
    if not shelved.exists():
        assert call(*SCENES, "--out", shelved).status == 0
    return Path(shutil.copytree(shelved, tmp_path / "mined"))


# --- orders -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (
            ["--prompts", "nope"],
            "unknown prompter 'nope'; choose one of: file, gemini, gemini_photos, grammar, null, openai, "
            "openai_photos, photos",
        ),
        (["--prompts", "null:foo=1"], "prompter null: option 'foo'"),
        (["--prompts", "null:requests=99"], "prompter null: option 'requests'"),
        (["--prompts", "no.jsonl"], "prompt file no.jsonl cannot be read (No such file or directory); give a JSONL"),
        (["--prompts", "photos"], "photos: no folder given; say which, as in `--prompts photos:DIR`"),
        (["--prompts", "photos:nowhere"], "photos: nowhere does not exist; give a folder of pictures"),
        (["--prompts", "photos:."], "photos: no file in . matches '*'; give a folder of pictures"),
        (["--editor", "nope"], "unknown editor 'nope'; choose one of: "),
        (["--editor", "null:speed=9"], "editor null: option 'speed'"),
        (["--editor", "null:sleep_ms=-1"], "editor null: option 'sleep_ms'"),
        (["--editor", "null:fast"], "editor null: 'fast' is not option=value; options: sleep_ms"),
        (["--screen", "null,nope"], "unknown screen 'nope'; choose one of: "),
        (["--judge", "nope"], "unknown judge 'nope'; choose one of: "),
        (["--workers", "painter=2"], "--workers: unknown kind 'painter'; kinds: generator, gate, editor"),
        (["--workers", "editor=0"], "--workers 'editor=0' is no number of workers; write KIND=N with N from 1 to 64"),
        (["--workers", "editor=65"], "write KIND=N with N from 1 to 64"),
        (["--workers", "editor=two"], "write KIND=N with N from 1 to 64"),
        (["--workers", "editor=²"], "write KIND=N with N from 1 to 64"),
        (["--workers", "editor"], "write KIND=N with N from 1 to 64"),
        (["--workers", ""], "write KIND=N with N from 1 to 64"),
        (["--for", "soon"], "--for 'soon' is no time; write a number and s, m, h or d"),
        (["--for", "10"], "--for '10' is no time"),
        (["--for", "0s"], "--for '0s' is no time"),
        (["--for", "-5m"], "--for '-5m' is no time"),
        (["--campaign", "a/b"], "no campaign can be called 'a/b'; give --campaign up to 64 letters"),
        (["--campaign", "../up"], "no campaign can be called '../up'"),
        (["--campaign", "c" * 65], "no campaign can be called"),
        (["--policy", "nope"], "no policy 'nope'; give a TOML file or one of: paper, thrifty"),
        (["--policy", "."], "no policy '.'; give a TOML file"),
    ],
)
def test_a_wrong_order_is_refused_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: Call, arguments: list[str], says: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert says in line(call(*SCENES, "--out", "data", *arguments))
    assert not Path("data").exists()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"waves = [", "is not TOML: "),
        (b"\xff\xfe", "cannot be read ("),
        (b'name = "x"\n', "waves: Field required"),
        (b'name = "x"\nwaves = [99]\n', "waves.0: Input should be less than or equal to 32"),
        (b'name = "x"\nwaves = [20, 20]\n', "waves add up to 40 attempts; 32 is the most"),
        (
            GOOD_POLICY.encode() + b"[judge]\nadherence = 7\n",
            "judge.adherence: Input should be less than or",
        ),
        (GOOD_POLICY.encode() + b"[judge.operations.fly]\nadherence = 4\n", "unknown operation 'fly'; see `nhr models"),
        (GOOD_POLICY.encode() + b"typo = 1\n", "typo: Extra inputs are not permitted"),
        (b"", "name: Field required"),
    ],
)
@pytest.mark.parametrize("command", [["policy", "check"], [*SCENES, "--out", "data", "--policy"]])
def test_a_wrong_policy_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: Call, content: bytes, says: str, command: list[object]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.toml").write_bytes(content)
    said = line(call(*command, "mine.toml"))
    assert said.startswith("nhr: policy mine.toml")
    assert says in said
    assert not Path("data").exists()


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("NHR_FOO", "1", "unknown setting NHR_FOO; settings are: NHR_OUT, "),
        ("NHR_LEASE_S", "0", "setting NHR_LEASE_S: Input should be greater than or equal to 1; correct or unset it"),
        ("NHR_CACHE_MB", "much", "setting NHR_CACHE_MB: Input should be a valid integer"),
        ("NHR_LOG_LEVEL", "loud", "setting NHR_LOG_LEVEL: Input should be 'debug', 'info', 'warning' or 'error'"),
    ],
)
def test_a_wrong_setting_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: Call, name: str, value: str, says: str
) -> None:
    monkeypatch.setenv(name, value)
    assert says in line(call(*SCENES, "--out", tmp_path / "data"))
    assert not (tmp_path / "data").exists()


# --- folders ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("out", ["file", "file/below", "/proc/nhr-data"])
def test_a_folder_that_cannot_be_written_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: Call, out: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file").write_text("not a folder")
    said = line(call(*SCENES, "--out", out))
    assert said.startswith(f"nhr: folder {out} cannot be written (")
    assert said.endswith("make it a folder that you may write to, or give another --out")


def test_a_folder_without_the_right_to_write_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: Call
) -> None:
    def refused(path: Path, *_: object, **__: object) -> None:  # root, who runs CI, may write everywhere
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr(Path, "mkdir", refused)
    assert "cannot be written (Permission denied)" in line(call(*SCENES, "--out", tmp_path / "data"))


@pytest.mark.parametrize("name", [DATABASE, "nhr.lock", "nhr.log"])
def test_a_folder_in_place_of_a_file_is_named(tmp_path: Path, call: Call, name: str) -> None:
    (tmp_path / name).mkdir()
    assert str(tmp_path) in line(call(*SCENES, "--out", tmp_path))


@pytest.mark.parametrize("name", ["scratch", "shelf", "records", "policies", "campaigns"])
def test_a_file_in_place_of_a_folder_is_named_and_nothing_is_lost(tmp_path: Path, call: Call, name: str) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / name).write_text("in the way")
    assert str(tmp_path / "a" / name) in line(call(*SCENES, "--out", tmp_path / "a"))
    (tmp_path / "a" / name).unlink()
    assert call(*SCENES, "--out", tmp_path / "a").status == 0
    assert call(*SCENES, "--out", tmp_path / "b").status == 0
    assert fingerprint(tmp_path / "a") == fingerprint(tmp_path / "b")


# --- databases --------------------------------------------------------------------------------------------------------


def newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute("PRAGMA user_version = 99")
        connection.execute("CREATE TABLE something (one)")


def foreign(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE something (one)")


def garbage(path: Path) -> None:
    path.write_bytes(b"this is no database, but long enough to look at" * 100)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (newer, "was written by a newer NHR (format 99; this one knows 1); upgrade nhr"),
        (foreign, "is another program's database; move it away or choose another folder"),
        (garbage, "it is no SQLite database; move it away or choose another folder"),
    ],
)
def test_a_database_that_is_not_ours_is_refused_and_left_alone(
    tmp_path: Path, call: Call, make: Callable[[Path], None], says: str
) -> None:
    make(tmp_path / DATABASE)
    before = (tmp_path / DATABASE).read_bytes()
    assert says in line(call(*SCENES, "--out", tmp_path))
    assert (tmp_path / DATABASE).read_bytes() == before


def test_a_damaged_database_is_named_and_after_moving_it_away_mining_gives_the_same_shelf(
    mined: Path, call: Call
) -> None:
    before = fingerprint(mined)
    damage(mined / DATABASE)
    said = line(call("mine", "--prompts", "null", "--scenes", 12, "--out", mined))
    assert said == f"nhr: {mined / DATABASE}: it is damaged; move it away; what is on the shelf stays valid"
    assert fingerprint(mined) == before
    (mined / DATABASE).unlink()
    assert call(*SCENES, "--out", mined).status == 0
    assert fingerprint(mined) == before


def damage(path: Path) -> None:
    """Overwrite everything but the first page, which holds the header."""
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xa5" * (size - 4096))


@pytest.mark.parametrize(
    ("pattern", "says"),
    [
        ("records/verdicts/0/*.seg", "is no segment of records ("),
        ("shelf/triplets/*/*.json", "is no triplet record ("),
        ("campaigns/*.json", "Invalid JSON"),
        ("policies/*.json", "Invalid JSON"),
    ],
)
def test_a_damaged_file_is_named(mined: Path, call: Call, pattern: str, says: str) -> None:
    path = min(mined.glob(pattern))
    path.write_bytes(b"damaged")
    said = line(call("report", "--out", mined) if "campaigns" not in pattern else call(*SCENES, "--out", mined))
    assert path.relative_to(mined).as_posix() in said
    assert says in said


# --- looking at it ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", [["report"], ["show", "abc"], ["export", "--to", "there"]])
@pytest.mark.parametrize("out", ["empty", "missing", "file"])
def test_there_is_nothing_to_see_where_nothing_was_mined(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: Call, command: list[str], out: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("empty").mkdir()
    Path("file").write_text("a file")
    said = line(call(*command, "--out", out))
    assert said == f"nhr: nothing was mined into {out}; mine first (`nhr mine --help`) or give its --out"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty", "file"]


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ("f" * 32, "no triplet ffffffffffffffffffffffffffffffff on this shelf; check --out, or find the id with"),
        ("cat", "'cat' is no triplet id; give the first hex digits of one"),
        ("../../x", "'../../x' is no triplet id"),
        ("", "'' is no triplet id"),
    ],
)
def test_an_unknown_triplet_is_told(mined: Path, call: Call, wanted: str, says: str) -> None:
    assert says in line(call("show", wanted, "--out", mined))


def test_an_ambiguous_triplet_id_is_told_with_those_it_may_mean(mined: Path, call: Call) -> None:
    found = sorted(shelf.matching(FolderBlobs(mined), ""))
    first = next(one for one in "0123456789abcdef" if sum(name.startswith(one) for name in found) > 1)
    meant = [name for name in found if name.startswith(first)]
    said = line(call("show", first, "--out", mined))
    assert f"{first} begins several triplets; give more digits: {meant[0]}, {meant[1]}" in said


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--to", "full"], "full is not empty and not an earlier export; name a new folder"),
        (["--to", "full", "--force"], "full is not empty and not an earlier export; name a new folder"),
        (["--to", "full/note"], "full/note is a file; name a new folder"),
        (["--to", "full/note/below"], "full/note/below cannot be written"),
        (["--to", "there", "--layout", "zip"], "unknown layout 'zip'; layout: nhr, parquet, webdataset"),
    ],
)
def test_an_export_never_writes_over_what_is_no_export(
    mined: Path, monkeypatch: pytest.MonkeyPatch, call: Call, arguments: list[str], says: str
) -> None:
    monkeypatch.chdir(mined.parent)
    Path("full").mkdir()
    Path("full/note").write_text("mine")
    assert says in line(call("export", "--out", mined, *arguments))
    assert [path.name for path in Path("full").iterdir()] == ["note"]
    assert Path("full/note").read_text() == "mine"


@pytest.mark.parametrize("to", ["folder", "file/report.html"])
def test_a_report_that_cannot_be_written_is_told(
    mined: Path, monkeypatch: pytest.MonkeyPatch, call: Call, to: str
) -> None:
    monkeypatch.chdir(mined.parent)
    Path("folder").mkdir()
    Path("file").write_text("a file")
    assert f"cannot write the report {to} (" in line(call("report", "--out", mined, "--to", to))


def test_an_export_with_a_missing_image_names_it_and_leaves_nothing(mined: Path, call: Call) -> None:
    shutil.rmtree(mined / "shelf" / "images")
    said = line(call("export", "--out", mined, "--to", mined.parent / "there"))
    assert "image shelf/images/" in said
    assert "is missing; restore it from a copy" in said
    assert sorted(path.name for path in mined.parent.iterdir()) == ["mined"]


@pytest.mark.parametrize("arguments", [["models", "robot"], ["policy", "show", "nope"], ["policy", "check", "nope"]])
def test_an_unknown_name_is_told_with_those_there_are(call: Call, arguments: list[str]) -> None:
    assert arguments[-1] in line(call(*arguments))
