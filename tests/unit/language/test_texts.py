"""Texts are checked by code: language, length, words that give an undo away, ordinals."""

import pytest

from workers.language import texts


@pytest.mark.parametrize(
    "text",
    [
        "Revert the change.", "Undo the blue paint.", "Restore the boat.", "Put the cat back on the sofa.",
        "Make the sky as it was.", "Return the lamp to the table.", "Give the car its original colour.",
        "Add the tree again.", "Reset the lighting.", "Bring the previous background in.", "Re-add the dog.",
        "The cup is no longer red.", "把小船恢复成红色", "撤销修改", "把背景还原", "把猫放回沙发上", "重新添加一棵树",
        "把汽车改回蓝色", "去掉原来的天空", "变成之前的颜色",
    ],
)  # fmt: skip
def test_words_that_give_an_undo_away_are_found(text: str) -> None:
    assert texts.undoing(text)


@pytest.mark.parametrize(
    "text",
    [
        "Make the wooden boat red.", "Blur the background.", "Remove the backpack from the bench.",
        "Write \"Welcome back\" on the sign.", "Place a dog on the lawn behind the fence.", "Repaint the restaurant.",
        "把小船涂成红色", "移除长椅上的背包", "在招牌上写“欢迎回来”", "把回旋楼梯换成木头的",
    ],
)  # fmt: skip
def test_natural_texts_hold_no_such_word(text: str) -> None:
    assert texts.undoing(text) == ""


@pytest.mark.parametrize(
    "text", ["Remove the second cup.", "Paint the 3rd chair blue.", "移除第二个杯子", "去掉倒数一张椅子"]
)
def test_ordinals_are_found(text: str) -> None:
    assert texts.ordinal(text)


@pytest.mark.parametrize(
    "text",
    ["Remove the cup on the left.", "Light the first floor.", "Open the second half of the curtain.", "去掉左边的杯子"],
)
def test_places_are_no_ordinals(text: str) -> None:
    assert texts.ordinal(text) == ""


def test_languages_are_told_apart_without_what_is_quoted() -> None:
    assert texts.is_in('Write "咖啡" on the sign.', "en")
    assert texts.is_in("在招牌上写“COFFEE AND CAKE”", "zh")
    assert not texts.is_in("Make the 船 red.", "en")
    assert not texts.is_in("Make the boat 红 please and quickly.", "zh")
    assert not texts.is_in("123", "en")
    assert texts.language("把船涂红") == "zh"


def test_words_are_counted_in_both_languages() -> None:
    assert texts.words("Don't remove the well-known boat, 3 times.") == 7
    assert texts.words("把小船涂成红色") == 4


def test_content_is_what_a_text_speaks_of() -> None:
    assert texts.content("Make the red Boat blue") == {"make", "boat", "blue"}
    assert texts.content("小船红") == {"小船", "船红"}


def test_a_models_text_becomes_one_line_without_quotation_marks_around() -> None:
    assert texts.one_line(' "Make it\n red." ') == "Make it red."
    assert texts.one_line('"A" and "B"') == '"A" and "B"'
