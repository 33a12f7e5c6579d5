"""What to do with jobs that found no answer: ask them later, wait for a service to come back, or give a job up.

A job that a service puts off (`Retry`) is held and asked again. It is given up only if that is its own fault: if a job
like the others would hardly be put off so often while they are answered. When nothing is answered, the service is away:
the breaker opens, and one job at a time is tried until one is answered. An outage, however long, ends no job.

A job that a service has taken and works at (`Pending`) is held, too, and says that the service is there. Many such may
be held at once.

A job that brings out a bug is held until a later one succeeds, which clears the plug-in; then it is asked once more,
alone, and fails if the bug comes again. Where there is no other job to compare it with, it is asked alone a few times.
Several jobs in a row blow the fuse.
"""

import math
from collections.abc import Sequence
from typing import Literal

from infra.runtime.item import Item
from schemas.errors import NhrError, Pending, Reject, Retry
from schemas.ports import Clock

OPEN_AFTER = 3
"""Refusals in a row, with nothing answered between, that open the breaker."""
FUSE = 5
"""Jobs in a row that bring out a bug and stop the worker."""
LONGEST_PAUSE_S = 60.0
SHORTEST_PAUSE_S = 0.05
HELD_BATCHES = 4
"""Batches of held jobs, at least as many as blow the fuse, beyond which nothing new is taken."""
PENDING_BATCHES = 32
"""Batches of jobs that services work at, beyond which nothing new is taken."""
PROBES = 8
"""Different jobs tried while a service is away before the same are tried again."""
LEAST_REFUSALS = 3
UNLIKELY = math.log(1e-9)
"""How hardly a sound job would be refused so often (log probability)."""
LONE_TRIES = 3
"""How often a job that brings out a bug is tried where no other succeeds."""


class FuseBlown(NhrError):
    """A plug-in failed several jobs in a row: the fault is hardly theirs. Those in hand are not answered."""


