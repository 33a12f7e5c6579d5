"""Puts pipelines in trouble, all at once, before one Prometheus; tells which alerts fired, and when they ended."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from infra.services import prometheus
from infra.services.loopback import free_ports
from infra.services.process import Process
from tests.drills import faster
from tests.drills.pipeline import SWITCH

TIMES = 60.0
"""So much faster runs the time of the rules: a minute is a second."""
EVERY_S = 1.0
"""Between scrapes, and between evaluations: long enough for a pipeline to answer on a busy machine."""
CALM_S = 45.0
"""Before the trouble: the acceptance of the day before the last half hour is to be known."""
UNTROUBLED_S = 40.0
"""For how long a pipeline in no trouble is watched beside the others."""
LASTS_S = 150.0
"""Within which alerts fire that are to fire, and end that are to end."""
READY_S = 60.0
LOOK_S = 0.5
MEMORY = "10m"
"""Longer than a drill takes."""


@dataclass(frozen=True)
class Drill:
    """What is done to a pipeline, and the alerts (name, severity) that are to tell of it."""

    name: str
    trouble: str
    expected: frozenset[tuple[str, str]]
    pace_s: float = 0.1
    by: Literal["switch", "signal"] = "switch"


def _drill(
    name: str, trouble: str, *expected: tuple[str, str], pace_s: float = 0.1, by: Literal["switch", "signal"] = "switch"
) -> Drill:
    return Drill(name, trouble, frozenset(expected), pace_s, by)


DRILLS = (
    _drill("nothing", "nothing"),
    _drill("the judge's service is away", "judge_away", ("NhrBreakerOpen", "ticket")),
    _drill("the judge hangs", "judge_hangs", ("NhrStageStalled", "page")),
    _drill("5 % of all messages are poison", "poison", ("NhrDeadLetters", "ticket")),
    _drill("the editor starves", "editor_starves", ("NhrModelStarving", "ticket"), pace_s=0.05),
    _drill("the judge turns harsh", "judge_harsh", ("NhrAcceptanceCollapsed", "page"), pace_s=0.03),
    _drill("the process stops", "nothing", ("NhrTargetDown", "page"), by="signal"),
)  # fmt: skip


@dataclass
class Outcome:
    """What came of a drill: each alert that fired at any time, and the seconds until all did and until none did."""

    drill: Drill
    fired: frozenset[tuple[str, str]] = frozenset()
    fired_s: float | None = None
    ended_s: float | None = None
    said: list[str] = field(default_factory=list)

    @property
    def fine(self) -> bool:
        """Whether exactly the alerts fired that were to, and ended."""
        return (
            self.fired == self.drill.expected and self.ended_s is not None and not any("<" in one for one in self.said)
        )


class Pipeline:
    """A pipeline that runs, in a folder of its own."""

    def __init__(self, folder: Path, drill: Drill, port: int) -> None:
        self.drill, self.address = drill, f"127.0.0.1:{port}"
        self._switch = folder / SWITCH
        self.process = Process(folder, os.getpid())
        self.process.start(
            [sys.executable, "-m", "tests.drills.pipeline", str(folder), str(port), drill.trouble, str(drill.pace_s),
             str(TIMES)]
        )  # fmt: skip

    def trouble(self, on: bool) -> None:
        """Put it in trouble, or lift that."""
        if self.drill.by == "signal":
            self.process.send(signal.SIGSTOP if on else signal.SIGCONT)
        elif on:
            self._switch.touch()
        else:
            self._switch.unlink()


def run(
    folder: Path, drills: Sequence[Drill] = DRILLS, say: Callable[[str], None] = lambda _text: None
) -> list[Outcome]:
    """All of them at once; takes two to three minutes."""
    with _pipelines(folder, drills) as pipelines, _watching(folder, pipelines) as watcher:
        say(f"{len(pipelines)} pipelines, Prometheus at {watcher.url}; calm for {CALM_S:.0f} s")
        _until(lambda: len(watcher.query('up{job="nhr"} == 1')) == len(pipelines), READY_S)
        _until(lambda: bool(_firing(watcher)), CALM_S)
        say("trouble, each until its alerts fire")
        begun = [Course(one) for one in pipelines]
        _until(lambda: sum(course.over(watcher) for course in begun) == len(begun), LASTS_S)
        ever = _ever(watcher)
    for course in begun:
        course.outcome.fired = ever.get(course.outcome.drill.name, frozenset())
    return [course.outcome for course in begun]


class Course:
    """The course of a drill: trouble until what is expected fires, then none until nothing fires any more."""

    def __init__(self, pipeline: Pipeline) -> None:
        self.outcome = Outcome(pipeline.drill)
        self._pipeline, self._since, self._lifted = pipeline, time.monotonic(), False
        pipeline.trouble(True)

    def over(self, watcher: prometheus.Server) -> bool:
        """Go on, as far as that is possible now; says whether it is over."""
        outcome, expected = self.outcome, self._pipeline.drill.expected
        firing = _firing(watcher).get(outcome.drill.name, frozenset())
        passed = time.monotonic() - self._since
        if not self._lifted and (expected <= firing if expected else passed > UNTROUBLED_S):
            outcome.fired_s, outcome.said = passed, _said(watcher, outcome.drill.name)
            self._pipeline.trouble(False)
            self._lifted, self._since = True, time.monotonic()
        elif self._lifted and outcome.ended_s is None and not firing:
            outcome.ended_s = passed
        return outcome.ended_s is not None


@contextmanager
def _pipelines(folder: Path, drills: Sequence[Drill]) -> Iterator[list[Pipeline]]:
    with ExitStack() as ending:
        running = []
        for number, (drill, port) in enumerate(zip(drills, free_ports(len(drills)), strict=True)):
            place = folder / f"pipeline-{number}"
            place.mkdir()
            running.append(Pipeline(place, drill, port))
            ending.callback(running[-1].process.kill)
        yield running


@contextmanager
def _watching(folder: Path, pipelines: Sequence[Pipeline]) -> Iterator[prometheus.Server]:
    rules = folder / "rules"
    rules.mkdir()
    given = prometheus.config(every_s=EVERY_S, rules=faster.written(rules, TIMES))
    given["scrape_configs"][0]["static_configs"] = [
        {"targets": [one.address], "labels": {"role": "mine", "pipeline": one.drill.name}} for one in pipelines
    ]
    with prometheus.running(folder / "prometheus", given) as server:
        yield server


def _firing(watcher: prometheus.Server) -> dict[str, frozenset[tuple[str, str]]]:
    """The alerts that fire now, by pipeline."""
    return _by_pipeline(watcher, 'ALERTS{alertstate="firing"}')


def _ever(watcher: prometheus.Server) -> dict[str, frozenset[tuple[str, str]]]:
    """Those that fired at any time."""
    return _by_pipeline(watcher, f'max_over_time(ALERTS{{alertstate="firing"}}[{MEMORY}])')


def _by_pipeline(watcher: prometheus.Server, expression: str) -> dict[str, frozenset[tuple[str, str]]]:
    found: dict[str, set[tuple[str, str]]] = {}
    for sample in watcher.query(expression):
        labels = sample.labels
        found.setdefault(labels.get("pipeline", ""), set()).add((labels["alertname"], labels["severity"]))
    return {name: frozenset(alerts) for name, alerts in found.items()}


def _said(watcher: prometheus.Server, pipeline: str) -> list[str]:
    """What the alerts of a pipeline say."""
    alerts = watcher.get("/api/v1/alerts")["alerts"]
    return sorted(
        one["annotations"]["description"]
        for one in alerts
        if one["state"] == "firing" and one["labels"].get("pipeline") == pipeline
    )


def _until(what: Callable[[], bool], within_s: float) -> None:
    """Wait until it is so, or until the time is up."""
    end = time.monotonic() + within_s
    while not what() and time.monotonic() < end:
        time.sleep(LOOK_S)
