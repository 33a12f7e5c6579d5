"""The card's files: made anew when deleted, left alone when nothing changed, the same facts the same bytes."""

import io
from pathlib import Path

import pytest
from PIL import Image as Pictures

from infra.blobs.memory import MemoryBlobs
from infra.card import plots
from infra.card.facts import Facts
from infra.card.writing import BesideShards, InFolder, Sink, write
from schemas.errors import UserError
from streams.dataset.tally import Tally
from tests.unit.card.conftest import card, facts_of
from tests.unit.card.test_readme import facts

WANTED = [
    "README.md",
    "croissant.json",
    *(f"plots/{name}.png" for name in ("funnel", "operations", "scores", "sizes", "styles")),
]


class Counting(MemoryBlobs):
    """Counts what is written."""

    puts = 0

    def put(self, key: str, data: bytes) -> bool:
        """Count and store."""
        self.puts += 1
        return super().put(key, data)


class Contested(MemoryBlobs):
    """Somebody else is always a little quicker."""

    def put(self, key: str, data: bytes) -> bool:
        """Store what nobody asked for."""
        super().put(key, b"somebody else's")
        return False


def standing(blobs: MemoryBlobs) -> dict[str, bytes]:
    keys = [key for key in blobs.list("packed/") if key.removeprefix("packed/") in WANTED or "plots/" in key]
    return {key.removeprefix("packed/"): blobs.get(key) for key in keys}


def test_a_card_is_its_readme_its_croissant_and_its_plots(blobs: MemoryBlobs) -> None:
    card(blobs)
    found = standing(blobs)
    assert list(found) == WANTED
    assert all(f"({path})" in found["README.md"].decode() for path in WANTED if path.startswith("plots/"))


def test_a_card_that_was_deleted_is_made_anew_byte_for_byte(blobs: MemoryBlobs) -> None:
    card(blobs)
    before = standing(blobs)
    for path in before:
        blobs.delete(f"packed/{path}")
    card(blobs)
    assert standing(blobs) == before


def test_what_is_as_it_should_be_is_left_alone() -> None:
    blobs = Counting()
    sink = BesideShards(blobs, "packed/")
    write(sink, "one", "two", {"plots/a.png": b"three"})
    assert blobs.puts == 3
    write(sink, "other", "two", {"plots/a.png": b"three"})
    assert blobs.puts == 4
    assert blobs.get("packed/README.md") == b"other"


@pytest.mark.parametrize("folder", [False, True])
def test_plots_that_are_no_longer_drawn_go(tmp_path: Path, folder: bool) -> None:
    sink: Sink = InFolder(tmp_path) if folder else BesideShards(MemoryBlobs(), "packed/")
    write(sink, "", "", {"plots/a.png": b"a", "plots/b.png": b"b"})
    write(sink, "", "", {"plots/b.png": b"b"})
    assert sink.plots() == ["plots/b.png"]


def test_two_who_write_without_end_are_told() -> None:
    with pytest.raises(UserError, match="written to by others without end"):
        BesideShards(Contested(), "packed/").write("README.md", b"mine")


def test_a_folder_that_cannot_be_written_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "plots").write_text("in the way")
    with pytest.raises(UserError, match=r"plots.*a file stands where a folder is needed|File exists"):
        InFolder(tmp_path).write("plots/a.png", b"")


def test_plots_are_the_same_bytes_on_white(blobs: MemoryBlobs) -> None:
    drawn = plots.draw(facts_of(blobs))
    assert plots.draw(facts_of(blobs)) == drawn
    for data in drawn.values():
        with Pictures.open(io.BytesIO(data)) as picture:
            assert picture.convert("RGB").getpixel((0, 0)) == (255, 255, 255)
            assert picture.size[0] == round(plots.WIDE * plots.DPI)


def test_names_that_no_letters_are_there_for_can_be_drawn_all_the_same() -> None:
    tally = Tally(rows=3)
    for style in ("水墨画", "$x^", "a" * 200):
        tally.count("style", style)
    assert list(plots.draw(facts(tally))) == ["styles.png"]


def test_nothing_counted_draws_nothing() -> None:
    nothing: Facts = facts(Tally())
    assert plots.draw(nothing) == {}
