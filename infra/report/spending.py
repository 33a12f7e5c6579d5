"""What the stages took: time, tokens and dollars, for each answer and each released triplet."""

from collections.abc import Mapping
from dataclasses import dataclass

from infra.report.texts import amount, count, elapsed
from streams.funnel import Funnel
from streams.tallies import Spending, ratio


@dataclass(frozen=True, slots=True)
class Spent:
    """What a stage took: `bar` is its share of all seconds, in percent."""

    stage: str
    answers: str
    each: str
    time: str
    bar: float
    a_triplet: str
    tokens: str
    dollars: str
    dollars_a_triplet: str


def by_stage(funnel: Funnel, titles: Mapping[str, str]) -> list[Spent]:
    """A row for each stage in the order of `titles`, then all of them together; empty when nothing was recorded."""
    order = list(titles)
    stages = sorted(funnel.spending, key=lambda stage: (order.index(stage) if stage in order else len(order), stage))
    every = Spending()
    for spent in funnel.spending.values():
        every.answers += spent.answers
        every.seconds += spent.seconds
        every.tokens_in += spent.tokens_in
        every.tokens_out += spent.tokens_out
        every.cost_usd += spent.cost_usd
    rows = [(titles.get(stage, stage), funnel.spending[stage]) for stage in stages]
    if len(rows) > 1:
        rows.append(("All", every))
    return [_row(title, spent, every.seconds, funnel.released) for title, spent in rows]


def _row(title: str, spent: Spending, all_seconds: float, released: int) -> Spent:
    tokens = spent.tokens_in + spent.tokens_out
    return Spent(
        stage=title,
        answers=count(spent.answers),
        each=elapsed(ratio(spent.seconds, spent.answers)),
        time=elapsed(spent.seconds),
        bar=round(100 * (ratio(spent.seconds, all_seconds) or 0.0), 2),
        a_triplet=elapsed(ratio(spent.seconds, released)),
        tokens=count(tokens) if tokens else "–",
        dollars=f"{spent.cost_usd:,.2f}" if spent.cost_usd else "–",
        dollars_a_triplet=amount(ratio(spent.cost_usd, released)),
    )
