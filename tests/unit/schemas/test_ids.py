"""Names are for ever, and two things never share one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import ids

SOURCE, REQUEST, OTHER, POLICY = "5" * 32, "e" * 32, "f" * 32, "a" * 32
PARTS = st.lists(st.text(max_size=6) | st.integers(0, 999), max_size=4)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (ids.digest(), "e3b0c44298fc1c149afbf4c8996fb924"),
        (ids.digest("a", 1), "5451178dbc2d494bac221bc83f8ac911"),
        (ids.source_id("harbour", "p-1", 7, 640, 1536), "c3e32335ad452cae5107fbe2b5623be0"),
        (ids.photo_source_id("harbour", "0" * 64), "e0d7db0472c8d9d67706e4d146a61b65"),
        (ids.request_id(SOURCE, "Remove the red ball."), "336b13fc6de7abf649e3f003208f8335"),
        (ids.job_id(REQUEST, "edit", 2, POLICY), "e165926eb77fb920480340d58207e955"),
        (ids.job_id(SOURCE, "gate"), "48e708c9fc39c2a0821d67175f16ff40"),
        (ids.job_id(REQUEST, "judge", 2, POLICY, retry=1), "8149205355ceaa8beaf8ad4c2f5c0ed1"),
        (ids.triplet_id(REQUEST, "forward"), "abb467c1088a28cfe1159d57ee69a270"),
        (ids.triplet_id(REQUEST, "inverse"), "7e8d1ef1fa437faf67a75ce699e8842b"),
        (ids.triplet_id(REQUEST, "composite", OTHER), "0085176126825637892e1b52f61822ba"),
    ],
)
def test_a_name_is_the_same_in_every_version(name: str, expected: str) -> None:
    assert name == expected


def test_the_seed_of_an_attempt_is_the_same_in_every_version() -> None:
    assert ids.attempt_seed(REQUEST, 2) == 365333241


@given(PARTS, PARTS)
def test_parts_that_differ_are_named_differently_wherever_they_are_cut(
    some: list[str | int], others: list[str | int]
) -> None:
    same = [str(part) for part in some] == [str(part) for part in others]
    assert (ids.digest(*some) == ids.digest(*others)) == same


@given(st.text(min_size=2, max_size=12), st.data())
def test_moving_the_border_between_two_parts_makes_another_name(text: str, data: st.DataObject) -> None:
    one, other = data.draw(st.lists(st.integers(0, len(text)), min_size=2, max_size=2, unique=True))
    assert ids.digest(text[:one], text[one:]) != ids.digest(text[:other], text[other:])


@given(st.sampled_from(["1:a,", "1:", ",", "2:ab,1:c,"]), st.text(max_size=4))
def test_text_that_looks_like_the_joint_of_parts_forges_no_name(joint: str, text: str) -> None:
    assert ids.digest(f"{text}{joint}") != ids.digest(text, joint)


def test_a_composite_goes_one_way() -> None:
    assert ids.triplet_id(REQUEST, "composite", OTHER) != ids.triplet_id(OTHER, "composite", REQUEST)


def test_the_same_prompt_in_another_campaign_is_another_source() -> None:
    assert ids.source_id("one", "p", 0, 64, 64) != ids.source_id("two", "p", 0, 64, 64)


@pytest.mark.parametrize(
    "other",
    [
        ids.job_id(OTHER, "judge", 1, POLICY, 1),
        ids.job_id(REQUEST, "text", 1, POLICY, 1),
        ids.job_id(REQUEST, "judge", 2, POLICY, 1),
        ids.job_id(REQUEST, "judge", 1, "b" * 32, 1),
        ids.job_id(REQUEST, "judge", 1, POLICY, 2),
    ],
)
def test_everything_a_job_depends_on_is_in_its_name(other: str) -> None:
    assert other != ids.job_id(REQUEST, "judge", 1, POLICY, 1)


@given(st.text(max_size=8), st.integers(0, 31))
def test_a_seed_has_31_bits(request: str, attempt: int) -> None:
    assert 0 <= ids.attempt_seed(request, attempt) < 2**31
