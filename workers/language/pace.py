"""How many calls may be under way at once: more while all goes well, half as many when a service complains.

Additive increase, multiplicative decrease, as TCP does it (Chiu and Jain 1989). When the service says for how long it
wants to be left alone, nobody of the worker calls until then.
"""

import threading
import time
from collections.abc import Callable

from schemas.errors import Retry
from workers.language.asking import Busy, Chat, Misconfigured, Question, Reply

LONGEST_WAIT_S = 20.0
"""A pause longer than this is not waited out in a thread: the job is put off."""
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0


class Pace:
    """How many calls one worker has under way; for any number of threads."""

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._clock = most, clock
        self._changed = threading.Condition()
        self._limit = float(most)
        self._under_way = 0
        self._cuts = 0
        self._in_a_row = 0
        self._until = 0.0
        self._why = ""

    @property
    def limit(self) -> int:
        """Most calls at once, just now."""
        return int(self._limit)

    def enter(self) -> int:
        """Wait for this call's turn; gives the ticket to leave with. Raises `Busy` where that would take too long."""
        with self._changed:
            while True:
                ticket, wait_s = self._turn()
                if ticket is not None:
                    return ticket
                self._changed.wait(wait_s)

    def try_enter(self) -> int | None:
        """The ticket if it is this call's turn; raises `Busy` where it will not be for long."""
        with self._changed:
            return self._turn()[0]

    def _turn(self) -> tuple[int | None, float | None]:
        """The ticket, or for how long to wait at most (None: for another call to end)."""
        pause = self._until - self._clock()
        if pause > LONGEST_WAIT_S:
            raise Busy(self._why, pause)
        if pause > 0:
            return None, pause
        if self._under_way >= self.limit:
            return None, None
        self._under_way += 1
        return self._cuts, None

    def answered(self) -> None:
        """The call was answered: one more may be tried after a round of such."""
        with self._changed:
            self._in_a_row = 0
            self._limit = min(float(self._most), self._limit + 1 / self._limit)
            self._leave()

    def left(self) -> None:
        """The call ended in a way that says nothing of how busy the service is."""
        with self._changed:
            self._leave()

    def refused(self, ticket: int, error: Retry) -> None:
        """The service is busy or did not answer in time. Calls that began before the last cut make no further one."""
        with self._changed:
            if ticket == self._cuts:
                self._cuts += 1
                self._limit = max(1.0, self._limit / 2)
                self._in_a_row += 1
                self._pause(error)
            elif isinstance(error, Busy) and error.told:
                self._pause(error)
            self._leave()

    def _pause(self, error: Retry) -> None:
        if not isinstance(error, Busy):
            return
        own = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** min(self._in_a_row - 1, 10))
        until = self._clock() + (error.after_s if error.told else own)
        if until > self._until:
            self._until, self._why = until, str(error)

    def _leave(self) -> None:
        self._under_way -= 1
        self._changed.notify_all()


class Paced:
    """A chat whose calls keep a pace."""

    def __init__(self, chat: Chat, pace: Pace) -> None:
        self._chat, self._pace = chat, pace

    @property
    def model(self) -> str:
        """The model's name with the service."""
        return self._chat.model

    def known(self, timeout_s: float) -> bool | None:
        """Like `Chat.known`."""
        return self._chat.known(timeout_s)

    def ask(self, question: Question, timeout_s: float) -> Reply:
        """Like `Chat.ask`, in its turn."""
        ticket = self._pace.enter()
        try:
            reply = self._chat.ask(question, timeout_s)
        except Misconfigured:
            self._pace.left()
            raise
        except Retry as error:
            self._pace.refused(ticket, error)
            raise
        except BaseException:
            self._pace.left()
            raise
        self._pace.answered()
        return reply

    def close(self) -> None:
        """Give connections back."""
        self._chat.close()
