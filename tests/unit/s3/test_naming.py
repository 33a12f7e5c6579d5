"""Names of documents become keys and back, in the same order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.ledgers.naming import END, key_of, name_of

names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)


@given(names)
def test_a_name_comes_back_from_its_key(name: str) -> None:
    folder, _, coded = key_of(name).partition("/")
    assert name_of(coded) == name
    assert folder.rstrip(END) == coded[:2]


@given(st.lists(names, min_size=2, max_size=6, unique=True))
def test_keys_sort_as_their_names(several: list[str]) -> None:
    assert sorted(several, key=key_of) == sorted(several)


@given(st.lists(names, min_size=2, max_size=6, unique=True))
def test_what_follows_a_name_does_not_change_the_order(several: list[str]) -> None:
    assert sorted(several, key=lambda name: f"{key_of(name)}{END}9") == sorted(several)


@given(names)
def test_a_key_is_plain_signs(name: str) -> None:
    assert set(key_of(name)) <= set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-=_~!/")


def test_names_in_use_are_readable() -> None:
    assert [key_of(name) for name in ("/control", "autumn/00ff", "00ff", "a")] == [
        "-2/-2Fcontrol", "au/autumn-2F00ff", "00/00ff", "a!/a",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["", "x" * 901, "é" * 200])
def test_no_name_and_very_long_ones_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="cannot name a document"):
        key_of(name)
