"""A blocklist names words whole and in any case, pictures however encoded, authors and places."""

from pathlib import Path
from unicodedata import category

import cv2
import numpy as np
import PIL.Image
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from infra.admission import Admission
from infra.blocklist import Blocklist, Entries, configured, folded, load, picture_hash
from infra.settings import Settings
from schemas import messages as m
from schemas.errors import Reject, UserError
from schemas.ports import Image
from streams.rules import policy as policies
from streams.rules.policy import Policy
from tests.unit.photographic.scenes import photograph
from workers.plugin import Photo, Skipped

WORD = st.text(st.characters(categories=("Lu", "Ll", "Nd")), min_size=1, max_size=12).filter(folded)
ASKED = (m.Request(instruction="Make the boat blue.", operation="recolor"),)
PAPER = policies.read("paper")
COMMERCIAL = Policy.model_validate(PAPER.model_dump() | {"licences": "commercial"})


def words(*listed: str) -> Blocklist:
    return Blocklist.of(Entries(words=listed), ())


def prompt(text: str = "a red boat", **more: object) -> m.Prompt:
    fields: dict[str, object] = {"campaign": "c", "prompt_id": "p1", "text": text, "style": "etching", "seed": 0}
    fields |= {"width": 64, "height": 64, "requests": ASKED}
    return m.Prompt.model_validate({**fields, **more})


def photo(**more: object) -> Photo:
    fields: dict[str, object] = {"name": "a.png", "sha256": "a" * 64, "image": Image(photograph()), "requests": ASKED}
    return Photo(**{**fields, **more})  # type: ignore[arg-type]


# --- words ------------------------------------------------------------------------------------------------------------


@given(WORD, st.text(max_size=20), st.text(max_size=20))
def test_a_word_is_found_between_any_others(word: str, before: str, after: str) -> None:
    assert words(word).text(f"{before} {word} {after}")


@given(WORD)
def test_case_and_compatible_letters_make_no_difference(word: str) -> None:
    blocked = words(word)
    assert blocked.text(word.upper().lower()) or folded(word.upper().lower()) != folded(word)
    wide = "".join(chr(ord(letter) + 0xFEE0) if "!" <= letter <= "~" else letter for letter in word)
    assert blocked.text(f"x, {wide}!")


def spelled(word: str) -> bool:
    """Whether it is letters, their marks and digits alone, of a script with spaces, however it is folded."""
    return all(ord(letter) < 0x2E80 and category(letter)[0] in "LMN" for letter in folded(word))


@given(WORD.filter(spelled), WORD.filter(spelled))
@example("\u0130", "\u0130")  # folded to a letter and a mark on it
def test_a_part_of_a_longer_word_is_another_word(word: str, more: str) -> None:
    joined = folded(word + more)
    assert not words(word).text(joined) or folded(word) in joined.split()


@pytest.mark.parametrize(
    ("text", "blocked"),
    [
        ("a MICKEY   mouse.", True), ("Mickey\u200b Mouse", True), ("mickey-mouse", False), ("Mickey Mouses", False),
        ("把米老鼠放回去。", True), ("a mouse", False), ("Grüne Straße 7", True), ("GRÜNE STRASSE", True), ("", False),
    ],
)  # fmt: skip
def test_phrases_are_found_whole(text: str, blocked: bool) -> None:
    assert bool(words("Mickey Mouse", "米老鼠", "grüne straße").text(text)) is blocked


@given(st.text(max_size=60))
def test_an_empty_list_blocks_nothing(text: str) -> None:
    empty = Blocklist()
    assert not empty
    assert not empty.text(text)
    assert not empty.maker(text, text)
    assert not words("", "  ").text(text)


def test_a_written_text_is_rejected_with_its_word() -> None:
    with pytest.raises(Reject, match=r"^the text that was written holds word 'boat' of the blocklist$"):
        words("Boat").check("Make the boat blue.")
    words("boats").check("Make the boat blue.")


# --- pictures, authors, places ----------------------------------------------------------------------------------------


def test_a_picture_is_known_scaled_and_encoded_anew_and_another_is_not(tmp_path: Path) -> None:
    pixels = photograph(640, 480)
    blocked = Blocklist.of(Entries(), [(picture_hash(pixels), 6)])
    _, data = cv2.imencode(".jpg", cv2.resize(pixels, (320, 240), interpolation=cv2.INTER_AREA), [1, 60])
    again = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
    assert blocked.picture(again) == f"phash {picture_hash(pixels):016x}"
    assert blocked.picture(np.ascontiguousarray(pixels[:, ::-1])) == ""
    assert blocked.picture(photograph(640, 480, seed=5)[:, ::-1].copy()) == ""


def test_authors_are_whole_and_sources_are_beginnings() -> None:
    blocked = Blocklist.of(Entries(authors=("A. Nyman",), sources=("https://photos.example/nyman/",)), ())
    assert blocked.maker("a.  NYMAN", "") == "author 'a.  NYMAN'"
    assert blocked.maker("", "") == blocked.maker("Nyman", "https://photos.example/") == ""
    assert blocked.maker("A. Nyman Jr.", "https://photos.example/nymans") == ""
    assert blocked.maker("", "HTTPS://photos.example/nyman/7").startswith("source ")


# --- files ------------------------------------------------------------------------------------------------------------

