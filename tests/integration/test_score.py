"""`nhr score`: any data set scored by a judge, in real processes: tables, files, one clear line, kills and Ctrl-C."""

import csv
import json
import os
import re
import signal
import sys
import threading
from collections import Counter
from pathlib import Path

import pytest

from infra.blobs.folder import FolderBlobs
from streams import calibrations, shelf
from streams.dataset import rows as rows_of_ours
from streams.dataset.columns import TRIPLETS, Picture
from streams.dataset.shards import ParquetShard
from tests.integration.conftest import Call
from tests.integration.running import ended, mine, nhr, started, until
from tests.unit.reading.hostile import TEXTS
from tests.unit.scoring.making import parquet, released, triple
from tests.wire.openai import chat_text
from tests.wire.server import Wire
from tests.wire.traffic import Reply, Request

SAYS = '{"InstructionAdherence": 4.8, "ImageAesthetic": 4.7}'
STEP = 32
"""Rows that the judge is asked about at a time; four such steps are in hand."""


@pytest.fixture
def ten(tmp_path: Path) -> Path:
    return parquet(tmp_path / "ten.parquet", [triple(n, category="add" if n % 2 else "remove") for n in range(10)])


def asked(wire: Wire) -> Counter[str]:
    """How often each row was asked about."""
    words = [one.body.decode(errors="replace") for one in wire.requests("chat")]  # some cut short by a kill
    return Counter(found[0] for text in words if (found := re.findall(r"edit \d+", text)))


def test_data_sets_stand_side_by_side_with_the_papers(ten: Path, tmp_path: Path, call: Call) -> None:
    released(tmp_path / "other", 6)
    result = call("score", ten, f"NHR-Edit={tmp_path}/other", "--judge", "null", "--to", tmp_path / "to")
    assert result.status == 0
    lines = result.out.splitlines()
    assert lines[0].startswith("Judge null@")
    assert lines[0].endswith(", not calibrated")
    for words in ("10 of 10", "6 of 6", "NHR (paper)", "only the order compares", "ten, by category", "NHR-Edit"):
        assert words in result.out
    assert "ten: Parquet, columns as usually called: source source_image" in result.err
    assert "NHR-Edit: image folder, preset nhr-edit" in result.err
    assert "16 rows judged now, 0 answers stood" in result.err


def test_the_same_as_json_csv_and_markdown(ten: Path, tmp_path: Path, call: Call) -> None:
    common = ("score", ten, "--judge", "null", "--to", tmp_path / "to")
    found = call(*common, "--json", "--csv", tmp_path / "a.csv")
    told = json.loads(found.out)
    assert (found.status, found.err) == (0, "")
    (one,) = told["data_sets"]
    assert (one["name"], one["rows"], one["asked"], one["scored"], one["failed"]) == ("ten", 10, 10, 10, 0)
    mean = one["scores"]["geometric_mean"]
    assert mean["low"] < mean["mean"] < mean["high"]
    assert [(line["category"], line["rows"]) for line in one["categories"]] == [("add", 5), ("remove", 5)]
    assert told["paper"]["NHR"]["geometric_mean"] == 4.53
    with (tmp_path / "a.csv").open(newline="") as file:
        written = list(csv.DictReader(file))
    assert len(written) == 9
    assert float(written[2]["mean"]) == mean["mean"]
    markdown = call(*common, "--markdown")
    assert markdown.out.startswith("| data set | rows | adherence | aesthetics | geometric mean |\n|---|---:|")
    assert f"| ten | 10 | {one['scores']['adherence']['mean']:.2f} [" in markdown.out
    assert "10 answers stood" in markdown.err


def test_what_others_wrote_into_their_data_does_no_harm_to_a_terminal(tmp_path: Path, call: Call) -> None:
    data = [triple(n, category=f"[red]{text}\x1b[2J|\n") for n, text in enumerate(TEXTS)]
    data[0]["source_image"] = {"bytes": None, "path": "\x1b[2J.png"}
    path = parquet(tmp_path / "[bold]a.parquet", data)
    for more in ((), ("--markdown",)):
        result = call("score", path, "--judge", "null", "--to", tmp_path / "to", *more)
        assert result.status == 0
        assert all(c.isprintable() or c == "\n" for c in result.out + result.err)
        assert "[bold]a" in result.out


