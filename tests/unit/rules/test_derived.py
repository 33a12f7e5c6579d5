"""The plan, rules 5 to 7 of the design: inverses, composites, further texts."""

import pytest

from schemas import ids
from schemas import messages as m
from tests.unit.rules.telling import Story, of, picture, policy

# --- rule 5: inversion ------------------------------------------------------------------------------------------------


def won(*operations: str) -> tuple[Story, list[m.Message]]:
    """A story whose only request was just won, and what that called for."""
    story = Story(policy(inverts=True), *operations)
    (job,) = of(m.EditJob, story.gate())
    return story, story.attempt(job)


def test_a_winner_is_inverted_before_anything_is_released() -> None:
    story, new = won("remove")
    (words,) = of(m.TextJob, new)
    assert (words.task, words.kind, words.instruction) == ("inverse", "inverse", story.source.requests[0].instruction)
    assert of(m.Triplet, new) == []


def test_the_inverse_is_judged_from_the_edited_picture_to_the_source() -> None:
    story, new = won("remove")
    (words,) = of(m.TextJob, new)
    (judgement,) = of(m.JudgeJob, story.write(words, "Put the ball back."))
    assert (judgement.kind, judgement.instruction) == ("inverse", "Put the ball back.")
    assert (judgement.before, judgement.after) == (words.before, story.source.subject.image)


@pytest.mark.parametrize(
    ("score", "released"),
    [
        (1.0, set()),
        (2.99, set()),
        (3.0, {"forward"}),
        (4.69, {"forward"}),
        (4.7, {"forward", "inverse"}),
        (5.0, {"forward", "inverse"}),
    ],
)
def test_backward_consistency_drops_both_keeps_the_forward_one_or_releases_two(
    score: float, released: set[str]
) -> None:
    story, new = won("remove")
    triplets = of(m.Triplet, story.invert(new, score))
    assert {triplet.kind for triplet in triplets} == released
    assert all(triplet.checked == "inverse" for triplet in triplets)
    assert story.plan.closed


def test_an_inverse_is_the_triplet_turned_round() -> None:
    story, new = won("remove")
    there, back = sorted(of(m.Triplet, story.invert(new)), key=lambda triplet: triplet.kind)
    assert (there.kind, back.kind) == ("forward", "inverse")
    assert (back.before, back.after) == (there.after, there.before)
    assert (there.operation, back.operation) == ("remove", "add")
    assert (there.writer, back.writer) == ("", "scribe@1")


def test_an_operation_without_an_inverse_is_released_at_once_and_marked_so() -> None:
    story, new = won("crop")
    (triplet,) = of(m.Triplet, new)
    assert (triplet.kind, triplet.checked) == ("forward", "none")
    assert story.plan.closed


def test_a_policy_without_inversion_releases_at_once() -> None:
    story = Story(policy(inverts=False), "remove")
    (job,) = of(m.EditJob, story.gate())
    (triplet,) = of(m.Triplet, story.attempt(job))
    assert triplet.checked == "none"


# --- rule 6: composition ----------------------------------------------------------------------------------------------


def composed(story: Story, *scores: float) -> list[m.TextJob]:
    """Every composite that the story's end called for."""
    story.win(*scores)
    asked = [build() for build in story.plan.messages.values()]
    return [job for job in of(m.TextJob, asked) if job.task == "composite"]


def pairs(story: Story, jobs: list[m.TextJob]) -> set[tuple[int, int]]:
    """Ring positions of the composites' first and second edits."""
    requests = story.source.requests
    return {(requests.index(job.request), requests.index(job.other)) for job in jobs if job.other}


def test_two_released_neighbours_are_composed_from_one_edited_picture_to_the_other() -> None:
    story = Story(policy(inverts=True, neighbours=1), "remove", "recolor")
    (job,) = composed(story, 4.8, 4.8)
    first, second = of(m.EditJob, [build() for build in story.plan.messages.values()])
    edited = {edit.request_id: picture(edit.job_id) for edit in (first, second)}
    assert (job.before, job.after) == (edited[story.request_id(0)], edited[story.request_id(1)])
    assert job.inverse == f"undo {story.source.requests[0].instruction}"


