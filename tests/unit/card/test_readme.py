"""The card's README: its YAML says what the manifests say, its text what was counted, and no mined text is markup."""

import json
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.blobs.memory import MemoryBlobs
from infra.card import front_matter, readme
from infra.card.contents import Contents, DataFile, packed
from infra.card.facts import Facts
from infra.card.markdown import code, escaped, table
from infra.card.markdown import yaml as lines
from infra.report.gather import gather
from schemas.errors import UserError
from schemas.messages import Scores
from streams import calibrations, leftout, retractions
from streams.calibrations import Calibration
from streams.dataset import manifests
from streams.dataset.columns import TRIPLETS
from streams.dataset.content import content
from streams.dataset.rows import row
from streams.dataset.shards import schema
from streams.dataset.tally import Tally
from streams.funnel import Funnel
from streams.leftout import Item
from streams.retractions import Retraction
from streams.rules import policy
from tests.golden.samples import TRIPLET
from tests.unit.card.conftest import ROWS, SOURCES, facts_of, mine, text_of
from tests.unit.card.making import AT, pack
from tests.unit.reading.hostile import TEXTS, hostile_blobs
from tests.unit.reading.making import put_on_shelf

JUDGE = "critic@1"
CODE = re.compile(r"`[^`]*`")


def front(text: str) -> dict[str, Any]:
    _, told, _ = text.split("---\n", 2)
    found: dict[str, Any] = yaml.safe_load(told)
    return found


def cells(text: str, first: str) -> list[str]:
    """The cells of the table's row that begins so."""
    (line,) = [line for line in text.splitlines() if line.startswith(f"| {first} |")]
    return [cell.strip() for cell in line.strip("|").split(" | ")]


def test_the_yaml_counts_what_the_manifests_count(blobs: MemoryBlobs) -> None:
    told, state = front(text_of(blobs)), manifests.read(blobs)
    sizes = sum(shard.parquet.bytes for shard in state.shards if shard.parquet)
    assert told["dataset_info"]["splits"] == [{"name": "train", "num_bytes": sizes, "num_examples": ROWS}]
    assert (told["dataset_info"]["download_size"], told["size_categories"]) == (sizes, ["n<1K"])
    assert (told["language"], told["task_categories"]) == (["en", "zh"], ["image-to-image"])
    assert (told["license"], told["pretty_name"]) == ("other", "Harbour edits")


def test_the_yaml_names_exactly_the_shards_that_the_manifests_name(blobs: MemoryBlobs) -> None:
    blobs.put(f"{manifests.PARQUET}{'f' * 32}.parquet", b"nobody announced me")
    (config,) = front(text_of(blobs))["configs"]
    named = [shard.parquet.key.removeprefix("packed/") for shard in manifests.read(blobs).shards if shard.parquet]
    assert config["data_files"] == [{"split": "train", "path": named}]
    assert len(named) == 3


def test_the_features_are_those_of_the_shards() -> None:
    whole = json.loads(schema(TRIPLETS).metadata[b"huggingface"])["info"]["features"]
    told = {one.pop("name"): one for one in map(dict, front_matter.features(TRIPLETS))}
    assert list(told) == list(whole)
    assert {name for name, one in told.items() if one == {"dtype": "image"}} == {
        name for name, one in whole.items() if one == {"_type": "Image"}
    }
    plain = {name: one["dtype"] for name, one in whole.items() if one["_type"] == "Value"}
    assert {name: told[name]["dtype"] for name in plain} == plain


def test_a_licence_that_was_chosen_is_told(blobs: MemoryBlobs) -> None:
    text = text_of(blobs, licence="cc-by-4.0")
    assert front(text)["license"] == "cc-by-4.0"
    assert "The data set itself: `cc-by-4.0`." in text


def test_the_counts_are_those_of_the_rows(blobs: MemoryBlobs) -> None:
    text = text_of(blobs)
    assert cells(text, "**triplets**") == ["**triplets**", f"**{ROWS}**"]
    assert [cells(text, f"{kind} triplets")[1] for kind in ("forward", "inverse", "composite")] == ["6", "3", "3"]
    assert cells(text, "sources")[1] == f"{SOURCES}"
    assert cells(text, "`remove`")[1:3] == ["3", "25.0 %"]


def test_the_funnel_is_the_report_s(blobs: MemoryBlobs) -> None:
    ours, theirs = facts_of(blobs).funnel, gather(blobs, 10, 10).funnel
    assert ours.as_dict() == theirs.as_dict()
    assert ours.released == ROWS
    assert cells(text_of(blobs), "Edit attempts")[1] == f"{3 * SOURCES}"


def test_what_was_mined_or_taken_back_since_it_was_packed_is_told(blobs: MemoryBlobs) -> None:
    mine(blobs, SOURCES + 1)
    retractions.retract(blobs, Retraction(target="source", value=TRIPLET.subject.source_id, reason="x", at=1.0))
    names = [key.rsplit("/", 1)[1].removesuffix(".json") for key in blobs.list("shelf/triplets/")]
    packed_id = next(name for name in names if bytes.fromhex(name) in blobs.get(next(blobs.list(manifests.IDS))))
    retractions.retract(blobs, Retraction(target="triplet", value=packed_id, reason="x", at=1.0))
    text = text_of(blobs)
    assert [cells(text, f"retracted, by {target}")[1] for target in ("source", "triplet")] == ["1", "1"]
    assert "- Retracted since it was packed, until `nhr pack` runs again: 1 row.\n" in text
    assert "- Mined, but not packed yet: 4 triplets.\n" in text