class Patience:
    """Holds the jobs of one worker that found no answer; `name` is the worker's, for messages."""

    def __init__(self, name: str, batch: int, clock: Clock) -> None:
        self._name, self._full, self._clock = name, batch, clock
        self._held: list[Item] = []
        self._answered = 0
        self._succeeded = 0
        self._refused = 0
        self._in_a_row = 0
        self._bugs_in_a_row = 0
        self._pause_s = 0.0
        self._probe_s = 0.0
        self.away_since: float | None = None
        self.blown: FuseBlown | None = None
        self.reason = ""
        self.pending = 0
        self.batch = batch
        self.due_s: float | None = None

    # --- choosing -----------------------------------------------------------------------------------------------------

    def next(self, fresh: list[Item]) -> list[Item]:
        """The jobs to ask now, out of `fresh` and those held; empty when nothing is to be asked just now.

        Takes them out of `fresh`; while a service is away, one at a time is tried and the rest is held.
        """
        if self.blown is not None:
            return []
        now = self._clock.monotonic()
        if self.away_since is not None:
            self._held += fresh
            fresh.clear()
            if now < self._probe_s or not self._held:
                return []
            return [self._taken(min(self._held, key=lambda item: (item.tries, item.last_at)))]
        due = [item for item in self._held if item.due_s <= now]
        lone = next((item for item in (*fresh, *due) if item.deaths or item.failed), None)
        if lone is not None:
            if lone in fresh:
                fresh.remove(lone)
                return [lone]
            return [self._taken(lone)]
        ready = (fresh + due)[: self._full]
        del fresh[: len(ready)]
        for item in due:
            if item in ready:
                self._held.remove(item)
        return ready

    def hold(self, items: Sequence[Item]) -> None:
        """Keep jobs for the next turn."""
        self._held += items

    def _taken(self, item: Item) -> Item:
        self._held.remove(item)
        return item

    # --- learning -----------------------------------------------------------------------------------------------------

    def learn(self, asked: Sequence[Item]) -> list[Item]:
        """Take in what became of jobs; gives those that are ended, with an answer or without. May set `blown`."""
        if self.away_since is not None:
            self._pause_s = min(LONGEST_PAUSE_S, 2 * self._pause_s)
        ended: list[Item] = []
        fate: Literal["held", "ended"]
        for item in asked:
            match item.outcome:
                case Pending():
                    fate = self._under_way(item, item.outcome)
                case Retry():
                    fate = self._put_off(item, item.outcome)
                case Reject():
                    fate = self._reached()
                case Exception():
                    fate = self._failed(item, item.outcome)
                case _:
                    fate = self._reached()
                    self._cleared()
            if fate == "held":
                self._held.append(item)
            else:
                ended.append(item)
        return ended

    def rest(self) -> None:
        """Work out how many are pending, how many are wanted, and when the next turn is due; called after each step."""
        self.pending = sum(isinstance(item.outcome, Pending) for item in self._held)
        if self.blown is not None:
            self.batch, self.due_s = 0, self._clock.monotonic()
        elif self.away_since is not None:
            tried = all(item.tries for item in self._held)
            self.batch = int(tried and len(self._held) < PROBES)
            self.due_s = self._probe_s if self._held else None
        else:
            room = len(self._held) - self.pending < max(HELD_BATCHES * self._full, FUSE)
            self.batch = self._full if room and self.pending < PENDING_BATCHES * self._full else 0
            self.due_s = min((item.due_s for item in self._held), default=None)

    def _put_off(self, item: Item, error: Retry) -> Literal["held", "ended"]:
        self._refused += 1
        self._in_a_row += 1
        if not item.refused:
            item.answered_before, item.refused_before = self._answered, self._refused
            item.refused = 1
        elif self._answered > item.answered_since:  # refusals while nobody is answered say nothing of this job
            item.refused += 1
        item.answered_since = self._answered
        if self._hopeless(item):
            return "ended"
        now = self._clock.monotonic()
        backoff = min(LONGEST_PAUSE_S, SHORTEST_PAUSE_S * 2.0 ** min(item.tries, 16))
        item.due_s = now + max(error.after_s, backoff)
        if self.away_since is None and self._in_a_row >= OPEN_AFTER:
            self.away_since, self._pause_s = now, 2 * SHORTEST_PAUSE_S
        if self.away_since is not None:
            self._probe_s = now + max(error.after_s, self._pause_s)
            self.reason = str(error)
        return "held"

    def _under_way(self, item: Item, error: Pending) -> Literal["held"]:
        self._there()
        item.due_s = self._clock.monotonic() + error.after_s
        return "held"

    def _hopeless(self, item: Item) -> bool:
        """Whether a sound job would hardly have been refused so often, given how the others fared meanwhile."""
        answered = self._answered - item.answered_before
        others = answered + max(0, self._refused - item.refused_before - item.refused + 1)
        if not answered or item.refused < LEAST_REFUSALS:
            return False
        return item.refused * math.log1p(-answered / (others + 1)) <= UNLIKELY

    def _reached(self) -> Literal["ended"]:
        self._answered += 1
        self._there()
        return "ended"

    def _there(self) -> None:
        """The service is there: what was put off may be asked at once."""
        self._in_a_row = 0
        if self.away_since is not None:
            self.away_since, self.reason = None, ""
            for item in self._held:
                item.due_s = min(item.due_s, self._clock.monotonic())

    def _failed(self, item: Item, error: Exception) -> Literal["held", "ended"]:
        item.failed += 1
        if item.failed == 1:
            self._bugs_in_a_row += 1
        if self._bugs_in_a_row >= FUSE:
            what = f"{self._name} failed {FUSE} jobs in a row"
            why = f"{type(error).__name__}: {error}"
            self.blown = FuseBlown(f"{what} ({why}); nothing is lost: mend it and run again")
            self.blown.__cause__ = error
            return "held"
        if item.failed >= LONE_TRIES or (item.failed > 1 and self._succeeded > item.succeeded_before):
            return "ended"
        item.succeeded_before = self._succeeded
        item.due_s = self._clock.monotonic() + SHORTEST_PAUSE_S * 4.0**item.failed
        if self.away_since is not None:
            self._probe_s = item.due_s
        return "held"

    def _cleared(self) -> None:
        """The plug-in works: jobs that brought out a bug get their last chance now."""
        self._succeeded += 1
        self._bugs_in_a_row = 0
        now = self._clock.monotonic()
        for item in self._held:
            if item.failed:
                item.due_s = min(item.due_s, now)
