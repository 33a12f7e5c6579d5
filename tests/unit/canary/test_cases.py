"""The canary's set: fixed, labelled, and of edits whose truth is known."""

import numpy as np
import pytest

from schemas.ports import Billed, Judged
from schemas.taxonomy import taxonomy
from workers import canary, roster


def test_it_is_a_small_set_in_which_every_case_has_a_name_and_a_job_of_its_own() -> None:
    found = canary.cases()
    assert len(found) == 40
    assert len({case.name for case in found}) == len({case.task.job.job_id for case in found}) == 40


def test_it_is_drawn_the_same_again() -> None:
    usual = canary.cases()
    canary.cases.cache_clear()
    assert canary.set_name(canary.cases()) == canary.set_name(usual)


def test_its_name_tells_of_every_pixel() -> None:
    found = canary.cases()
    first = found[0]
    pixels = first.task.images[1].pixels.copy()
    pixels[0, 0, 0] ^= 1
    image = type(first.task.images[1])(pixels)
    other = canary.Case(first.name, type(first.task)(first.task.job, (first.task.images[0], image)), first.truth)
    assert canary.set_name((other, *found[1:])) != canary.set_name(found)


def test_it_holds_good_edits_and_bad_ones_of_several_operations() -> None:
    found = canary.cases()
    good = [case for case in found if case.truth == canary.GOOD]
    assert 15 <= len(good) <= 25
    operations = {case.task.job.request.operation for case in found}
    assert len({taxonomy().operations[name].group for name in operations}) >= 6


def test_what_was_not_done_left_the_picture_as_it_was_and_what_was_done_did_not() -> None:
    for case in canary.cases():
        before, after = (image.pixels for image in case.task.images)
        assert np.array_equal(before, after) == ("undone" in case.name or _nothing_done(case))


def _nothing_done(case: canary.Case) -> bool:
    return '"no-op"' in case.task.images[1].note


@pytest.mark.parametrize(("judge", "prefix"), [("measured", "tone-"), ("simulated", "drawn-")])
def test_a_judge_that_knows_the_truth_agrees_with_the_labels(judge: str, prefix: str) -> None:
    cases = [case for case in canary.cases() if case.name.startswith(prefix)]
    plugin = roster.parse("judge", judge)
    results = roster.run(roster.KINDS["judge"], plugin, [case.task for case in cases])
    scores = [result.result if isinstance(result, Billed) else result for result in results]
    pairs = [(one.adherence, case) for one, case in zip(scores, cases, strict=True) if isinstance(one, Judged)]
    assert len(pairs) == len(cases)
    good = [adherence for adherence, case in pairs if case.truth == canary.GOOD]
    bad = [adherence for adherence, case in pairs if case.truth.adherence <= 3.0]
    assert np.mean(good) > np.mean(bad) + 0.7
