"""Names are for ever, and two things never share one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import ids

SOURCE, REQUEST, OTHER, POLICY = "5" * 32, "e" * 32, "f" * 32, "a" * 32
JOINTS = "\x1f,:12a"
"""What parts are joined with, and what their lengths are written in."""
PARTS = st.lists(st.text(max_size=6) | st.text(JOINTS, max_size=6) | st.integers(0, 999), max_size=4)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (ids.digest(), "cf83e1357eefb8bdf1542850d66d8007"),
        (ids.digest("a\x1fb", "c"), "c19e1f0acb2e014694567016c58a4637"),
        (ids.digest("a", 1), "839e11a421d370be28db56fde67e9aad"),
        (ids.source_id("harbour", "p-1", 7, 640, 1536), "45133d61e2b23051267919de97b6f1f3"),
        (ids.photo_source_id("harbour", "0" * 64), "f465d31f42ea3ff385916d49824f45b6"),
        (ids.request_id(SOURCE, "Remove the red ball."), "a851c9e708527455486b90842e2a45bc"),
        (ids.job_id(REQUEST, "edit", 2, POLICY), "56ab64e31442a134b3e6ca40e3d7c8ab"),
        (ids.job_id(SOURCE, "gate"), "9dfd3692526653f5e5dfe7f1a22a9704"),
        (ids.job_id(REQUEST, "judge", 2, POLICY, retry=1), "614d91c65f7841c9e4346b788394affa"),
        (ids.triplet_id(REQUEST, "forward"), "0ef2eceefbd2efa26b191a8f16399c6d"),
        (ids.triplet_id(REQUEST, "inverse"), "8197e31426495ee528ffd73778fcb096"),
        (ids.triplet_id(REQUEST, "composite", OTHER), "0b776171d5af4fcc8364b0d483e416b7"),
    ],
)
def test_a_name_is_the_same_in_every_version(name: str, expected: str) -> None:
    assert name == expected


def test_the_seed_of_an_attempt_is_the_same_in_every_version() -> None:
    assert ids.attempt_seed(REQUEST, 2) == 913247007


@given(PARTS, PARTS)
def test_parts_that_differ_are_named_differently_wherever_they_are_cut(
    some: list[str | int], others: list[str | int]
) -> None:
    same = [str(part) for part in some] == [str(part) for part in others]
    assert (ids.digest(*some) == ids.digest(*others)) == same


@given(st.text(JOINTS, max_size=5), st.text(JOINTS, max_size=5))
def test_text_that_looks_like_the_joint_of_parts_forges_no_name(one: str, other: str) -> None:
    assert len({ids.digest(f"{one}{joint}{other}") for joint in JOINTS} | {ids.digest(one, other)}) == len(JOINTS) + 1


@given(st.text(JOINTS, min_size=2, max_size=12), st.data())
def test_moving_the_border_between_two_parts_makes_another_name(text: str, data: st.DataObject) -> None:
    one, other = data.draw(st.lists(st.integers(0, len(text)), min_size=2, max_size=2, unique=True))
    assert ids.digest(text[:one], text[one:]) != ids.digest(text[:other], text[other:])


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
