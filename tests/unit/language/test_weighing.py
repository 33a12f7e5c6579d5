"""Scores weighted by the odds of their digits."""

from math import log

import pytest

from schemas.ports import Judged
from tests.unit.language.roles import Judge, judgement
from workers.language.asking import Reply, Token
from workers.language.weighing import weighed

ADHERENCE = "InstructionAdherence"


def token(text: str, **odds: float) -> Token:
    return Token(text, {name.lstrip("_").replace("p", "."): log(value) for name, value in odds.items()})


def reply(*digits: Token, rest: str = ', "ImageAesthetic": 2.8}') -> Reply:
    tokens = [Token('{"InstructionAdherence":', {}), Token(" ", {}), *digits, Token(rest, {})]
    return Reply("".join(token.text for token in tokens), tokens=tokens)


POINT = Token(".", {".": 0.0})


def score(*digits: Token) -> float:
    found = weighed(reply(*digits), ADHERENCE)
    assert found is not None
    return found.score


def test_a_sure_answer_is_the_score_that_was_said() -> None:
    found = weighed(reply(token("4", _4=1.0), POINT, token("3", _3=1.0)), ADHERENCE)
    assert found == pytest.approx((4.3, 1.0))


def test_decimals_are_weighted() -> None:
    assert score(token("4", _4=1.0), POINT, token("8", _8=0.5, _6=0.5)) == pytest.approx(4.7)


def test_another_first_digit_counts_with_the_middle_of_what_could_follow() -> None:
    assert score(token("4", _4=0.75, _3=0.25), POINT, token("7", _7=1.0)) == pytest.approx(0.75 * 4.7 + 0.25 * 3.5)


def test_nothing_lies_above_five() -> None:
    assert score(token("4", _4=0.5, _5=0.5), POINT, token("9", _9=1.0)) == pytest.approx(4.95)
    assert score(token("5", _5=1.0), POINT, token("0", _0=0.9, _9=0.1)) == 5.0


def test_the_mass_is_the_probability_of_all_that_was_a_score() -> None:
    found = weighed(reply(token("4", _4=0.6, _2=0.2, _9=0.1, _null=0.1), POINT, token("0", _0=1.0)), ADHERENCE)
    assert found is not None
    assert found.mass == pytest.approx(0.8)
    assert found.score == pytest.approx((0.6 * 4.0 + 0.2 * 2.5) / 0.8)


def test_a_number_that_is_one_token_is_weighted_as_a_whole() -> None:
    assert score(token("4.3", _4p3=0.5, _4p7=0.5)) == pytest.approx(4.5)


def test_blanks_and_colons_before_the_digit_belong_to_no_number() -> None:
    tokens = [Token('{"InstructionAdherence"', {}), Token(": 4", {": 4": log(0.5), ": 2": log(0.5)}), Token("}", {})]
    found = weighed(Reply("".join(one.text for one in tokens), tokens=tokens), ADHERENCE)
    assert found == pytest.approx((0.5 * 4.0 + 0.5 * 2.5, 1.0))


def test_a_point_and_a_decimal_may_be_one_token() -> None:
    digits = Token(".5", {".5": log(0.5), ".7": log(0.5)})
    assert score(token("3", _3=1.0), digits) == pytest.approx(3.6)


@pytest.mark.parametrize(
    "answer",
    [
        Reply('{"InstructionAdherence": 4.3}'),
        Reply('{"InstructionAdherence": 4.3}', tokens=[Token("something else", {})]),
        reply(Token("4", {}), POINT, Token("3", {})),
        Reply('{"Other": 4.3}', tokens=[Token('{"Other": 4.3}', {})]),
    ],
    ids=["no odds", "odds of another text", "no alternatives", "no such score"],
)
def test_without_odds_that_fit_there_is_no_weighted_score(answer: Reply) -> None:
    assert weighed(answer, ADHERENCE) is None


def test_a_judge_takes_weighted_scores_and_tells_their_mass_where_there_are_odds() -> None:
    judge = Judge(reply(token("4", _4=0.5, _2=0.4), POINT, token("0", _0=1.0)), weighted=True)
    (judged,) = judge.results(judgement())
    assert judged.adherence == pytest.approx(3.333333)
    assert judged.aesthetics == 2.8
    assert judged.measures == pytest.approx({"judge.adherence_mass": 0.9})
    assert judge.chat.asked[0].logprobs >= 5


def test_a_judge_that_is_not_to_weigh_asks_for_no_odds_and_uses_none() -> None:
    judge = Judge(reply(token("4", _4=0.5, _2=0.4), POINT, token("0", _0=1.0)))
    assert judge.results(judgement()) == [Judged(4.0, 2.8)]
    assert judge.chat.asked[0].logprobs == 0
