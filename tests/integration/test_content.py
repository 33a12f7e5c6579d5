"""Content as users meet it: a run over photographs with screens, gate, blocklist and owners' marks, and its counts."""

import json
from pathlib import Path
from typing import TypeVar

import PIL.Image
import pytest

from infra.blobs.folder import FolderBlobs
from schemas import messages as m
from streams import leftout, records, shelf
from streams.dataset import rows
from streams.rules import policy as policies
from tests.integration.conftest import Call
from tests.integration.running import Result, mine
from tests.unit.content.planting import written
from tests.unit.photographic.scenes import photograph

Event = TypeVar("Event", m.GateVerdict, m.ScreenVerdict)
BARS = """[screen.bars]
"text.watermark" = { max = 0.5 }
"text.added" = { max = 0.0005 }
"nsfw.score" = { max = 0.5 }
"""
CAPTIONS = """
[screen.operations.caption]
"text.added" = {}
"""


def save(path: Path, seed: int, text: str = "", **beside: object) -> None:
    pixels = photograph(512, 384, seed)
    PIL.Image.fromarray(written(pixels, text, 0.09) if text else pixels).save(path)
    if beside:
        path.with_suffix(".json").write_text(json.dumps(beside))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    """Two good photographs, one with a watermark, four that must not come in; mined with every check."""
    base = tmp_path_factory.mktemp("content")
    photos, out = base / "photos", base / "data"
    photos.mkdir()
    save(photos / "good.png", 1, licence="CC0", author="A. Nyman")
    save(photos / "also.png", 2, licence="CC BY 4.0", caption="A field by a lake.")
    save(photos / "marked.png", 3, "www.fine-pictures.com", licence="CC0")
    save(photos / "noai.png", 4, licence="CC0", noai=True)
    save(photos / "blocked.png", 5, licence="CC0", author="B. Blocked")
    save(photos / "named.png", 6, licence="CC0", caption="The lighthouse at dusk.")
    save(photos / "unsaid.png", 7)
    (base / "blocked.txt").write_text("lighthouse\nauthor: b. blocked\n")
    (base / "strict.toml").write_text(policies.text("paper").replace("[screen.bars]\n", BARS) + CAPTIONS)
    result = mine(
        out, "--policy", base / "strict.toml", "--gate", "content", "--screen", "pixels,nsfw,text",
        "--blocklist", base / "blocked.txt", prompts=f"photos:path={photos},edits=2,licences=CC0-1.0|CC-BY-*",
    )  # fmt: skip
    return out, result


def events(out: Path, kind: type[Event]) -> list[Event]:
    return [event for event in records.events(FolderBlobs(out)) if isinstance(event, kind)]


def test_what_must_not_come_in_is_skipped_with_its_reason_and_counted(run: tuple[Path, Result]) -> None:
    out, result = run
    told = {Path(line["what"]).name: (line["cause"], line["by"]) for line in result.json("skipped")}
    assert told == {
        "noai.png": ("marker", "sidecar noai: true"), "blocked.png": ("blocklist", "author 'B. Blocked'"),
        "named.png": ("blocklist", "word 'lighthouse'"), "unsaid.png": ("licence", "none said"),
    }  # fmt: skip
    assert result.summary["left_out"] == {"marker": 1, "blocklist": 2, "licence": 1}
    assert leftout.counts(FolderBlobs(out), result.summary["campaign"]).total() == 4


def test_the_gate_turns_a_watermark_away_and_lets_the_others_in(run: tuple[Path, Result]) -> None:
    found = {event.job.subject.prompt_id: event for event in events(run[0], m.GateVerdict)}
    assert {name: event.yes for name, event in found.items()} == {
        "good.png": True,
        "also.png": True,
        "marked.png": False,
    }
    assert found["marked.png"].reason == "looks like a watermark: www.fine-pictures.com"
    assert all({"nsfw.score", "text.area"} <= set(event.measures) for event in found.values())


def test_every_attempt_is_measured_by_every_screen_and_triplets_tell_it(run: tuple[Path, Result]) -> None:
    out, _ = run
    measured = [set(event.measures) for event in events(out, m.ScreenVerdict)]
    assert measured
    assert all({"pixels.same_size", "nsfw.score", "text.added", "text.watermark"} <= found for found in measured)
    triplets = list(shelf.triplets(FolderBlobs(out)))
    assert triplets
    assert all(rows.checks(triplet) == ["nsfw", "text"] for triplet in triplets)
    assert {(one.subject.licence, one.subject.licence_words) for one in triplets} <= {
        ("CC0-1.0", "CC0"), ("CC-BY-4.0", "CC BY 4.0"),
    }  # fmt: skip


def test_a_list_that_came_later_takes_back_what_it_names(run: tuple[Path, Result], tmp_path: Path, call: Call) -> None:
    out, _ = run
    authors = {one.triplet_id for one in shelf.triplets(FolderBlobs(out)) if one.subject.author == "A. Nyman"}
    assert authors
    (tmp_path / "later.txt").write_text("author: A. Nyman")
    words = ("retract", "--blocklist", tmp_path / "later.txt", "--out", out)
    told = call(*words, "--dry-run")
    assert told.status == 0
    assert told.out.startswith("source ")
    assert f"would take back {len(authors)} triplet" in told.out
    done = json.loads(call(*words, "--json").out)
    assert sum(done["taken_back"].values()) == len(authors)
    assert [one["reason"] for one in done["retractions"]] == ["blocklist: author 'A. Nyman'"]
    assert not authors & {one.triplet_id for one in shelf.triplets(FolderBlobs(out))}
    assert f"takes back 0 triplets ({len(authors)} triplet" in call(*words).out


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (("--blocklist", "none.txt"), "blocklist none.txt cannot be read"),
        (("--screen", "text:side=7"), "screen text: option 'side'"),
        (("--gate", "content:nsfw=2"), "gate content: option 'nsfw'"),
    ],
)
def test_a_mistake_is_one_clear_line_before_anything_is_written(
    tmp_path: Path, call: Call, more: tuple[str, ...], says: str
) -> None:
    result = call("mine", "--prompts", "null", "--out", tmp_path / "data", *more)
    assert (result.status, result.out) == (2, "")
    assert says in result.err
    assert result.err.count("\n") == 1
    assert not (tmp_path / "data").exists()


def test_retract_wants_one_way_of_naming(tmp_path: Path, run: tuple[Path, Result], call: Call) -> None:
    result = call("retract", "abc", "--blocklist", tmp_path / "x", "--out", run[0])
    assert (result.status, result.err) == (2, "nhr: --blocklist names what to take back; leave the other ways out\n")