def test_judges_that_nobody_held_against_people_are_marked(blobs: MemoryBlobs) -> None:
    assert "**not calibrated**" in cells(text_of(blobs), f"`{JUDGE}`")[2]
    figures = {"precision": 0.834, "precision.low": 0.8, "precision.high": 0.861}
    calibrations.keep(blobs, Calibration(judge=JUDGE, pairs=827, labels=2100, raters=3, figures=figures, at=AT))
    told = cells(text_of(blobs), f"`{JUDGE}`")
    assert told[2] == "827 pairs by 3 raters"
    assert told[-2:] == ["0.83 (0.80–0.86)", "–"]


def test_simulated_pictures_are_told_in_the_first_lines(blobs: MemoryBlobs, tmp_path: Path) -> None:
    assert "Simulated" not in text_of(blobs)
    drawn = MemoryBlobs()
    subject = TRIPLET.subject.model_copy(update={"made_by": "simulated@0123456789ab"})
    one = TRIPLET.model_copy(update={"subject": subject})
    put_on_shelf(drawn, one)
    pack(drawn, tmp_path)
    text = text_of(drawn)
    assert text.split("# Harbour edits\n\n")[1].startswith("> **Simulated pictures** in all 1 row:")
    assert "simulated" in front(text)["tags"]


def test_checks_of_content_are_told_and_where_they_were_not_made(blobs: MemoryBlobs, tmp_path: Path) -> None:
    assert f"- Not checked for explicit content: all {ROWS} rows." in text_of(blobs)
    (edit,) = TRIPLET.edits
    checked = edit.model_copy(update={"measures": {"nsfw.score": 0.01}})
    seen = MemoryBlobs()
    put_on_shelf(seen, TRIPLET.model_copy(update={"edits": (checked,)}))
    leftout.keep(
        seen, TRIPLET.subject.campaign, [Item("a.jpg", "marker", "noai"), Item("b", "blocklist", "a rude word")]
    )
    pack(seen, tmp_path)
    text = text_of(seen)
    assert cells(text, "`nsfw`")[1] == "1"
    assert "explicit content" not in text
    assert "- Not checked for text and watermarks: all 1 row." in text
    assert cells(text, "never came in: marker noai")[1] == cells(text, "never came in: blocklist")[1] == "1"
    assert "rude" not in text


def test_nothing_mined_becomes_markup(tmp_path: Path) -> None:
    hostile = hostile_blobs()
    pack(hostile, tmp_path)
    text = text_of(hostile, title=TEXTS[0])
    body = text.split("---\n", 2)[2]
    assert front(text)["pretty_name"] == TEXTS[0]
    assert [line for line in body.splitlines() if "<" in CODE.sub("", line)] == []
    for before, after in pairwise(body.splitlines()):
        if before.startswith("|") and after.startswith("|"):
            assert bars(before) == bars(after)


def bars(line: str) -> int:
    return line.replace("\\|", "").count("|")


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_is_escaped(text: str) -> None:
    assert "<" not in escaped(text)
    assert bars(escaped(text)) == 0
    assert code(text).count("`") == 2
    assert bars(code(text)) == 0


def test_nothing_packed_is_told_in_one_line() -> None:
    with pytest.raises(UserError, match="nothing is packed here; pack it first: nhr pack"):
        packed(MemoryBlobs())


def test_a_table_without_rows_is_nothing() -> None:
    assert table(("a", "b"), []) == []


# --- properties ---------------------------------------------------------------------------------------------------

texts = st.text(st.characters(exclude_categories=("C", "Z")), max_size=20)
values = st.recursive(
    texts | st.integers(-9, 10**12) | st.booleans(),
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3)
        | st.dictionaries(st.from_regex(r"k[a-z_]{2,8}", fullmatch=True), inner, min_size=1, max_size=3)
    ),
    max_leaves=12,
)

scores = st.integers(64, 320).map(lambda part: part / 64)
"""Their sums are exact: where they are not, two ways of adding up may round differently."""


@settings(max_examples=50)
@given(st.dictionaries(st.from_regex(r"k[a-z_]{2,8}", fullmatch=True), values, min_size=1, max_size=4))
def test_yaml_reads_back_what_was_written(told: dict[str, object]) -> None:
    assert yaml.safe_load("\n".join(lines(told))) == told


@settings(max_examples=30)
@given(st.lists(st.tuples(st.sampled_from(["remove", "add", "style"]), st.integers(0, 2), scores), min_size=1))
def test_the_card_of_merged_tallies_is_the_card_of_all_rows(rows: list[tuple[str, int, float]]) -> None:
    whole, parts = Tally(), [Tally(), Tally(), Tally()]
    for operation, part, score in rows:
        given_ = Scores(adherence=score, aesthetics=score)
        one = row(TRIPLET.model_copy(update={"operation": operation, "scores": given_}))
        whole.add(one)
        parts[part].add(one)
    merged = Tally()
    for part_ in parts:
        merged.merge(Tally.of(json.loads(json.dumps(part_.as_dict()))))
    assert readme.render(facts(merged), []) == readme.render(facts(whole), [])


def facts(tally: Tally) -> Facts:
    files = [DataFile("train", "parquet", "parquet/a.parquet", 1, "0" * 64)]
    contents = Contents("packed", "packed", {"train": tally}, files, AT, "1.1.0")
    return Facts("t", "", contents, Funnel(policy.read("paper")), None, {}, {}, {}, (), {}, content(tally))