def test_a_composite_is_judged_by_its_text_and_released_above_the_bars() -> None:
    story = Story(policy(inverts=True, neighbours=1), "remove", "recolor")
    (job,) = composed(story, 4.8, 4.8)
    (judgement,) = of(m.JudgeJob, story.write(job, "Put it back and paint the door."))
    (triplet,) = of(m.Triplet, story.judge(judgement))
    assert (triplet.kind, triplet.operation, triplet.instruction) == (
        "composite", "composite", "Put it back and paint the door."
    )  # fmt: skip
    assert [edit.request_id for edit in triplet.edits] == [story.request_id(0), story.request_id(1)]
    assert triplet.triplet_id == ids.triplet_id(story.request_id(0), "composite", story.request_id(1))


def test_a_composite_below_the_bars_is_not_released() -> None:
    story = Story(policy(inverts=True, neighbours=1), "remove", "recolor")
    (job,) = composed(story, 4.8, 4.8)
    (judgement,) = of(m.JudgeJob, story.write(job))
    assert story.judge(judgement, 4.69) == []
    assert story.plan.closed


@pytest.mark.parametrize(
    ("neighbours", "expected"),
    [(1, {(0, 1), (1, 2), (2, 3), (3, 0)}), (2, {(0, 1), (1, 2), (2, 3), (3, 0), (0, 2), (1, 3)})],
)
def test_the_ring_of_requests_says_who_is_composed_with_whom(neighbours: int, expected: set[tuple[int, int]]) -> None:
    story = Story(policy(inverts=True, neighbours=neighbours), "remove", "recolor", "add", "replace")
    assert pairs(story, composed(story, *[4.8] * 4)) == expected


def test_pairs_are_fixed_before_any_outcome_so_a_dropped_neighbour_is_not_replaced() -> None:
    story = Story(policy(inverts=True, neighbours=1), "remove", "recolor", "add", "replace")
    assert pairs(story, composed(story, 4.8, 1.0, 4.8, 4.8)) == {(2, 3), (3, 0)}


def test_an_edit_whose_inverse_was_not_good_enough_for_a_triplet_is_composed_all_the_same() -> None:
    story = Story(policy(inverts=True, neighbours=1), "remove", "recolor")
    assert pairs(story, composed(story, 4.0, 4.8)) == {(0, 1)}


def test_an_edit_without_an_inverse_comes_second() -> None:
    story = Story(policy(inverts=True, neighbours=1), "crop", "recolor")
    assert pairs(story, composed(story, 4.8, 4.8)) == {(1, 0)}


def test_two_edits_without_inverses_are_not_composed() -> None:
    story = Story(policy(inverts=True, neighbours=1), "crop", "zoom")
    assert composed(story, 4.8, 4.8) == []


def test_two_requests_make_one_pair_not_two() -> None:
    story = Story(policy(inverts=True, neighbours=2), "remove", "recolor")
    assert len(composed(story, 4.8, 4.8)) == 1


def test_a_policy_without_composition_composes_nothing() -> None:
    story = Story(policy(inverts=True), "remove", "recolor")
    assert composed(story, 4.8, 4.8) == []


# --- rule 7: texts ----------------------------------------------------------------------------------------------------


def test_a_triplet_waits_for_every_further_text() -> None:
    story = Story(policy(forms=("zh", "short")))
    (job,) = of(m.EditJob, story.gate())
    first, second = of(m.TextJob, story.attempt(job))
    assert {first.form, second.form} == {"zh", "short"}
    assert of(m.Triplet, story.write(first, "one")) == []
    (triplet,) = of(m.Triplet, story.write(second, "two"))
    assert triplet.texts == {first.form: "one", second.form: "two"}


def test_a_further_text_is_asked_with_the_pair_it_is_about() -> None:
    story = Story(policy(forms=("zh",)))
    (job,) = of(m.EditJob, story.gate())
    (asked,) = of(m.TextJob, story.attempt(job))
    assert (asked.task, asked.kind, asked.instruction) == ("form", "forward", job.request.instruction)
    assert (asked.before, asked.after) == (story.source.subject.image, picture(job.job_id))


def test_the_forward_triplet_does_not_wait_for_the_texts_of_the_inverse() -> None:
    story = Story(policy(inverts=True, forms=("zh",)))
    (job,) = of(m.EditJob, story.gate())
    texts = of(m.TextJob, story.invert(story.attempt(job)))
    assert {asked.kind for asked in texts} == {"forward", "inverse"}
    (triplet,) = of(m.Triplet, story.write(next(asked for asked in texts if asked.kind == "forward"), "去掉它。"))
    assert (triplet.kind, triplet.texts) == ("forward", {"zh": "去掉它。"})
