"""Which jobs a process has in hand, noted where the next process finds it: so that a job which kills is found out.

A process that dies (segmentation fault, out of memory) can say nothing. Whoever comes after it finds the note, and runs
each job named there alone, with nothing else of this process in hand; who dies alone is known.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import msgpack
from pydantic import TypeAdapter

from schemas import formats
from schemas.errors import Fatal, UserError
from schemas.ports import Change, Ledgers

FORMAT = 1
_NOTE = TypeAdapter(tuple[dict[str, int], list[str], str])
DEADLY = 3
"""Deaths of a process with a job in hand, all but the first with that job alone, that make its failure."""


class InHand:
    """The note of one process, by `name` among the `notes`; safe for many threads.

    `died`: whether the process before this one may have died of its work (`infra.runtime.autopsy`); who was killed by
    somebody else leaves no suspects.
    """

    def __init__(self, notes: Ledgers, name: str = "/in-hand", died: bool = True) -> None:
        self._notes, self._name = notes, name
        self._turn = threading.Condition()  # re-entrant: `alone` forgets while it holds it
        self._together: list[Sequence[str]] = []
        self._alone = ""
        self._waiting = 0
        self._doomed = False
        self._deaths, held, alone = self._read()
        if held or alone:
            for job_id in ({alone} if alone else set(held)) if died else ():  # copies of a job die once
                self._deaths[job_id] = self._deaths.get(job_id, 0) + 1
            self._write()

    def deaths(self, job_id: str) -> int:
        """How many processes died with the job in hand."""
        return self._deaths.get(job_id, 0)

    @contextmanager
    def together(self, job_ids: Sequence[str], wait: bool = True) -> Iterator[bool]:
        """Hold these jobs, beside those that other threads hold; while a job runs alone, wait or else give False."""
        with self._turn:
            free = self._turn.wait_for(lambda: not self._alone and not self._waiting, None if wait else 0.0)
            if free:
                self._together.append(job_ids)
        if not free:
            yield False
            return
        try:
            self.save()
            with self._doom():
                yield True
        finally:
            with self._turn:
                self._together.remove(job_ids)
                self._turn.notify_all()

    @contextmanager
    def alone(self, job_id: str) -> Iterator[None]:
        """Hold this job and nothing else in this process; afterwards it is cleared of all suspicion."""
        with self._turn:
            self._waiting += 1
            self._turn.wait_for(lambda: not self._alone and not self._together)
            self._waiting -= 1
            self._alone = job_id
        try:
            self.save()
            with self._doom():
                yield
        finally:
            with self._turn:
                self._alone = ""
                self._turn.notify_all()
            self.forget(job_id)

    @contextmanager
    def _doom(self) -> Iterator[None]:
        """Around work: after a `Fatal` error the note stays as it is, for the process that comes next."""
        try:
            yield
        except Fatal:
            self._doomed = True
            raise

    def forget(self, job_id: str) -> None:
        """The job ran, or was given up."""
        with self._turn:
            if self._deaths.pop(job_id, None) is not None:
                self._write()

    def clear(self) -> None:
        """Nothing is queued any more: forget everything."""
        self._deaths.clear()
        self.save()

    def save(self) -> None:
        """Note what is in hand now; what was let go is otherwise noted with what is taken next."""
        with self._turn:
            self._write()

    def _read(self) -> tuple[dict[str, int], list[str], str]:
        saved = self._notes.load([self._name]).get(self._name)
        self._version = saved.version if saved else 0
        if saved is None:
            return {}, [], ""
        with formats.readable("the note of jobs in hand is damaged", formats.DATABASE_HINT):
            note = msgpack.unpackb(saved.data)
            formats.check("the note of jobs in hand", note, FORMAT)
            return _NOTE.validate_python((note["deaths"], note["held"], note["alone"]))

    def _write(self) -> None:
        if self._doomed:
            return
        held = [job_id for job_ids in self._together for job_id in job_ids]
        data = msgpack.packb({"format": FORMAT, "deaths": self._deaths, "held": held, "alone": self._alone})
        if self._notes.save([Change(self._name, data, self._version)]):
            raise UserError(f"another process keeps the note {self._name}", "stop it first, or give it another name")
        self._version += 1
