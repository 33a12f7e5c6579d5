"""How many rows of each operation are taken."""

from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from schemas.errors import UserError
from streams.dataset.balancing import Shares, allot, capped, sampled, tempered

THERE = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 5000), min_size=1)
SHARE = st.fractions(Fraction(1, 20), 1, max_denominator=100)


@given(THERE, SHARE)
def test_no_operation_is_above_the_share_and_one_row_more_would_be(there: dict[str, int], share: Fraction) -> None:
    try:
        taken = capped(there, share)
    except UserError:
        assert share * sum(1 for count in there.values() if count) < 1
        return
    total, most = sum(taken.values()), max(taken.values())
    assert most <= share * total
    assert all(taken[name] <= count for name, count in there.items())
    if taken != there:
        more = {name: min(count, most + 1) for name, count in there.items()}
        assert most + 1 > share * sum(more.values())


def test_a_share_cuts_the_largest_operations_to_one_level() -> None:
    assert capped({"remove": 700, "add": 600, "style": 100, "blur": 100}, Fraction(2, 5)) == {
        "remove": 400, "add": 400, "style": 100, "blur": 100,
    }  # fmt: skip


@given(THERE, st.integers(1, 6000))
def test_a_sample_has_as_many_rows_as_asked_for_and_every_operation_its_share(
    there: dict[str, int], limit: int
) -> None:
    taken = sampled(there, limit)
    total = sum(there.values())
    assert sum(taken.values()) == min(limit, total)
    for name, count in there.items():
        assert abs(taken[name] - count * min(1, limit / max(1, total))) < 1


def test_balance_gives_proportions_to_a_power_and_keeps_the_rarest_whole() -> None:
    there = {"remove": 10_000, "add": 2_500, "style": 100, "none": 0}
    assert tempered(there, 1) == there
    assert tempered(there, 0) == {"remove": 100, "add": 100, "style": 100, "none": 0}
    assert tempered(there, 0.5) == {"remove": 1000, "add": 500, "style": 100, "none": 0}


@given(
    THERE, st.dictionaries(st.sampled_from("abcz"), st.integers(0, 100)), st.floats(0, 1),
    st.none() | st.integers(1, 999), SHARE,
)  # fmt: skip
def test_the_rules_together_hold_and_account_for_every_row(
    there: dict[str, int], quotas: dict[str, int], alpha: float, limit: int | None, share: Fraction
) -> None:
    try:
        found = allot(there, Shares(quotas, alpha, limit, share))
    except UserError:
        assume(False)
    total = sum(found.rows.values())
    assert total + sum(found.left_out.values()) == sum(there.values())
    assert all(found.rows[name] <= min(count, quotas.get(name, count)) for name, count in there.items())
    assert total <= (limit or total)
    assert max(found.rows.values()) <= share * total


def test_an_impossible_share_is_told_with_what_is_possible() -> None:
    with pytest.raises(UserError, match=r"share of 0\.2: of 3 operations, one has at least 0\.333"):
        capped({"a": 5, "b": 5, "c": 5}, Fraction(1, 5))
