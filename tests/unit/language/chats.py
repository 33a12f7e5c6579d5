"""Chats that answer from a script, and a plug-in over one."""

import threading
from collections.abc import Callable, Sequence

from schemas.ports import Info, Usage
from workers.language.asking import Chat, Question, Reply
from workers.language.serving import Served, ServiceOptions

PAID = Usage(10, 2, 0.5)
Say = str | Reply | Exception | Callable[[Question], "Say"]


class Scripted:
    """Says the same things in order, the last one ever after; an exception is raised, a function is asked."""

    model = "fake-1"

    def __init__(self, *says: Say) -> None:
        self._says: Sequence[Say] = says
        self._lock = threading.Lock()
        self.asked: list[Question] = []
        self.timeouts: list[float] = []
        self.closed = 0

    def ask(self, question: Question, timeout_s: float) -> Reply:
        with self._lock:
            say = self._says[min(len(self.asked), len(self._says) - 1)]
            self.asked.append(question)
            self.timeouts.append(timeout_s)
        return reply(say, question)

    def known(self, timeout_s: float) -> bool | None:
        return None

    def close(self) -> None:
        self.closed += 1


def reply(say: Say, question: Question) -> Reply:
    if isinstance(say, Exception):
        raise say
    if isinstance(say, str):
        return Reply(say, PAID, model="fake-1")
    return say if isinstance(say, Reply) else reply(say(question), question)


class Talker(Served[ServiceOptions]):
    """A plug-in whose chat is given."""

    INFO = Info(summary="asks whoever it is given")
    OPTIONS = ServiceOptions

    def __init__(self, chat: Chat, **options: object) -> None:
        super().__init__(ServiceOptions.model_validate({"model": "fake-1", **options}))
        self._given = chat
        self.load()

    def connect(self) -> Chat:
        return self._given
