"""Sets the gauges of what is true of the whole pipeline: the same ones from a cluster and from a data folder."""

import math
from collections.abc import Mapping, Sequence, Set
from typing import NamedTuple, get_args

from infra.metrics import Metrics
from infra.runtime.control import STAGES
from schemas import metrics
from schemas.ids import Stage
from streams.rates import MAKERS, WINDOWS, Rates

UNJUDGED = MAKERS | {"text"}
"""Stages of the rates that accept whatever comes: a share of it would tell nothing."""


class Behind(NamedTuple):
    """How far a consumer group is: messages not done and done, seconds since the oldest of the former was published.

    `kept_s` is for how long what it reads is kept.
    """

    group: str
    waiting: int
    oldest_s: float
    done: int
    kept_s: float = math.inf


class Canary(NamedTuple):
    """A judge, whether it drifted on the latest day of its canary, and when that day began (Unix seconds)."""

    model: str
    drifted: bool
    at: float


def tell_groups(meters: Metrics, groups: Sequence[Behind]) -> None:
    """Lag, and what is done."""
    meters.replace(metrics.LAG, {(one.group,): one.waiting for one in groups})
    meters.replace(metrics.LAG_SECONDS, {(one.group,): one.oldest_s for one in groups})
    meters.replace(metrics.DONE, {(one.group,): one.done for one in groups})
    meters.replace(metrics.RETENTION, {(one.group,): one.kept_s for one in groups})


def tell_paused(meters: Metrics, paused: Set[str]) -> None:
    """What somebody paused."""
    meters.replace(metrics.PAUSED, {(stage,): float(stage in paused) for stage in STAGES})


def tell_ledgers(meters: Metrics, opened: int, oldest_s: float) -> None:
    """Open ledgers; `oldest_s` is 0 where there are none."""
    meters.set(metrics.LEDGERS, value=opened)
    meters.set(metrics.OLDEST, value=max(0.0, oldest_s))


def tell_parked(meters: Metrics, parked: Mapping[str, int]) -> None:
    """Requests that failures hold up, by the stage that failed."""
    meters.replace(metrics.PARKED, {(stage,): parked.get(stage, 0) for stage in get_args(Stage)})


def tell_spending(meters: Metrics, spent_usd: float, limit_usd: float) -> None:
    """What today has cost, and what it may."""
    meters.set(metrics.SPENT, value=spent_usd)
    meters.set(metrics.LIMIT, value=limit_usd)


def tell_windows(meters: Metrics, told: Rates, triplets: Mapping[str, int]) -> None:
    """What was accepted and what a triplet cost; `triplets` are those of each window."""
    counts = {(window.name, *row): count for window in WINDOWS for row, count in told.window(window.name).items()}
    meters.replace(metrics.SEEN, {labels: count.seen for labels, count in counts.items()})
    meters.replace(
        metrics.ACCEPTANCE,
        {
            labels: count.accepted / count.seen
            for labels, count in counts.items()
            if count.seen and labels[1] not in UNJUDGED
        },
    )
    meters.replace(metrics.PRICE, {(name,): told.usd(name) / made for name, made in triplets.items() if made})


def tell_canaries(meters: Metrics, canaries: Sequence[Canary]) -> None:
    """How the judges' canaries are."""
    meters.replace(metrics.DRIFTED, {(one.model,): float(one.drifted) for one in canaries})
    meters.replace(metrics.CANARY_AT, {(one.model,): one.at for one in canaries})
