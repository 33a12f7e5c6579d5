"""Processes that share an S3 server, one request at a time in a seeded order, with lost, late and missing requests."""

import random
import threading
from collections.abc import Callable
from typing import Literal

from infra.s3.wire import Answer, Away, Request
from tests.unit.s3.fake import SETTINGS, FakeS3

Fate = Literal["done", "answer lost", "never arrives", "arrives late", "process dies"]
FATES: tuple[Fate, ...] = ("done", "answer lost", "never arrives", "arrives late", "process dies")
LIKELY = (80, 6, 5, 6, 3)
STUCK_S = 10.0


class Killed(BaseException):
    """A process ended at once."""


class Process:
    """A thread whose every request waits for its fate."""

    def __init__(self, server: FakeS3, work: Callable[["Process"], None], late: list[Request]) -> None:
        self.server, self._late = server, late
        self.request: Request | None = None
        self._fate: Fate = "done"
        self._go, self.parked = threading.Semaphore(0), threading.Semaphore(0)
        self.done, self.error = False, list[BaseException]()
        self._thread = threading.Thread(target=self._run, args=(work,), daemon=True)
        self._thread.start()

    def send(self, request: Request, timeout_s: float) -> Answer:
        self.request = request
        self.parked.release()
        assert self._go.acquire(timeout=STUCK_S)
        self.request = None
        if self._fate == "process dies":
            raise Killed
        if self._fate == "arrives late":
            self._late.append(request)
        if self._fate in {"arrives late", "never arrives"}:
            raise Away("reset")
        answer = self.server.serve(request)
        if self._fate == "answer lost":
            raise Away("reset")
        return answer

    def close(self) -> None:
        pass

    def step(self, fate: Fate) -> None:
        """Let the request that waits meet its fate; returns when the next one waits, or the process has ended."""
        self._fate = fate
        self._go.release()
        self.settle()

    def settle(self) -> None:
        assert self.parked.acquire(timeout=STUCK_S)

    def _run(self, work: Callable[["Process"], None]) -> None:
        try:
            work(self)
        except Killed:
            pass
        except BaseException as error:
            self.error.append(error)
        finally:
            self.done = True
            self.parked.release()


def play(rng: random.Random, server: FakeS3, works: list[Callable[[Process], None]], check: Callable[[], None]) -> None:
    """Run all to their ends in a random order; `check` is called after every request. What is late arrives somewhen."""
    late: list[Request] = []
    processes = [Process(server, work, late) for work in works]
    for process in processes:
        process.settle()
    while True:
        waiting = [process for process in processes if not process.done]
        if not waiting and not late:
            break
        if late and (not waiting or rng.random() < 0.2):
            server.serve(late.pop(rng.randrange(len(late))))
        else:
            rng.choice(waiting).step(rng.choices(FATES, LIKELY)[0])
        check()
    for process in processes:
        if process.error:
            raise process.error[0]


__all__ = ["SETTINGS", "Process", "play"]