LINES = f"""# what must not come in

Mickey Mouse
word: picture: of you
author: A. Nyman
source: https://photos.example/
https://else.example/
{"B" * 64}
phash:0123456789ABCDEF~9
phash:fedcba9876543210
picture: logo.png~3
"""
TOML = f"""words = ["Mickey Mouse", "picture: of you"]
authors = ["A. Nyman"]
sources = ["https://photos.example/", "https://else.example/"]
sha256 = ["{"b" * 64}"]
phash = ["0123456789abcdef~9", "fedcba9876543210"]
pictures = ["logo.png~3"]
"""


def test_lines_and_toml_say_the_same(tmp_path: Path) -> None:
    PIL.Image.fromarray(photograph()).save(tmp_path / "logo.png")
    lists = []
    for name, text in (("a.txt", LINES), ("a.toml", TOML)):
        (tmp_path / name).write_text(text)
        lists.append(load(tmp_path / name))
    assert lists[0] == lists[1]
    assert lists[0].digest("b" * 64) == f"sha256 {'b' * 64}"
    assert lists[0].hashes == ((0x0123456789ABCDEF, 9), (0xFEDCBA9876543210, 6), (picture_hash(photograph()), 3))


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.toml", "words = 7", r"a\.toml: words: .*it has lists of texts called words, authors"),
        ("a.toml", "wrods = []", r"a\.toml: wrods: Extra inputs"),
        ("a.toml", "words = [", r"a\.toml is not TOML"),
        ("a.toml", 'sha256 = ["12"]', r"'12' is no SHA-256; give all its 64 hex digits"),
        ("a.txt", "phash:xyz", r"'xyz' is no perceptual hash; write 16 hex digits"),
        ("a.txt", "phash:0123456789abcdef~40", r"lets 40 bits differ; at most 20"),
        ("a.txt", "picture: none.png", r"picture none\.png: .*No such file"),
        ("a.txt", "\ufffe\udcff", r"a\.txt cannot be read"),
    ],
)
def test_what_is_wrong_with_a_list_is_one_clear_line(tmp_path: Path, name: str, text: str, message: str) -> None:
    (tmp_path / name).write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(UserError, match=message) as raised:
        load(tmp_path / name)
    assert "\n" not in str(raised.value)


def test_the_settings_name_the_list(tmp_path: Path) -> None:
    assert configured(Settings()) == Blocklist()
    (tmp_path / "list").write_text("boat")
    assert configured(Settings(blocklist=tmp_path / "list")).text("a boat")
    with pytest.raises(UserError, match="cannot be read"):
        configured(Settings(blocklist=tmp_path / "none"))


# --- what comes in ----------------------------------------------------------------------------------------------------

NAMING = Blocklist.of(
    Entries(words=("boat",), authors=("A. Nyman",), sources=("https://x.example/",), sha256=("c" * 64,)),
    [(picture_hash(photograph(seed=9)), 4)],
)


@pytest.mark.parametrize(
    ("item", "by"),
    [
        (prompt("a BOAT"), "word 'boat'"),
        (prompt("a ship", style="boat"), "word 'boat'"),
        (prompt("a ship"), "word 'boat'"),
        (photo(caption="Boat", requests=()), "word 'boat'"),
        (photo(author="a. nyman", requests=()), "author 'a. nyman'"),
        (photo(web="https://x.example/1", requests=()), "source 'https://x.example/'"),
        (photo(sha256="c" * 64, requests=()), f"sha256 {'c' * 64}"),
        (photo(image=Image(photograph(seed=9)), requests=()), f"phash {picture_hash(photograph(seed=9)):016x}"),
    ],
    ids=["text", "style", "instruction", "caption", "author", "source", "sha256", "phash"],
)
def test_what_the_list_names_is_skipped_with_its_entry(item: m.Prompt | Photo, by: str) -> None:
    what = item.name if isinstance(item, Photo) else item.prompt_id
    assert Admission(NAMING, PAPER)(item) == Skipped(what, f"the blocklist names {by}", "blocklist", by)


def test_everything_else_comes_in_as_it_is() -> None:
    admit = Admission(NAMING, PAPER)
    ship = m.Request(instruction="Make the ship blue.", operation="recolor")
    for item in (prompt("boats at sea", requests=(ship,)), photo(requests=(ship,)), Skipped("a boat", "broken")):
        assert admit(item) is item


@pytest.mark.parametrize(
    ("licence", "by"),
    [("CC-BY-NC-4.0", "CC-BY-NC-4.0"), ("", "none said"), ("ask me", "ask me"), ("CC BY-ND", "CC BY-ND")],
)
def test_a_commercial_policy_admits_only_photographs_that_may_be_sold(licence: str, by: str) -> None:
    admit = Admission(Blocklist(), COMMERCIAL)
    found = admit(photo(licence=licence))
    assert isinstance(found, Skipped)
    assert (found.cause, found.by) == ("licence", by)
    assert "policy paper demands commercial use" in found.reason
    assert isinstance(Admission(Blocklist(), PAPER)(photo(licence=licence)), Photo)


@pytest.mark.parametrize("licence", ["CC0-1.0", "CC-BY-4.0", "CC-BY-SA-3.0", "LicenseRef-public-domain", "own"])
def test_and_those_that_may_come_in(licence: str) -> None:
    assert isinstance(Admission(Blocklist(), COMMERCIAL)(photo(licence=licence)), Photo)
