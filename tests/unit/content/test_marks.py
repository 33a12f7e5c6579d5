"""Words are watermarks by what they say, or by being there over and over; ordinary words are not."""

import numpy as np
import pytest

from workers.content.marks import CERTAIN, LIKELY, watermark
from workers.content.reading import Line, believable, cores, spelled

NOWHERE = np.zeros((4, 2), np.float32)


def lines(*texts: str) -> list[Line]:
    return [Line(text, 0.9, NOWHERE) for text in texts]


@pytest.mark.parametrize(
    "text",
    ["www.fine-pictures.com", "fine-pictures.net", "https://a.b", "© 2023 A. Nyman", "(c) 2024", "ALL RIGHTS RESERVED",
     "shutterstock", "Getty Images", "iStock.", "视觉中国", "图虫创意", "WATERMARKED", "gettyimoges", "gettyimag",
     "Ｓｈｕｔｔｅｒｓｔｏｃｋ"],
)  # fmt: skip
def test_sites_notices_and_agencies_are_certain(text: str) -> None:
    assert watermark(lines("Harbour café", text)) == (CERTAIN, text)


@pytest.mark.parametrize("text", ["Photo by A. Nyman", "@a.nyman", "Nyman Photography", "SAMPLE", "For review only"])
def test_credits_and_proofs_are_likely(text: str) -> None:
    assert watermark(lines("Harbour café", text)) == (LIKELY, text)


@pytest.mark.parametrize(
    "text",
    ["Photo of the day", "Open 9.30-18.00", "No. 7", "Sample sale, two for one", "STOCK EXCHANGE", "price: 3.50",
     "Mr. Comber", "e.g. this", "版权归谁", "Version 2.0"],
)  # fmt: skip
def test_ordinary_words_are_no_watermark(text: str) -> None:
    assert watermark(lines(text, "another line")) == (0.0, "")


def test_the_same_words_at_three_places_are_a_pattern_though_misread_here_and_there() -> None:
    tiles = lines("Jane Doe", "Jane Dog", "Iane Doe")
    assert watermark(tiles) == (CERTAIN, "'Jane Doe', over and over")
    assert watermark(tiles[:2]) == (0.0, "")
    assert watermark(lines("bus", "bus", "bus")) == (0.0, "")


def test_nothing_is_no_watermark() -> None:
    assert watermark([]) == (0.0, "")


@pytest.mark.parametrize(("text", "is_text"), [
    ("Nyman", True), ("No7", True), ("水印", True), ("O", False), ("0000", False), ("ab", False), ("水", False),
    ("--- . ---", False), ("", False),
])  # fmt: skip
def test_rings_and_lattices_are_no_text(text: str, is_text: bool) -> None:
    assert believable(text) == is_text


def test_repeated_letters_are_one_unless_a_blank_is_between() -> None:
    letters = ["", "a", "b", " "]
    steps = np.eye(4, dtype=np.float32)[[1, 1, 0, 1, 2, 3, 0]]
    assert spelled(steps * np.float32(0.5), letters) == ("aab", 0.5)
    assert spelled(np.eye(4, dtype=np.float32)[[0, 0]], letters) == ("", 0.0)


def test_a_core_is_grown_to_the_line_that_it_is_the_core_of() -> None:
    likely = np.zeros((64, 128), np.float32)
    likely[30:35, 20:101] = 0.9
    (quad,) = cores(likely)
    grown = 80 * 4 * 1.6 / (2 * (80 + 4))
    corners = [[20, 30], [100, 30], [100, 34], [20, 34]]
    away = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * grown
    assert np.abs(quad - (np.array(corners) + away)).max() < 0.01
    assert cores(likely * np.float32(0.5)) == []
