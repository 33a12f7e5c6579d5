"""What happens to a pipeline and when one looks at it; troubles that several cases share."""

from dataclasses import dataclass

from tests.deploy.prometheus.pipelines import (
    always,
    counted,
    grows,
    healthy,
    merged,
    queue,
    then,
    words,
)
from tests.deploy.prometheus.rulebook import Firing, Series

H = 60
"""Minutes."""


@dataclass(frozen=True)
class Case:
    """Series, the minute at which one looks, and all alerts that fire then."""

    name: str
    series: Series
    after: int
    firing: tuple[Firing, ...] = ()


def fires(name: str, series: Series, after: int, alert: str, severity: str, says: str, **labels: str) -> Case:
    """A case in which one alert fires."""
    kept = {"job": "nhr", **{label: value for label, value in labels.items() if value}}
    return Case(name, merged(healthy(), series), after, (Firing(alert, severity, kept, says),))


def quiet(name: str, series: Series, after: int) -> Case:
    """A case in which none does."""
    return Case(name, merged(healthy(), series), after)


STUCK = queue("editor", waiting=always(40), oldest=grows(60), done=then((grows(60), 120), (always(7140), 400)))
"""The editor stops after two hours."""
BROKEN = {counted("nhr_breakers_open", "judge"): then((always(0), 120), (always(1), 400))}
JUDGE_STUCK = queue("judge", waiting=always(40), oldest=grows(60), done=then((grows(60), 120), (always(7140), 400)))
HARSH = words("judge", then((grows(18), 2 * H), (grows(1, 2160), 200)), grows(40))
STARVED = merged(
    {
        counted("nhr_step_busy_seconds_total", "editor"): then((grows(54), 120), (grows(3, 6500), 400)),
        counted("nhr_step_starved_seconds_total", "editor"): then((grows(6), 120), (grows(57, 720), 400)),
    },
    queue(
        "editor", waiting=then((always(5), 120), (always(90), 400)), oldest=then((always(3), 120), (always(700), 400))
    ),
)
