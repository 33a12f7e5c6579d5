"""The strict judge on a vision model: two scores in the paper's format, read strictly, from one pass or several."""

import json
from collections.abc import Sequence
from dataclasses import replace
from statistics import fmean, pstdev
from typing import Annotated, Literal, NamedTuple, TypeVar

from pydantic import Field

from schemas.messages import JudgeJob
from schemas.ports import Billed, Image, Judged, Task
from workers.language.asking import Asker, Question, Reply
from workers.language.marks import ADHERENCE, AESTHETICS, LEAST, MOST, PRESERVATION, REASON, reason, score, seed
from workers.language.serving import Served, ServiceOptions, readable_json
from workers.language.showing import shown
from workers.language.weighing import weighed
from workers.language.wording import Wording, operations, quoted, revision, rubric, wording

REVISION = revision("judge", "rubrics")
"""Of what judges are asked; a part of every recipe."""
ALTERNATIVES = 10
"""How many alternatives to a digit are asked for: the ten digits; some services tell no more than 20."""
NAMES = {ADHERENCE: "adherence", AESTHETICS: "aesthetics", PRESERVATION: "preservation"}


class JudgingOptions(ServiceOptions):
    """How the judge is asked.

    `passes`: the scores are the mean of so many askings with different seeds, at temperature `variety` if there are
    several, else at `temperature`. `weighted`: scores are weighted by the odds of their digits, where the server tells
    them. `reason`: asked for before the scores (helps models that were not tuned to judge), after them, or not at all,
    as in the paper. `preservation`: a third score for what the edit should have left alone. `side`: pixels of the
    longest side shown. `tokens`: room for an answer, thoughts included.
    """

    passes: Annotated[int, Field(ge=1, le=8)] = 1
    temperature: Annotated[float, Field(ge=0, le=2)] = 0.0
    variety: Annotated[float, Field(ge=0, le=2)] = 0.7
    weighted: bool = False
    reason: Literal["none", "before", "after"] = "none"
    preservation: bool = False
    side: Annotated[int, Field(ge=64, le=4096)] = 1024
    tokens: Annotated[int, Field(ge=16, le=65536)] = 4096


JudgingT = TypeVar("JudgingT", bound=JudgingOptions)


class Reading(NamedTuple):
    """What one pass said: scores by their names, how sure the model was of their digits, and why."""

    scores: dict[str, float]
    masses: dict[str, float]
    why: str = ""


class VlmJudge(Served[JudgingT]):
    """Judges any (before, instruction, after) by eye: forward, inverse and composite triplets alike.

    Besides the scores it tells `judge.passes`, the standard deviation over the passes (`judge.adherence_spread`, ...)
    and the probability that lay on scores where they are weighted (`judge.adherence_mass`, ...).
    """

    def judge(self, tasks: Sequence[Task[JudgeJob]]) -> list[Billed]:
        """Scores for each (before, after), or what kept the model from giving them."""
        read: dict[int, list[Reading]] = {}  # a pass that was read is not paid for again when a later one was not

        def do(task: Task[JudgeJob], asker: Asker) -> Judged:
            return self._judged(task, asker, read.setdefault(id(task), []))

        return self.each(tasks, do)

    def _judged(self, task: Task[JudgeJob], asker: Asker, readings: list[Reading]) -> Judged:
        first = question(task.job, task.images, self.options)
        while len(readings) < self.options.passes:
            asked = replace(first, seed=(first.seed or 0) + len(readings))
            readings.append(_reading(asker.ask(asked), fields(self.options), self.options.weighted))
        return mean(readings)


def fields(asked: JudgingOptions) -> tuple[str, ...]:
    """The answer's fields in the order in which a model is to think of them."""
    before, after = (REASON,) * (asked.reason == "before"), (REASON,) * (asked.reason == "after")
    return (*before, ADHERENCE, AESTHETICS, *(PRESERVATION,) * asked.preservation, *after)


def question(job: JudgeJob, images: Sequence[Image], asked: JudgingOptions) -> Question:
    """What a judge with these options is asked of a job, whose `images` are (before, after)."""
    words = wording("judge")
    parts = {
        "preservation": _line(words, "preservation", asked.preservation),
        "reason": _line(words, f"reason_{asked.reason}", asked.reason != "none"),
        "example": words.example(fields(asked)),
    }
    before, after = shown(images, asked.side)
    ask = words.said("ask", instruction=quoted(job.instruction), rubric=rubric(*operations(job)))
    return Question(
        system=words.said("system", **parts),
        parts=("Before the edit:", before, "After the edit:", after, ask),
        schema=words.schema(fields(asked)),
        max_tokens=asked.tokens,
        temperature=asked.variety if asked.passes > 1 else asked.temperature,
        seed=seed(job.job_id),
        logprobs=ALTERNATIVES * asked.weighted,
    )


def answer(asked: JudgingOptions, adherence: float, aesthetics: float, why: str = "") -> str:
    """What a model says that answers `question` just as asked: scores with one decimal, and no preservation."""
    said = {ADHERENCE: round(adherence, 1), AESTHETICS: round(aesthetics, 1), REASON: why}
    return json.dumps({name: said[name] for name in fields(asked)}, ensure_ascii=False)


def _line(words: Wording, name: str, wanted: bool) -> str:
    return f"{words.said(name)}\n" if wanted else ""


def _reading(reply: Reply, wanted: Sequence[str], by_odds: bool) -> Reading:
    """What the answer says; raises `Unreadable` unless it says all that was asked."""
    said = readable_json(reply)
    scores, masses = {}, {}
    for name in (field for field in wanted if field != REASON):
        scores[name] = score(said, name)
        found = weighed(reply, name) if by_odds else None
        if found is not None:
            scores[name], masses[name] = found
    return Reading(scores, masses, reason(said) if REASON in wanted else "")


def mean(readings: Sequence[Reading]) -> Judged:
    """The mean of the passes; the reason of the one that is nearest to it."""
    scores = {name: fmean(one.scores[name] for one in readings) for name in readings[0].scores}
    measures: dict[str, float] = {}
    for name, short in NAMES.items():
        if len(readings) > 1 and name in scores:
            measures[f"judge.{short}_spread"] = pstdev(one.scores[name] for one in readings)
        if masses := [one.masses[name] for one in readings if name in one.masses]:
            measures[f"judge.{short}_mass"] = fmean(masses)
    if len(readings) > 1:
        measures["judge.passes"] = float(len(readings))
    nearest = min(readings, key=lambda one: sum(abs(one.scores[name] - scores[name]) for name in scores))
    return Judged(
        adherence=_in_range(scores[ADHERENCE]), aesthetics=_in_range(scores[AESTHETICS]),
        preservation=_in_range(scores[PRESERVATION]) if PRESERVATION in scores else None,
        reason=nearest.why, measures=measures,
    )  # fmt: skip


def _in_range(value: float) -> float:
    """A mean of numbers from 1 to 5, whose last bit may lie outside, to six digits: odds differ in the last ones."""
    return min(MOST, max(LEAST, round(value, 6)))
