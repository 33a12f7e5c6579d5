"""Questions asked in batches, at half the price and with answers hours later, for plug-ins that know nothing of it.

What is done for a job is done again and again, from its start: a question that was answered meanwhile is answered at
once, one that was not yet ends it with `Pending`, and the job is held until it is worth another look. Questions wait
until there are enough of them for a batch, or the oldest has waited long enough.

Nothing is paid for twice, by this order of steps: the name of a batch and its questions are noted, create-only, before
it is sent; a batch is named by its questions, so one whose sending was cut short is found at the service by its name.
One that is not there some time later was never taken. One that failed, or a question in it that did, is noted as void
and asked in another batch.
"""

import hashlib
import json
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, field
from typing import Any, Literal, Protocol

from schemas.errors import Pending, Reject, Retry
from schemas.ids import digest
from schemas.ports import Billed, Task, Usage
from workers.language.asking import Asker, Busy, Fruitless, Misconfigured, Picture, Question, Reply
from workers.language.notes import Notes

LOOK_S = 120.0
"""Seconds between two looks at a batch, which takes minutes to hours."""
GATHER_S = 30.0
"""Longest wait of a question for others."""
FULL_BYTES = 14_000_000
"""Bytes of questions that fill a batch: Gemini takes 20 MB, in which pictures are a third longer.

https://ai.google.dev/gemini-api/docs/batch-api
"""
LOST_S = 900.0
"""Seconds after which a batch that may have been sent, and is not to be found, was never taken."""

log = logging.getLogger(__name__)

Answer = Reply | Exception


@dataclass(frozen=True)
class Look:
    """What a look at a batch shows: nothing, still at it, failed for a reason, or answers by question."""

    state: Literal["absent", "pending", "failed", "done"]
    answers: Mapping[str, Answer] = field(default_factory=dict)
    reason: str = ""


class Batches(Protocol):
    """A service that takes questions in batches."""

    def send(self, name: str, questions: Mapping[str, Question]) -> None:
        """Send a batch under a name. Raises `Busy`, `Misconfigured` or `Reject` where it was not taken for sure, and
        another `Retry` where nobody knows."""

    def look(self, names: Iterable[str]) -> Mapping[str, Look]:
        """What became of batches; raises `Retry`."""


@dataclass
class _Batch:
    keys: frozenset[str]
    at: float
    looked_at: float = 0.0


@dataclass(frozen=True)
class _Waiting:
    question: Question
    size: int
    since: float


