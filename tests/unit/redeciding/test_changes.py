"""What became of each triplet, and why."""

from collections.abc import Sequence

from schemas import messages as m
from streams.redeciding.changes import Change, asked_under, changes
from streams.redeciding.differences import Differences
from streams.rules.policy import Judging, Policy
from tests.unit.redeciding.remembering import Remembered, changed
from tests.unit.rules.telling import BAR, of, policy

INVERTING = policy(inverts=True)
STRICT = policy(inverts=True, judge=Judging(adherence=4.9))


def compared(story: Remembered, other: Policy, shelved: Sequence[m.Triplet] | None = None) -> list[Change]:
    before = story.triplets() if shelved is None else shelved
    return sorted(
        changes(before, story.under(other), other, story.policy),
        key=lambda change: ("forward", "inverse", "composite").index(change.triplet.kind),
    )


def told(found: Sequence[Change]) -> list[tuple[str, str, str]]:
    return [(change.fate, change.triplet.kind, change.why) for change in found]


def won(decided: Policy, *scores: float) -> Remembered:
    story = Remembered(decided, *("remove",) * len(scores))
    story.win(*scores)
    return story


def test_the_same_policy_keeps_everything() -> None:
    assert told(compared(won(INVERTING, 4.8), INVERTING)) == [("kept", "forward", ""), ("kept", "inverse", "")]


def test_a_bar_that_is_missed_loses_a_triplet_and_what_stands_on_it() -> None:
    assert told(compared(won(INVERTING, 4.95), STRICT)) == [
        ("lost", "forward", "adherence 4.80 is below 4.90"),
        ("lost", "inverse", "its edit 'edit 0' is not released"),
    ]


def test_a_laxer_bar_gains_a_triplet_and_says_what_it_was_below() -> None:
    story = won(INVERTING, 4.6)
    laxer = policy(inverts=True, judge=Judging(adherence=4.5, aesthetics=4.5))
    assert told(compared(story, laxer)) == [
        ("kept", "forward", ""),
        ("gained", "inverse", "before: adherence 4.60 is below 4.70, aesthetics 4.60 is below 4.70"),
    ]


def test_what_is_decided_already_but_not_shelved_yet_is_gained_as_such() -> None:
    story = won(policy(), 4.8)
    assert told(compared(story, story.policy, shelved=[])) == [("gained", "forward", "not on the shelf yet")]


def test_a_soft_bar_that_is_missed_now_is_named() -> None:
    story = won(policy(), 4.8)
    found = compared(story, changed(story.policy, screen={"bars": {BAR: {"max": 0.5}}}))
    assert told(found) == [("lost", "forward", "looks.good = 1 misses its bar")]


def test_an_attempt_that_is_not_made_any_more_is_named() -> None:
    story = Remembered(policy(waves=(1, 1)))
    (first,) = of(m.EditJob, story.gate())
    (second,) = of(m.EditJob, story.attempt(first, 4.0))
    story.attempt(second)
    assert told(compared(story, policy(waves=(1,)))) == [("lost", "forward", "attempt 1 is not made")]


def test_switching_inversion_off_loses_inverses_and_composites() -> None:
    story = won(policy(inverts=True, neighbours=1), 4.8, 4.8)
    (words,) = [build() for name, build in story.plan.messages.items() if name in story.plan.waiting]
    assert isinstance(words, m.TextJob)
    (judgement,) = of(m.JudgeJob, story.write(words, "both"))
    story.judge(judgement)
    whys = [why for fate, _, why in told(compared(story, policy())) if fate == "lost"]
    assert whys == ["inversion is off", "inversion is off", "composition is off"]


def test_another_winner_swaps_the_triplet() -> None:
    story = Remembered(policy(waves=(2,)))
    first, second = of(m.EditJob, story.gate())
    story.attempt(first, 4.75)
    story.attempt(second, 4.95)
    assert told(compared(story, policy(waves=(1,)))) == [("swapped", "forward", "attempt 1 gives way to 0")]


def test_another_text_swaps_the_triplet() -> None:
    story = won(policy(), 4.8)
    (shelved,) = story.triplets()
    reworded = shelved.model_copy(update={"texts": {"short": "Gone."}})
    assert told(compared(story, story.policy, [reworded])) == [("swapped", "forward", "another text")]


def test_a_triplet_whose_request_waits_is_undecided_and_says_for_what() -> None:
    assert told(compared(won(policy(), 4.8), policy(waves=(3,)))) == [("undecided", "forward", "waits for 2 edit")]


def test_a_request_that_waits_leaves_the_others_alone() -> None:
    story = won(INVERTING, 4.8, 4.8)
    shelved = story.triplets()
    (lacking,) = (t.triplet_id for t in shelved if t.kind == "inverse" and t.edits[0].instruction == "edit 0")
    story.events = [e for e in story.events if not (isinstance(e, m.JudgeVerdict) and e.job.triplet_id == lacking)]
    found = compared(story, changed(story.policy, name="other"), shelved)
    assert {(change.triplet.edits[0].instruction, change.fate) for change in found} == {
        ("edit 0", "undecided"),
        ("edit 1", "kept"),
    }


def test_a_composite_does_not_wait_for_another_pair_of_its_edits() -> None:
    story = won(policy(inverts=True, neighbours=1), 4.8, 4.8, 4.8)
    words, *_ = (build() for name, build in story.plan.messages.items() if name in story.plan.waiting)
    assert isinstance(words, m.TextJob)
    (judgement,) = of(m.JudgeJob, story.write(words, "both"))
    story.judge(judgement)
    stricter = changed(story.policy, judge={"operations": {"composite": {"adherence": 4.9}}})
    (composite,) = (change for change in compared(story, stricter) if change.triplet.kind == "composite")
    assert (composite.fate, composite.why) == ("lost", "adherence 4.80 is below 4.90")


def test_a_parked_gate_holds_every_triplet_of_its_source_up() -> None:
    story = won(policy(), 4.8)
    shelved = story.triplets()
    story.events.clear()
    story.fail(story.source, "gate")
    assert told(compared(story, policy(), shelved)) == [("undecided", "forward", "waits for 1 gate")]


def test_without_records_a_triplet_is_undecided() -> None:
    story = won(policy(), 4.8)
    shelved = story.triplets()
    story.events.clear()
    assert told(compared(story, policy(), shelved)) == [("undecided", "forward", "its source has no records")]


def test_the_policy_that_asked_before_is_found_in_the_records() -> None:
    story = won(policy(), 4.8)
    assert asked_under(story.events) == story.policy.policy_id
    assert asked_under(story.events[:1]) == ""


# --- the sum ----------------------------------------------------------------------------------------------------------


def test_changes_are_summed_by_kind_and_operation_with_a_few_examples() -> None:
    found = Differences(most=1)
    for change in compared(won(INVERTING, 4.95), STRICT):
        found.add(change)
    assert (found.before, found.after, found.total("lost")) == (2, 0, 2)
    assert found.operations() == ["add", "remove"]
    assert [change.why for change in found.examples["lost"]] == ["adherence 4.80 is below 4.90"]


def test_calls_are_counted_by_stage_apart_from_those_that_cannot_be_made() -> None:
    now = won(policy(), 4.8).under(policy(waves=(3,)))
    found = Differences()
    found.add_calls(now.undecided[:1], now.undecided[1:])
    assert (found.as_dict()["calls"], found.as_dict()["gone"]) == ({"edit": 1}, {"edit": 1})
