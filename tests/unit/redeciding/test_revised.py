"""Single values of a policy, replaced."""

import pytest

from schemas.errors import UserError
from streams.redeciding.revised import revised
from streams.rules import policy as policies

PAPER = policies.read("paper")


def test_without_settings_a_policy_stays_itself() -> None:
    assert revised(PAPER, []) is PAPER


def test_a_value_is_replaced_and_the_rest_stays() -> None:
    changed = revised(PAPER, ["judge.adherence=4.5"])
    assert changed.judge.adherence == 4.5
    assert revised(changed, ["judge.adherence=4.7", "name=paper"]).policy_id == PAPER.policy_id


def test_the_name_tells_what_was_changed_and_fits() -> None:
    assert revised(PAPER, ["judge.adherence=4.5", "waves=[1, 2]"]).name == "paper-adherence-4.5-waves-1-2"
    assert len(revised(PAPER, ["judge.adherence=4.5"] * 9).name) <= 64
    assert revised(PAPER, ["name=mine", "survivors=2"]).name == "mine"


def test_names_with_dots_are_quoted_and_words_need_no_quotes() -> None:
    changed = revised(PAPER, ['screen.bars."pixels.shift".max=3', "keep=rejected", "composition.enabled=false"])
    assert changed.screen.bars["pixels.shift"].max == 3
    assert changed.screen.bars["pixels.same_size"].min == 1
    assert (changed.keep, changed.composition.enabled) == ("rejected", False)


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("judge.adherence", "is no PATH=VALUE"),
        ("=4", "is no PATH=VALUE"),
        ("judge adherence=4", "is no path"),
        ("judge.adherence=9", "judge.adherence: Input should be less than or equal to 5"),
        ("judge.adherance=4", "judge.adherance: Extra inputs are not permitted"),
        ("screen.bars.pixels.shift.max=3", "screen.bars.pixels: a bar has min and max, no 'shift'"),
        ("judge=4", "judge: Input should be a valid dictionary"),
    ],
)
def test_what_is_no_value_of_a_policy_is_refused_in_one_line(setting: str, said: str) -> None:
    with pytest.raises(UserError) as refused:
        revised(PAPER, [setting])
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)
