"""Asking again until a deadline, ever more slowly; one log line when the server is away, one when it is back."""

import logging
import random
import threading
from collections.abc import Callable
from typing import NamedTuple

from infra.s3.wire import Answer, Away
from schemas.errors import UserError
from schemas.ports import Clock

log = logging.getLogger(__name__)

FIRST_S = 0.1
MOST_S = 5.0
AWAY_S = 2.0
"""Seconds in which nothing succeeds before the server counts as away: single faults are no news."""


class Heard(NamedTuple):
    """An answer, and whether an attempt before it failed: that one may have been carried out all the same."""

    answer: Answer
    again: bool


class Patience:
    """Retries of all requests to one server. `wait` sleeps so many seconds; true says to give up at once.

    `failed` is told of each attempt that failed.
    """

    def __init__(
        self, server: str, deadline_s: float, clock: Clock, wait: Callable[[float], bool],
        jitter: Callable[[], float] = random.random, failed: Callable[[], None] = lambda: None,
    ) -> None:  # fmt: skip
        self._told_of = failed
        self._server, self._deadline_s, self._clock, self._wait, self._jitter = server, deadline_s, clock, wait, jitter
        self._lock = threading.Lock()
        self._failing_since: float | None = None
        self._told = False

    def ask(self, what: object, send: Callable[[], Answer], fault: Callable[[Answer], str]) -> Heard:
        """The first answer without a fault; raises `UserError` when none came in time."""
        until, pause, again = self._clock.monotonic() + self._deadline_s, FIRST_S, False
        while True:
            try:
                answer = send()
                why = fault(answer)
            except Away as error:
                why = str(error)
            if not why:
                self._answered()
                return Heard(answer, again)
            self._failed(why)
            again, wait_s = True, pause * (0.5 + self._jitter() / 2)
            if self._clock.monotonic() + wait_s > until:
                raise UserError(
                    f"{self._server} gave no answer to {what} in {self._deadline_s:g} s ({why})",
                    "see that it runs and that NHR_S3 names it, then start again: nothing is lost",
                )
            if self._wait(wait_s):
                raise UserError(f"{self._server} was still away when we stopped ({why})", "start again")
            pause = min(2 * pause, MOST_S)

    def _failed(self, why: str) -> None:
        self._told_of()
        with self._lock:
            now = self._clock.monotonic()
            if self._failing_since is None:
                self._failing_since = now
            if self._told or now - self._failing_since < AWAY_S:
                return
            self._told = True
        log.warning("%s is away (%s): waiting up to %g s for each request", self._server, why, self._deadline_s)

    def _answered(self) -> None:
        if self._failing_since is None:
            return
        with self._lock:
            since, told = self._failing_since, self._told
            self._failing_since, self._told = None, False
        if told and since is not None:
            log.warning("%s is back after %.0f s", self._server, self._clock.monotonic() - since)
