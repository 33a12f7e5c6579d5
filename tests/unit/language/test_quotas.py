"""Calls of the prompt engineer ask evenly for all there is, and so that what is released has the wanted shares."""

from collections import Counter

import pytest

from schemas.taxonomy import taxonomy
from workers.language.quotas import COMPOSITE, Slot, asked, counted, plan, wanted

EVEN = dict.fromkeys(taxonomy().operations, 1.0)
USUAL = wanted("")


def calls(number: int, shares: dict[str, float] = USUAL, pairs: int = 50, edits: int = 4) -> list[Slot]:
    return [slot for call in range(number) for slot in plan(7, call, pairs, edits, shares, ("en", "zh"), 1.0)]


def test_the_usual_shares_are_the_taxonomys_and_leave_nothing_out() -> None:
    assert USUAL["remove"] == pytest.approx(0.315)
    assert set(USUAL) == set(taxonomy().operations)
    assert min(USUAL.values()) > 0.002
    assert sum(USUAL.values()) == pytest.approx(1.0)


def test_named_shares_are_as_given_and_the_others_share_the_rest() -> None:
    found = wanted("remove=0.1; style=0")
    assert (found["remove"], found["style"]) == (0.1, 0.0)
    assert found["add"] / found["composite"] == pytest.approx(0.313 / 0.229)
    assert sum(found.values()) == pytest.approx(1.0)


@pytest.mark.parametrize("text", ["remove", "nonsense=0.1", "remove=2", "remove=x", "remove=0.7;add=0.7", "remove=nan"])
def test_shares_that_cannot_be_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        wanted(text)


def test_a_plan_is_always_the_same() -> None:
    assert plan(1, 2, 50, 4, USUAL, ("en",), 1.0) == plan(1, 2, 50, 4, USUAL, ("en",), 1.0)


def test_other_calls_and_other_seeds_have_other_plans() -> None:
    plans = {plan(seed, call, 50, 4, USUAL, ("en",), 1.0) for seed in range(3) for call in range(3)}
    assert len(plans) == 9


def test_every_scene_has_as_many_edits_as_asked() -> None:
    assert {len(slot.operations) for slot in calls(3)} == {4}


def test_all_operations_come_at_their_shares_however_rare() -> None:
    counts = Counter(name for slot in calls(40) for name in slot.operations)
    total = counts.total()
    assert set(counts) == set(taxonomy().operations)
    plain = {name: share for name, share in USUAL.items() if name != COMPOSITE}
    others = total - counts[COMPOSITE]
    for name, share in plain.items():
        assert counts[name] == pytest.approx(others * share / sum(plain.values()), abs=6), name


def test_composites_are_last_and_only_of_scenes_with_several_objects() -> None:
    slots = [slot for slot in calls(5) if COMPOSITE in slot.operations]
    assert len(slots) == 200  # all 4 of 5 scenes: the taxonomy's share is more than they can take
    assert all(slot.objects > 1 and slot.operations.index(COMPOSITE) == 3 for slot in slots)


def test_objects_styles_sizes_and_languages_rotate_evenly() -> None:
    slots = calls(48)
    assert set(Counter(slot.objects for slot in slots).values()) == {480}
    assert set(Counter(slot.style for slot in slots).values()) == {25}
    assert set(Counter((slot.width, slot.height) for slot in slots).values()) == {96}
    assert set(Counter(slot.language for slot in slots).values()) == {1200}
    assert len({slot.viewpoint for slot in slots}) > 10


def test_one_call_alone_is_even_too() -> None:
    slots = calls(1)
    assert set(Counter(slot.objects for slot in slots).values()) == {10}
    assert len({slot.style for slot in slots}) == 50


def test_an_operation_comes_twice_in_a_scene_only_where_it_must() -> None:
    twice = [slot for slot in calls(4, EVEN) if len(set(slot.operations)) < 4]
    assert twice == []


def test_sizes_are_scaled_for_small_pictures() -> None:
    (slot, *_) = plan(0, 0, 5, 1, USUAL, ("en",), 0.02)
    assert 64 <= slot.width <= 256
    assert slot.width % 16 == slot.height % 16 == 0


@pytest.mark.parametrize("offset", [0.0, 0.3, 0.999])
def test_parts_make_the_total_each_rounded_up_or_down(offset: float) -> None:
    shares = {"a": 0.5, "b": 0.25, "c": 0.2, "d": 0.05}
    found = counted(shares, 10, offset)
    assert sum(found.values()) == 10
    assert all(int(10 * shares[name]) <= found.get(name, 0) <= int(10 * shares[name]) + 1 for name in shares)


# --- following acceptance ---------------------------------------------------------------------------------------------


def released(shares: dict[str, float], acceptance: dict[str, float], attempts: int = 5) -> dict[str, float]:
    """What comes of asking in those shares."""
    won = {name: share * (1 - (1 - acceptance[name]) ** attempts) for name, share in shares.items()}
    return {name: share / sum(won.values()) for name, share in won.items()}


def test_nothing_known_asks_for_what_is_wanted() -> None:
    assert asked(USUAL, {}, 5, 4.0) == USUAL


def test_what_is_released_has_the_wanted_shares_within_the_bound() -> None:
    acceptance = {name: 0.05 + 0.3 * at / len(USUAL) for at, name in enumerate(USUAL)}
    without, with_ = (released(shares, acceptance) for shares in (USUAL, asked(USUAL, acceptance, 5, 4.0)))
    assert max(abs(with_[name] - USUAL[name]) for name in USUAL) < 1e-9
    assert max(abs(without[name] - USUAL[name]) for name in USUAL) > 0.05


def test_an_operation_that_is_never_accepted_is_asked_for_at_most_so_much_more() -> None:
    shares = {"a": 0.5, "b": 0.5}
    found = asked(shares, {"a": 0.0, "b": 0.2}, 5, 3.0)
    assert found["a"] / found["b"] == pytest.approx(3.0 / 0.5)


def test_an_operation_that_was_not_tried_counts_as_an_average_one() -> None:
    found = asked({"a": 0.25, "b": 0.25, "c": 0.5}, {"a": 0.1, "b": 0.1}, 5, 4.0)
    assert found == {"a": 0.25, "b": 0.25, "c": 0.5}


def test_when_nothing_at_all_is_accepted_shares_stay_as_they_are() -> None:
    assert asked({"a": 0.5, "b": 0.5}, {"a": 0.0, "b": 0.0}, 5, 4.0) == {"a": 0.5, "b": 0.5}
