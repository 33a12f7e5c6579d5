"""Policies with calibrated bars: read back they decide as told, and keep everything else."""

from dataclasses import replace

import pytest

from schemas.errors import UserError
from schemas.messages import Scores
from schemas.taxonomy import taxonomy
from streams.calibrating import writing
from streams.calibrating.bars import Aim
from streams.calibrating.findings import Findings, Terms, findings
from streams.rules import policy
from streams.rules.policy import Policy
from tests.golden import samples as golden
from tests.unit.calibrating.labelling import sample

PAPER = policy.read("paper")
OPERATIONS = ("remove", "recolor", "recolor", "flip")


def found(pairs: int = 600, judge: str = "vlm@0123456789ab", base: Policy = PAPER) -> Findings:
    """Of the group geometry there are too few, and of all a quarter and a half each."""
    one = sample(pairs, operations=OPERATIONS)
    return findings(replace(one, judge=judge), 2 * pairs, 3, Terms(Aim(precision=0.8, least=200), base))


def written(base: Policy, *judges: Findings) -> Policy:
    return policy.parse(writing.policy(base, judges), "written")


def test_the_policy_read_back_has_the_bars_that_were_found() -> None:
    one = found()
    read = written(PAPER, one)
    assert one.bar.value is not None
    assert one.groups["appearance"].value is not None
    bars = {name: read.bars(name, one.judge) for name in ("recolor", "material", "flip", "style")}
    for name in ("recolor", "material"):
        assert bars[name].adherence == bars[name].aesthetics == one.groups["appearance"].value
    for name in ("flip", "style"):
        assert bars[name].adherence == one.bar.value
    assert read.bars("style", "other@1").adherence == 4.7


def test_it_decides_as_told() -> None:
    one = found()
    read, bar = written(PAPER, one), one.bar.value
    assert bar is not None
    assert read.accepts(Scores(adherence=bar, aesthetics=bar), "style", one.judge)
    assert not read.accepts(Scores(adherence=bar, aesthetics=round(bar - 0.1, 1)), "style", one.judge)


@pytest.mark.parametrize("base", [*policy.shipped(), "golden"])
def test_everything_else_stays_as_it_was(base: str) -> None:
    before = golden.POLICY if base == "golden" else policy.read(base)
    after = written(before, found(base=before))
    changed = {"name", "summary", "judge"}
    assert after.model_dump(exclude=changed) == before.model_dump(exclude=changed)
    assert after.name == f"{before.name}-calibrated"
    assert (after.judge.adherence, after.judge.aesthetics) == (before.judge.adherence, before.judge.aesthetics)


def test_it_says_what_each_bar_came_from() -> None:
    one = found()
    toml = writing.policy(PAPER, [one])
    assert f"# Judge {one.judge}: {one.bar.value:.1f} (" in toml
    assert "from 600 labelled pairs" in toml
    assert "1200 labels by 3 raters" in toml
    assert "#   geometry: no bar (few labels), from 150 labelled pairs" in toml
    assert (
        f"#   appearance ({', '.join(n for n, o in taxonomy().operations.items() if o.group == 'appearance')})" in toml
    )


def test_hostile_names_and_words_are_told_as_they_are() -> None:
    before = PAPER.model_copy(update={"summary": 'a "quoted"\\ 把 😀 \x7f\x00 line\nand another'})
    assert written(before, found()).summary.startswith(before.summary)


def test_calibrated_again_a_policy_keeps_one_name() -> None:
    once = written(PAPER, found())
    assert written(once, found(base=once)).name == "paper-calibrated"
    long = PAPER.model_copy(update={"name": "p" * 64})
    assert len(written(long, found()).name) == 64


def test_several_judges_have_a_bar_each_and_no_operations() -> None:
    one, two = found(), found(judge="other@1")
    read = written(PAPER, one, two)
    assert set(read.judge.judges) == {"vlm", "other"}
    assert read.judge.operations == {}


def test_two_recipes_of_a_judge_cannot_both_be_written() -> None:
    with pytest.raises(UserError, match="one bar for vlm, these are several of it: vlm@0123456789ab, vlm@1; choose by"):
        writing.policy(PAPER, [found(), found(judge="vlm@1")])


def test_where_no_bar_was_found_there_is_no_policy() -> None:
    with pytest.raises(UserError, match="no bar was found that a policy could have"):
        writing.policy(PAPER, [found(20)])


def test_a_judge_without_a_bar_keeps_the_one_it_had() -> None:
    toml = writing.policy(PAPER, [found(), found(20, judge="other@1")])
    assert "# Judge other@1: no bar (few labels), from 20 labelled pairs" in toml
    assert set(policy.parse(toml, "written").judge.judges) == {"vlm"}
