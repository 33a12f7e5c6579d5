"""Near-duplicates are told from other texts, in bounded memory."""

from workers.language.likeness import PLACES, Seen, signature

BOAT = (
    "Watercolour: a red boat drifting past a wooden jetty, a quiet lake between pine forests, wide shot from shore, "
    "soft light of a hazy morning, muted blues and greens"
)
NEARLY = BOAT.replace("red boat", "small red boat")
SAME_STYLE = (
    "Watercolour: an old baker lifting a tray of rolls, a narrow kitchen with copper pans, medium shot at eye level, "
    "warm light from the oven, browns and gold"
)


def test_the_same_text_is_seen_whatever_its_case_and_punctuation() -> None:
    seen = Seen()
    seen.add(BOAT)
    assert seen.likeness(BOAT.upper().replace(",", ";")) == 1.0


def test_a_word_more_is_a_near_duplicate_and_another_scene_in_that_style_is_none() -> None:
    seen = Seen()
    seen.add(BOAT)
    assert seen.is_near(NEARLY)
    assert not seen.is_near(SAME_STYLE)


def test_chinese_texts_are_compared_by_their_characters() -> None:
    seen = Seen()
    seen.add("水彩画:一只红色的小船停在木码头边,湖面平静,四周是松林,清晨的柔和光线")
    assert seen.is_near("水彩画:一只红色的小船停靠在木码头边,湖面平静,四周是松林,清晨的柔和光线")
    assert not seen.is_near("油画:一位老面包师端着一盘面包,狭窄的厨房里挂着铜锅,炉火的暖光")


def test_nothing_is_near_when_nothing_was_seen() -> None:
    assert not Seen().is_near(BOAT)


def test_the_estimate_is_close_to_the_shared_part() -> None:
    left, right = (" ".join(f"w{n}" for n in range(first, first + 202)) for first in (0, 100))
    alike = float((signature(left) == signature(right)).mean())
    assert abs(alike - 100 / 300) < 4 * (1 / 3 * 2 / 3 / PLACES) ** 0.5


def test_the_oldest_are_forgotten_when_the_window_is_full() -> None:
    seen = Seen(window=100)
    for number in range(250):
        seen.add(f"scene number {number} with its own words {number * 7} and {number * 13}")
    assert len(seen) == 100
    assert seen.is_near("scene number 249 with its own words 1743 and 3237")
    assert not seen.is_near("scene number 10 with its own words 70 and 130")
