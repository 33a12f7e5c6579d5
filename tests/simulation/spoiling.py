"""Plug-ins that fail as the faults say, and count what they were asked."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from schemas.errors import Reject, Retry
from schemas.ports import Judged
from tests.simulation.faults import Faults
from workers import odds, roster
from workers.answers import job_id
from workers.plugin import PlugIn

Now = Callable[[], float]


class Spoilt:
    """The plug-in of a kind, spoilt; counts how often each job came to the model, and how often it was answered."""

    def __init__(
        self, plugin: PlugIn[Any], kind: roster.Kind, faults: Faults, now: Now, asked: Counter[str],
        answered: Counter[str],
    ) -> None:  # fmt: skip
        self._plugin, self._kind, self._faults, self._now = plugin, kind, faults, now
        self._asked, self._answered = asked, answered
        self.INFO, self.options = replace(plugin.INFO, dear=True, batch=4), plugin.options
        setattr(self, kind.method, self._answer)

    def load(self) -> None:
        self._plugin.load()

    def _answer(self, tasks: Sequence[Any]) -> list[Any]:
        names = [job_id(self._kind, task.job) for task in tasks]
        self._asked.update(names)
        for name in names:
            if self._lasts("deadly", name, self._faults.lasting.deadly):
                self._faults.die("deadly")
        begin, end = self._faults.outages.get(self._kind.name, (0.0, 0.0))
        if begin <= self._now() < end:
            self._faults.counts["outage"] += 1
            raise Retry("503 Service Unavailable", after_s=0.5)
        if self._faults.glitched.isdisjoint(names) and self._faults.happens("glitch", self._faults.glitch):
            self._faults.glitched.update(names)  # a bug that comes twice for one job is that job's
            raise RuntimeError("made up, once")
        for name in names:
            if self._lasts("bug", name, self._faults.lasting.bug):
                raise KeyError(f"made up, always with {name}")
        results = roster.run(self._kind, self._plugin, tasks)
        given = [self._spoilt(name, result) for name, result in zip(names, results, strict=True)]
        self._answered.update(
            name for name, result in zip(names, given, strict=True) if not isinstance(result, Exception)
        )
        return given

    def _spoilt(self, name: str, result: Any) -> Any:
        if self._faults.happens("flaky", self._faults.flaky):
            return Retry("429 Too Many Requests", after_s=0.2)
        if self._lasts("reject", name, self._faults.lasting.reject):
            return Reject("made up")
        if isinstance(result, Judged) and self._lasts("wrong", name, self._faults.lasting.wrong):
            return Judged(6.0 - result.adherence, 6.0 - result.aesthetics)
        return result

    def _lasts(self, what: str, name: str, share: float) -> bool:
        happens = odds.uniform(what, name) < share
        self._faults.counts[what] += happens
        return happens
