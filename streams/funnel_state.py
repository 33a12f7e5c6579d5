"""A funnel's counters as plain JSON values, and back: what a process notes so that it need not count again."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from streams.funnel import Bars, Funnel, Heard
from streams.tallies import Confusion, Distinct, Histogram, Joint, Lowest, Reasons, Spending, Tally

COUNTS = ("images", "gate_yes", "attempts", "soft", "pixels", "survivors")


def state(funnel: Funnel) -> dict[str, Any]:
    """Everything counted but what was released, which the shelf tells; the names heard of only by their numbers."""
    heard = funnel.heard
    return {
        "counts": {name: getattr(funnel, name) for name in COUNTS},
        "judged": dict(funnel.judged),
        "operations": {name: asdict(tally) for name, tally in funnel.operations.items()},
        "styles": {name: asdict(tally) for name, tally in funnel.styles.items()},
        "adherence": asdict(funnel.adherence),
        "aesthetics": asdict(funnel.aesthetics),
        "both": [[x, y, count] for x, row in enumerate(funnel.both.bins) for y, count in enumerate(row) if count],
        "rejections": _reasons(funnel.rejections),
        "failures": _reasons(funnel.failures),
        "truth": {stage: asdict(seen) for stage, seen in funnel.truth.items()},
        "spending": {stage: asdict(spent) for stage, spent in funnel.spending.items()},
        "heard": [heard.prompts.count, heard.requests.count, heard.won.count],
        "first": [[number, count] for number, count in heard.first.counts.items()],
    }


def restored(
    state: Mapping[str, Any], bars: Bars, policies: Mapping[str, Bars] | None = None, heard: Heard | None = None
) -> Funnel:
    """The funnel whose state that was; `heard` are its names, without which it can be read but not go on exactly."""
    funnel = Funnel(bars, policies, heard=heard or numbers(state))
    for name, count in state["counts"].items():
        setattr(funnel, name, count)
    funnel.judged.update(state["judged"])
    funnel.operations.update({name: Tally(**tally) for name, tally in state["operations"].items()})
    funnel.styles.update({name: Tally(**tally) for name, tally in state["styles"].items()})
    funnel.adherence, funnel.aesthetics = Histogram(**state["adherence"]), Histogram(**state["aesthetics"])
    funnel.both = Joint()
    for x, y, count in state["both"]:
        funnel.both.bins[x][y] = count
    for reasons, told in ((funnel.rejections, state["rejections"]), (funnel.failures, state["failures"])):
        reasons.counts = Counter({(stage, reason): count for stage, reason, count in told})
    funnel.truth.update({stage: Confusion(**seen) for stage, seen in state["truth"].items()})
    funnel.spending.update({stage: Spending(**spent) for stage, spent in state["spending"].items()})
    return funnel


def numbers(state: Mapping[str, Any]) -> Heard:
    """How many names were heard of, without the names."""
    prompts, requests, won = (Distinct(count=count) for count in state["heard"])
    return Heard(prompts, requests, won, Lowest(counts=dict(state["first"])))


def _reasons(reasons: Reasons) -> list[list[object]]:
    return [[stage, reason, count] for (stage, reason), count in reasons.counts.items()]