class Batching:
    """The questions of one plug-in; used by one thread. `now` is Unix time, for notes that outlive this process."""

    def __init__(self, service: Batches, notes: Notes, now: Callable[[], float]) -> None:
        self._service, self._notes, self._now = service, notes, now
        self._sent: dict[str, _Batch] = {}
        self._of: dict[str, str] = {}  # the batch of each question that has no answer yet
        self._answers: dict[str, Answer] = {}
        self._waiting: dict[str, _Waiting] = {}

    def each(
        self, tasks: Sequence[Task[Any]], run: Callable[[Task[Any], Asker], Billed], asker: Callable[[], Asker]
    ) -> list[Billed]:
        """Run every task as far as there are answers; those without all of theirs are `Pending`."""
        trouble = self._look()
        letters = [Letter(asker(), self, str(getattr(task.job, "job_id", ""))) for task in tasks]
        found = [self._billed(run(task, letter), letter) for task, letter in zip(tasks, letters, strict=True)]
        trouble = self._send() or trouble
        if trouble is None:
            return found
        return [Billed(trouble, one.usage) if isinstance(one.result, Pending) else one for one in found]

    def _billed(self, billed: Billed, letter: "Letter") -> Billed:
        """Bill a job that has come to its end for all of its answers; one that will run again, for none of them yet."""
        if isinstance(billed.result, Retry):
            return Billed(billed.result, letter.lost)
        for key in letter.used:
            self._answers.pop(key, None)
        return billed

    # --- questions ----------------------------------------------------------------------------------------------------

    def answer(self, key: str, question: Question) -> Answer:
        """The answer to a question, `Pending` where there is none yet; an error that passes is told once."""
        if key in self._answers:
            found = self._answers[key]
            if isinstance(found, Retry):
                del self._answers[key]
            return found
        if key not in self._of and key not in self._waiting:
            if note := self._notes.find(key):
                self._take(note.name, _Batch(note.keys.difference(self._of), note.at))
            else:
                self._waiting[key] = _Waiting(question, _size(question), self._now())
        return Pending("waits in a batch", GATHER_S if key in self._waiting else LOOK_S)

    # --- batches ------------------------------------------------------------------------------------------------------

    def _look(self) -> Retry | None:
        """Read what has come of batches; gives the trouble that the service has."""
        now = self._now()
        due = [name for name, batch in self._sent.items() if now - batch.looked_at >= LOOK_S / 2]
        if not due:
            return None
        try:
            looks = self._service.look(due)
        except Retry as error:
            return error
        for name in due:
            self._seen(name, self._sent[name], looks[name], now)
        return None

    def _seen(self, name: str, batch: _Batch, look: Look, now: float) -> None:
        batch.looked_at = now
        match look.state:
            case "done":
                nothing = Fruitless(f"{name} holds no answer to this question")
                self._end(name, {key: look.answers.get(key, nothing) for key in batch.keys})
            case "failed":
                self._end(name, dict.fromkeys(batch.keys, Retry(f"{name} failed: {look.reason}", LOOK_S)))
            case "absent" if now - batch.at >= LOST_S:
                self._end(name, {})

    def _end(self, name: str, answers: Mapping[str, Answer]) -> None:
        """Take answers in. A question that has none which lasts is void, and asked again when its job is done again."""
        batch = self._sent.pop(name)
        void = [key for key in batch.keys if isinstance(answers.get(key, Retry("")), Retry)]
        if void:
            log.warning("%s: %d of %d questions are to be asked again", name, len(void), len(batch.keys))
            self._notes.void(name, void)
        for key in batch.keys:
            del self._of[key]
        self._answers.update({key: answers[key] for key in batch.keys if key in answers})

    def _send(self) -> Retry | None:
        """Send what fills batches or has waited long enough; gives the trouble that the service has."""
        while chosen := self._chosen():
            try:
                self._dispatch({key: self._waiting.pop(key).question for key in chosen})
            except Retry as error:
                return error
        return None

    def _chosen(self) -> list[str]:
        chosen: list[str] = []
        size = 0
        for key, waiting in self._waiting.items():
            if chosen and size + waiting.size > FULL_BYTES:
                return chosen
            chosen.append(key)
            size += waiting.size
        oldest = min((waiting.since for waiting in self._waiting.values()), default=self._now())
        return chosen if self._now() - oldest >= GATHER_S else []

    def _dispatch(self, questions: Mapping[str, Question]) -> None:
        """Note a batch and send it; where the service will have none of it, find out by halves whose fault that is."""
        note = self._notes.add(frozenset(questions), self._now())
        self._take(note.name, _Batch(note.keys, note.at, note.at))
        try:
            self._service.send(note.name, questions)
        except (Busy, Misconfigured):
            self._end(note.name, {})
            raise
        except Reject as error:
            self._end(note.name, {})
            keys = sorted(questions)
            if len(keys) == 1:
                self._answers[keys[0]] = error
                return
            for half in (keys[: len(keys) // 2], keys[len(keys) // 2 :]):
                self._dispatch({key: questions[key] for key in half})

    def _take(self, name: str, batch: _Batch) -> None:
        self._sent[name] = batch
        self._of.update(dict.fromkeys(batch.keys, name))


class Letter(Asker):
    """One job's talk by letters: what was answered is answered at once, else it ends with `Pending`."""

    def __init__(self, asker: Asker, batching: Batching, job_id: str) -> None:
        super().__init__(asker.chat, asker.timeout_s)
        self._batching, self._job_id = batching, job_id
        self.used: list[str] = []
        self.lost = Usage()

    def ask(self, question: Question) -> Reply:
        """The answer that has come; raises `Pending` where none has."""
        return self.ask_all([question])[0]

    def ask_all(self, questions: Sequence[Question]) -> list[Reply]:
        """The answers that have come; raises `Pending` where one has not, with all of them under way."""
        found = [self._answer(self._varied(question)) for question in questions]
        for usage in (getattr(one, "usage", Usage()) for one in found):
            self._bill(usage)
        errors = [one for one in found if isinstance(one, Exception)]
        if errors:
            raise min(errors, key=lambda error: isinstance(error, Pending))
        return [one for one in found if isinstance(one, Reply)]

    def _answer(self, question: Question) -> Answer:
        key = _key(self._job_id, len(self.used), question)
        self.used.append(key)
        found = self._batching.answer(key, question)
        if isinstance(found, Fruitless):
            self.lost = self.lost.plus(found.usage)
        return found


def _key(job_id: str, number: int, question: Question) -> str:
    """Name of a question: whose it is, which of its job's, and all that it asks."""
    parts = [
        hashlib.sha256(part.data).hexdigest() + part.mime if isinstance(part, Picture) else part
        for part in question.parts
    ]
    asked = [question.system, parts, question.schema, question.max_tokens, question.temperature, question.seed]
    drawn = [astuple(question.drawing)] if question.drawing else []
    return digest(job_id, number, json.dumps([*asked, question.logprobs, *drawn], sort_keys=True))


def _size(question: Question) -> int:
    """Bytes of a question, nearly."""
    return 2000 + sum(len(part.data if isinstance(part, Picture) else part) for part in question.parts)