def test_a_judge_that_was_calibrated_is_said_to_be(ten: Path, tmp_path: Path, call: Call) -> None:
    told = json.loads(call("score", ten, "--judge", "null", "--to", tmp_path / "to", "--json").out)
    kept = FolderBlobs(tmp_path / "data", fsync=False)
    (tmp_path / "data" / "records").mkdir(parents=True)
    found = calibrations.Calibration(judge=told["judge"], pairs=9, labels=18, raters=2, figures={}, at=0.0)
    calibrations.keep(kept, found)
    again = call("score", ten, "--judge", "null", "--to", tmp_path / "to", "--out", tmp_path / "data", "--json")
    assert (told["calibrated"], json.loads(again.out)["calibrated"]) == (False, True)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("gone", "--judge", "null"), "nhr: gone is not there; name Parquet files"),
        (("ten.parquet",), "nhr: no judge is named; give --judge NAME"),
        (("ten.parquet", "--judge", "nobody"), "nhr: unknown judge 'nobody'; choose one of: "),
        (
            ("ten.parquet", "--judge", "null", "--samples", "0"),
            "nhr: --samples '0' is no number of rows",
        ),
        (
            ("ten.parquet", "--judge", "null", "--preset", "omniedit"),
            "nhr: ten.parquet lacks what preset",
        ),
        (("ten.parquet", "--judge", "null", "--map", "source=x"), "nhr: ten.parquet has no column 'x'; its columns: "),
        (("ten.parquet", "ten.parquet", "--judge", "null"), "nhr: two data sets are called ten; name one of them"),
        (("ten.parquet", "--judge", "null", "--csv", "no/a.csv"), "nhr: no/a.csv cannot be written"),
    ],
)
def test_a_mistake_is_one_clear_line(
    ten: Path, tmp_path: Path, call: Call, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], line: str
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    result = call("score", *arguments, "--to", tmp_path / "to")
    assert result.status == 2
    assert result.err.splitlines()[-1].startswith(line)


def test_a_package_that_is_missing_is_one_clear_line(ten: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    result = call("score", ten, "--judge", "null")
    assert (result.status, result.err) == (
        2,
        'nhr: package pyarrow.parquet is not installed; pip install "nhr[dataset]"\n',
    )


def test_pictures_of_the_shelf_are_scored_by_the_judge_that_knows_the_truth(tmp_path: Path, call: Call) -> None:
    mine(tmp_path / "data", "--scenes", 4, prompts="grammar:megapixels=0.03")
    kept, count = FolderBlobs(tmp_path / "data"), 0
    with ParquetShard(tmp_path / "packed.parquet", TRIPLETS) as shard:
        for triplet in shelf.triplets(kept):
            pictures = {
                "source_image": Picture(kept.get(triplet.before.key), "a.webp"),
                "edited_image": Picture(kept.get(triplet.after.key), "b.webp"),
            }
            shard.add(rows_of_ours.row(triplet) | pictures)
            count += 1
    result = call("score", tmp_path / "packed.parquet", "--judge", "simulated", "--to", tmp_path / "to", "--json")
    (one,) = json.loads(result.out)["data_sets"]
    assert (one["scored"], one["failures"]) == (count, [])
    assert one["scores"]["geometric_mean"]["mean"] > 4.0


# --- a service that bills ---------------------------------------------------------------------------------------------


def arguments(wire: Wire, path: Path, to: Path) -> tuple[object, ...]:
    judge = f"openai:model=gpt-4o,url={wire.url}/v1"
    return ("score", path, "--judge", judge, "--samples", "all", "--to", to, "--json")


@pytest.mark.slow
@pytest.mark.parametrize(("how", "rows"), [(signal.SIGKILL, 2 * STEP), (signal.SIGINT, 5 * STEP)])
def test_a_run_that_ends_early_goes_on_and_pays_for_no_answer_twice(
    tmp_path: Path, how: signal.Signals, rows: int
) -> None:
    path, to = parquet(tmp_path / "a.parquet", [triple(n) for n in range(rows)]), tmp_path / "to"
    held = threading.Event()

    def slow(request: Request) -> Reply:
        if len(wire.requests("chat")) > STEP:
            held.wait(30)
        return chat_text(SAYS)

    with Wire({"chat": slow}) as wire:
        with started(*arguments(wire, path, to), NHR_OPENAI_KEY="key") as process:
            assert until(lambda: len(list(FolderBlobs(to).list("answers/judge/"))) == STEP, process)
            os.killpg(process.pid, how)
            held.set()
            first = ended(process)
        assert first.status == (130 if how == signal.SIGINT else -signal.SIGKILL)
        if how == signal.SIGINT:
            assert "rows are done; the same command goes on there" in first.err
        stood = {job_of(key) for key in FolderBlobs(to).list("answers/judge/")}
        before = asked(wire)
        second = nhr(*arguments(wire, path, to), NHR_OPENAI_KEY="key")
        assert second.status == 0, second
        told = json.loads(second.out)
    again = asked(wire) - before
    assert told["data_sets"][0]["scored"] == rows
    assert sum(again.values()) == rows - len(stood)
    if how == signal.SIGINT:
        assert set(asked(wire).values()) == {1}
    assert told["data_sets"][0]["tokens_in"] == rows * 1290
    assert 0 < told["paid_usd"] < told["data_sets"][0]["cost_usd"]


def job_of(key: str) -> str:
    """The job that an answer's key names."""
    return key.rpartition("/")[2].partition(".")[0]
