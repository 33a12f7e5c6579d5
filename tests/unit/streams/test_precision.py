"""Precision by audits: what counts as good, what is left out, and that intervals hold a planted share."""

import numpy as np
import pytest

from infra.blobs.memory import MemoryBlobs
from schemas.messages import Scores
from streams import precision, retractions
from streams.audits import Audit
from streams.labels import pair_of
from streams.opinions import Opinion
from streams.precision import Precision, Share
from streams.retractions import Retraction
from tests.unit.reading.making import put_on_shelf, request, subject, triplet

WEEKS = ("2026-W46", "2026-W47", "2026-W48")


def audit(week: str, names: list[str], drawn_from: int = 1000) -> Audit:
    return Audit(week=week, of="week", drawn_from=drawn_from, pairs=tuple(f"{name}-0" for name in names))


def opinion(
    name: str, adherence: float, aesthetics: float = 5.0, rater: str = "ada", attempt: int = 0, **more: object
) -> Opinion:
    given = {
        "triplet_id": name, "attempt": attempt, "rater": rater, "operation": "recolor", "adherence": adherence,
        "aesthetics": aesthetics, "judge": "critic@1", "judged": Scores(adherence=4.9, aesthetics=4.9),
        "accepted": True, **more,
    }  # fmt: skip
    return Opinion.model_validate(given)


def names(count: int, first: int = 0) -> list[str]:
    return [f"t{number}" for number in range(first, first + count)]


def test_good_is_what_people_give_more_than_four_on_both_scales() -> None:
    scores = [(4.5, 4.5), (4.0, 5.0), (5.0, 4.0), (4.5, 5.0), (1.0, 1.0)]
    said = [opinion(name, *given) for name, given in zip(names(5), scores, strict=True)]
    found = precision.measured([audit(WEEKS[0], names(6))], said)
    assert (found.overall, found.weeks[0].drawn) == (Share(2, 5), 6)
    assert found.overall.value == 0.4


def test_other_attempts_and_pairs_that_were_not_drawn_do_not_count() -> None:
    said = [opinion("t0", 5.0), opinion("t1", 1.0, attempt=2), opinion("other", 1.0)]
    assert precision.measured([audit(WEEKS[0], names(2))], said).overall == Share(1, 1)


def test_raters_biases_are_removed_by_all_they_labelled() -> None:
    strict = [opinion(name, 4.0, 4.0, "bob") for name in names(40)]
    mild = [opinion(name, 5.0, 5.0, "ada") for name in names(40)]
    alone = [opinion("t100", 4.0, 4.0, "bob"), opinion("t101", 4.0, 4.0, "ada")]
    found = precision.measured([audit(WEEKS[0], ["t100", "t101"])], [*strict, *mild, *alone])
    assert found.overall == Share(1, 2)  # bob's 4.0 is worth 4.5, ada's 3.5
    assert {one.name: round(one.offsets["adherence"], 6) for one in found.raters} == {"ada": 0.5, "bob": -0.5}


@pytest.mark.parametrize("share", [0.6, 0.834, 0.97])
def test_a_planted_share_lies_in_the_interval_as_often_as_it_says(share: float) -> None:
    chance, held = np.random.default_rng(7), 0
    for _ in range(60):
        good = chance.random(150) < share
        bias = {"ada": -0.5, "bob": 0.5}
        said = [
            opinion(name, float(np.clip(base + bias[rater], 1, 5)), float(np.clip(base + bias[rater], 1, 5)), rater)
            for name, one in zip(names(150), good, strict=True)
            for base in [4.5 if one else 3.0]
            for rater in bias
        ]
        found = precision.measured([audit(WEEKS[0], names(150))], said)
        assert found.overall == Share(int(good.sum()), 150)
        interval = found.overall.interval(0.95)
        assert interval is not None
        held += interval.covers(share)
    assert 52 <= held <= 60


