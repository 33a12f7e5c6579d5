"""Splits: by the name of a source alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import UserError
from streams.dataset.splitting import Splits, group_of
from tests.unit.reading.making import ref, subject

NAMES = st.lists(
    st.from_regex(r"[a-z]{1,8}", fullmatch=True).filter(lambda name: name != "all"), min_size=1, max_size=5
)


@st.composite
def splits(draw: st.DrawFn) -> Splits:
    names = list(dict.fromkeys(draw(NAMES)))
    parts = [draw(st.integers(1, 50)) for _ in names]
    parts[0] += 1000 - sum(parts)
    return Splits.parse(",".join(f"{name}={part / 1000}" for name, part in zip(names, parts, strict=True)))


@given(splits(), st.lists(st.text(max_size=40)))
def test_every_source_is_in_one_split_whatever_else_there_is(made: Splits, groups: list[str]) -> None:
    alone = {group: made.of(group) for group in groups}
    again = {group: Splits(made.names, made.ends).of(group) for group in reversed(groups)}
    assert alone == again
    assert set(alone.values()) <= set(made.names)


def test_where_sources_belong_never_changes_between_versions() -> None:
    made = Splits.parse("a=0.25,b=0.25,c=0.5")
    assert "".join(made.of(f"source {number}") for number in range(20)) == "baabaababbccccccbcba"


def test_sources_fall_by_their_shares() -> None:
    made = Splits.parse("train=0.9,validation=0.07,test=.03")
    found = [made.of(str(number)) for number in range(20_000)]
    assert found.count("train") == pytest.approx(18_000, rel=0.02)
    assert found.count("validation") == pytest.approx(1_400, rel=0.1)
    assert found.count("test") == pytest.approx(600, rel=0.15)


def test_shares_of_three_digits_add_up_exactly() -> None:
    assert Splits.parse("a=0.1,b=0.2,c=0.7").ends[-1] == 1 << 64


def test_a_photograph_is_the_same_in_every_campaign() -> None:
    photo = {"origin": "photo", "image": ref(b"photo")}
    one, other = (subject(name, campaign=name).model_copy(update=photo) for name in ("one", "other"))
    assert group_of(one) == group_of(other)
    assert group_of(subject("one")) != group_of(subject("other"))


@pytest.mark.parametrize(
    "text",
    ["", "train", "train=", "train=0.5", "train=0.5,test=0.6", "train=0.5,train=0.5", "train=-1,test=2",
     "train=1,test=0", "tr-ain=1", "../train=1", "all=1", "train=1e0", "train=nan"],
)  # fmt: skip
def test_what_is_no_split_is_told(text: str) -> None:
    with pytest.raises(UserError, match=r"--split.*train=0\.98,test=0\.02"):
        Splits.parse(text)
