"""Single bad items among good ones - lines of a file, photographs of a folder - are skipped, one line each."""

import json
import zlib
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from tests.integration.conftest import Call
from tests.integration.running import Result, fingerprint
from workers.pixelwise.arrays import Pixels

NULL_MODELS = tuple(
    part for kind in ("generator", "gate", "editor", "screen", "judge", "writer") for part in (f"--{kind}", "null")
)
REQUEST = {"instruction": "Make the boat blue.", "operation": "recolor"}
GOOD = {"text": "a red boat on a lake", "seeds": 6, "requests": [REQUEST]}


def skipped(result: Result) -> dict[str, str]:
    """What was skipped and why, of a run that went on all the same."""
    assert (result.status, result.err) == (0, ""), result
    return {Path(item["what"]).name: item["reason"] for item in result.json("skipped")}


def test_bad_lines_are_skipped_and_the_good_ones_mined(tmp_path: Path, call: Call) -> None:
    lines = {
        "{broken": "not one JSON object",
        json.dumps(GOOD | {"text": ""}): "text",
        json.dumps(GOOD | {"text": "x" * 5000}): "longer than 4096 bytes",
        json.dumps(GOOD | {"requests": [REQUEST | {"operation": "teleport"}]}): "unknown operation 'teleport'",
        json.dumps(GOOD | {"requests": [REQUEST | {"instruction": "x" * 2000}]}): "longer than 1024 bytes",
    }
    path = tmp_path / "prompts.jsonl"
    path.write_text("\n".join([json.dumps(GOOD), *lines, json.dumps(GOOD | {"text": "a green boat"})]))
    result = call("mine", "--prompts", path, "--out", tmp_path / "data", "--json", *NULL_MODELS)
    reasons = skipped(result)
    assert list(reasons) == [f"prompts.jsonl line {number}" for number in range(2, 2 + len(lines))]
    assert [why for why, reason in zip(lines.values(), reasons.values(), strict=True) if why not in reason] == []
    assert result.summary["scenes_done"] == 2 * 6
    assert result.summary["skipped"] == len(lines)


def test_a_file_of_bad_lines_ends_without_a_triplet_and_says_how_to_see_why(tmp_path: Path, call: Call) -> None:
    path = tmp_path / "prompts.jsonl"
    path.write_text("{broken\n")
    result = call("mine", "--prompts", path, "--out", tmp_path / "data", *NULL_MODELS)
    assert result.status == 0
    assert f"skipped {path} line 1: not one JSON object" in result.out
    assert "with no triplet" in result.out


def photograph(size: int = 192) -> Pixels:
    """Something with colours, light and detail."""
    y, x = np.mgrid[0:size, 0:size]
    waves = [127 + 90 * np.sin(x / step + y / (2 * step)) for step in (7.0, 11.0, 17.0)]
    return np.stack(waves, axis=-1).astype(np.uint8)


def huge_png() -> bytes:
    """A true PNG of 20,000 x 20,000 black pixels, one bit each."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return len(body).to_bytes(4, "big") + name + body + zlib.crc32(name + body).to_bytes(4, "big")

    side = 20_000
    header = side.to_bytes(4, "big") * 2 + bytes([1, 0, 0, 0, 0])
    pixels = zlib.compress(bytes((1 + side // 8) * side), 1)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Photographs of every kind that goes wrong, and some that only look odd."""
    path = tmp_path / "photos"
    path.mkdir()
    plain = PIL.Image.fromarray(photograph())
    plain.save(path / "good.png")
    plain.convert("CMYK").rotate(90).save(path / "cmyk.jpg", quality=95)
    deep = photograph(200)[:, :, 0].astype(np.uint16) * 257
    PIL.Image.fromarray(deep).save(path / "sixteen-bits.png")
    plain.save(path / "animated.gif", save_all=True, append_images=[plain.rotate(180)])
    (path / "empty.jpg").write_bytes(b"")
    (path / "cut-short.png").write_bytes((path / "good.png").read_bytes()[:1000])
    (path / "huge.png").write_bytes(huge_png())
    (path / "text.jpg").write_text("not a picture")
    (path / "dangling.jpg").symlink_to(path / "nowhere.jpg")
    return path


def test_bad_photographs_are_skipped_and_the_good_ones_mined(tmp_path: Path, folder: Path, call: Call) -> None:
    result = call("mine", "--prompts", f"photos:{folder}", "--out", tmp_path / "data", "--json")
    reasons = skipped(result)
    expected = {
        "animated.gif": "animated",
        "cut-short.png": "cut short or damaged",
        "dangling.jpg": "No such file or directory",
        "empty.jpg": "0 bytes",
        "huge.png": "more than 64 megapixels; scale it down first",
        "text.jpg": "not an image",
    }
    assert sorted(reasons) == sorted(expected)
    assert {name: why for name, why in expected.items() if why not in reasons[name]} == {}
    assert result.summary["scenes_done"] == 3  # good, CMYK and 16 bits


def test_a_run_over_photographs_gives_the_same_shelf_again(tmp_path: Path, folder: Path, call: Call) -> None:
    for name in ("a", "b"):
        assert call("mine", "--prompts", f"photos:{folder}", "--out", tmp_path / name).status == 0
    assert fingerprint(tmp_path / "a") == fingerprint(tmp_path / "b")