def test_it_is_told_by_group_kind_and_judge() -> None:
    said = [
        opinion("t0", 5.0, kind="forward", operation="remove"),
        opinion("t1", 1.0, kind="inverse", operation="add", judge="other@2"),
        opinion("t2", 5.0, kind="composite", operation="composite"),
        opinion("t3", 5.0, kind="forward", operation="nothing known"),
    ]
    found = precision.measured([audit(WEEKS[0], names(4))], said)
    assert found.by == {
        "group": {"object": Share(1, 2), "composite": Share(1, 1), "other": Share(1, 1)},
        "kind": {"forward": Share(2, 2), "composite": Share(1, 1), "inverse": Share(0, 1)},
        "judge": {"critic@1": Share(3, 3), "other@2": Share(0, 1)},
    }


def test_a_pair_drawn_twice_counts_once_in_all() -> None:
    drawn = [audit(WEEKS[1], ["t0"]), audit(WEEKS[0], ["t0", "t1"])]
    found = precision.measured(drawn, [opinion("t0", 5.0), opinion("t1", 1.0)])
    assert [one.audit.week for one in found.weeks] == list(WEEKS[:2])
    assert [one.share for one in found.weeks] == [Share(1, 2), Share(1, 1)]
    assert found.overall == Share(1, 2)


def test_what_was_taken_back_counts_if_it_was_labelled_and_is_left_out_if_not() -> None:
    drawn = [audit(WEEKS[0], names(4))]
    said = [opinion("t0", 5.0), opinion("t1", 1.0)]
    before = precision.measured(drawn, said)
    after = precision.measured(drawn, said, gone={"t1-0", "t2-0"})
    assert after.overall == before.overall == Share(1, 2)
    assert (after.weeks[0].drawn, after.weeks[0].lost, after.weeks[0].taken_back) == (3, 1, 1)


def test_pairs_taken_back_are_found_by_triplet_source_and_picture() -> None:
    blobs = MemoryBlobs()
    made = [triplet(subject(f"s{number}"), request(), attempt=number) for number in range(5)]
    put_on_shelf(blobs, *made)
    pairs = [pair_of(one) for one in made]
    assert precision.taken_back(blobs, pairs) == frozenset()
    for target, value in (
        ("triplet", made[0].triplet_id), ("source", made[1].subject.source_id), ("sha256", made[2].after.sha256),
    ):  # fmt: skip
        given = {"target": target, "value": value, "reason": "x", "at": 1.0}
        retractions.retract(blobs, Retraction.model_validate(given))
    assert precision.taken_back(blobs, [*pairs, "gone-0"]) == {*pairs[:3], "gone-0"}


def weekly(*shares: tuple[int, int]) -> Precision:
    said, drawn, first = [], [], 0
    for week, (good, labelled) in zip(WEEKS, shares, strict=False):
        mine = names(labelled, first)
        drawn.append(audit(week, mine or ["none"]))
        said += [opinion(name, 5.0 if number < good else 1.0) for number, name in enumerate(mine)]
        first += labelled
    return precision.measured(drawn, said)


def test_the_latest_week_is_compared_with_those_before() -> None:
    found = weekly((90, 100), (86, 100), (40, 100)).trend
    assert found is not None
    assert found.interval is not None
    assert (found.week, round(found.change, 6)) == (WEEKS[2], -0.48)
    assert -0.6 < found.interval.low < found.interval.high < -0.3
    steady = weekly((90, 100), (88, 100)).trend
    assert steady is not None
    assert steady.interval is not None
    assert steady.interval.covers(0.0)
    assert weekly((90, 100), (0, 0)).trend is None


def test_a_bar_is_missed_when_the_whole_interval_lies_below_it() -> None:
    assert weekly((90, 100), (95, 100), (60, 100)).below(0.8) == [WEEKS[2]]
    assert weekly((60, 100), (95, 100), (60, 100)).below(0.8) == ["all weeks", WEEKS[2]]
    assert weekly((74, 100)).below(0.8) == []
    assert weekly((60, 100)).below(0.8) == ["all weeks"]
    assert weekly((0, 0)).below(1.0) == []


def test_nothing_labelled_has_no_precision() -> None:
    found = precision.measured([audit(WEEKS[0], names(3))], [])
    assert (found.overall.value, found.overall.interval(0.95), found.trend) == (None, None, None)
    assert found.by == {"group": {}, "kind": {}, "judge": {}}
