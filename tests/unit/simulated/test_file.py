"""The file prompter: good lines become prompts, each bad line one clear reason, and the rest goes on."""

import json
from pathlib import Path

import pytest

from schemas.errors import UserError
from schemas.messages import Prompt
from workers import roster
from workers.plugin import Intake, Skipped
from workers.prompters.file import FileOptions, Prompter

GOOD = {"text": "a red boat on a lake", "requests": [{"instruction": "Make the boat blue.", "operation": "recolor"}]}


def read(folder: Path, *lines: str | bytes) -> list[Intake]:
    path = folder / "prompts.jsonl"
    path.write_bytes(b"\n".join(line if isinstance(line, bytes) else line.encode() for line in lines))
    return list(Prompter(FileOptions(path=str(path))).intake("test", 0))


def line(**changes: object) -> str:
    return json.dumps(GOOD | changes)


def test_a_line_becomes_a_prompt(tmp_path: Path) -> None:
    (item,) = read(tmp_path, line(style="watercolour", width=640, height=512, seed=7, prompt_id="mine"))
    assert isinstance(item, Prompt)
    assert (item.prompt_id, item.style, item.seed, item.width, item.height) == ("mine", "watercolour", 7, 640, 512)
    assert item.requests[0].operation == "recolor"


def test_a_prompt_without_a_name_is_named_by_its_content(tmp_path: Path) -> None:
    first, again, other = read(tmp_path, line(), line(), line(text="a green boat"))
    assert isinstance(first, Prompt)
    assert isinstance(again, Prompt)
    assert isinstance(other, Prompt)
    assert first.prompt_id == again.prompt_id != other.prompt_id


def test_a_line_is_drawn_with_as_many_seeds_as_it_says(tmp_path: Path) -> None:
    items = read(tmp_path, line(seeds=3, seed=5))
    assert [item.seed for item in items if isinstance(item, Prompt)] == [5, 6, 7]


def test_numbering_goes_on_from_where_it_is_told(tmp_path: Path) -> None:
    everything = read(tmp_path, line(), "broken", line(text="b"))
    again = list(Prompter(FileOptions(path=str(tmp_path / "prompts.jsonl"))).intake("test", 1))
    assert again == everything[1:]


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ("{broken", "not one JSON object"),
        ("[1, 2]", "dictionary"),
        (b"\xff\xfe{}", "not UTF-8"),
        (line(text=""), "text"),
        (line(text="  "), "blank"),
        (line(text="x" * 5000), "longer than 4096"),
        (line(requests=[]), "1 to 32"),
        (line(requests=[{"instruction": f"Do {n}.", "operation": "add"} for n in range(33)]), "33 of them"),
        (line(requests=[{"instruction": "Fly.", "operation": "teleport"}]), "unknown operation 'teleport'"),
        (line(requests=[{"instruction": "", "operation": "add"}]), "instruction"),
        (line(requests=[{"instruction": "x" * 2000, "operation": "add"}]), "longer than 1024"),
        (line(requests=[{"instruction": "Go.", "operation": "add", "effect": "x" * 600}]), "longer than 512"),
        (line(requests=GOOD["requests"] + GOOD["requests"]), "same instruction"),  # type: ignore[operator]
        (line(width=20000), "width"),
        (line(height="big"), "height"),
        (line(seeds=0), "seeds"),
        (line(colour="red"), "colour"),
        (json.dumps({"text": "no requests"}), "requests"),
    ],
)
def test_a_bad_line_is_one_clear_reason_and_the_rest_goes_on(tmp_path: Path, bad: str | bytes, says: str) -> None:
    before, item, after = read(tmp_path, line(), bad, line(text="after"))
    assert isinstance(before, Prompt)
    assert isinstance(after, Prompt)
    assert isinstance(item, Skipped)
    assert item.what.endswith("prompts.jsonl line 2")
    assert says in item.reason
    assert "\n" not in item.reason


def test_empty_lines_and_a_byte_order_mark_are_nothing(tmp_path: Path) -> None:
    items = read(tmp_path, b"\xef\xbb\xbf" + line().encode(), "", "  ", line(text="b"), "")
    assert len(items) == 2


@pytest.mark.parametrize("content", [None, b"", b"\n \n"])
def test_a_file_that_is_missing_or_empty_is_refused_with_an_example(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "none.jsonl"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError, match=r"none\.jsonl .*lines like \{"):
        roster.parse("prompter", f"file:{path}")
