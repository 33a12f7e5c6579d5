"""What a language model is asked and what it says, whoever serves it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, Protocol

from schemas.errors import Reject, Retry
from schemas.ports import Usage

SEED_STEP = 1_000_003
"""Between the seeds of two attempts: far from seeds that a plug-in counts up itself."""
WARMTH = 0.2
"""The least temperature of an attempt after the first: at 0 another seed changes nothing."""
PATIENCE = 3
"""How often a busy service is asked again when a job's earlier answers are at stake."""


class Picture(NamedTuple):
    """A picture as a file to be sent."""

    data: bytes
    mime: str = "image/jpeg"


@dataclass(frozen=True)
class Drawing:
    """A picture is wanted for an answer: its shape and size in the service's own words ("": as it likes)."""

    aspect: str = ""
    size: str = ""


@dataclass(frozen=True)
class Question:
    """One call: instructions, then words and pictures in the order they are shown.

    `schema` is the JSON schema of the answer (None: free text). `logprobs` asks for so many alternatives to each token
    of the answer, where the server can tell them. `seed` is best effort everywhere. `drawing` asks for a picture, to
    which `schema`, `max_tokens`, `temperature` and `logprobs` do not apply.
    """

    system: str
    parts: Sequence[str | Picture]
    schema: Mapping[str, Any] | None = None
    max_tokens: int = 512
    temperature: float = 0.0
    seed: int | None = None
    logprobs: int = 0
    drawing: Drawing | None = None


class Token(NamedTuple):
    """A token of an answer with what else could have stood there: natural log probabilities by text."""

    text: str
    alternatives: Mapping[str, float]


@dataclass(frozen=True)
class Reply:
    """What the model said, and drew. `cut`: it ran out of `max_tokens`. `tokens` is empty where no odds are told."""

    text: str
    usage: Usage = field(default_factory=Usage)
    cut: bool = False
    tokens: Sequence[Token] = ()
    model: str = ""
    pictures: Sequence[Picture] = ()


class Blocked(Reject):
    """The service would not answer (safety, recitation, refusal): its own reason, never a low score."""

    def __init__(self, reason: str, usage: Usage | None = None) -> None:
        super().__init__(reason)
        self.usage = usage or Usage()


class Busy(Retry):
    """The service wants less to be asked of it: a quota, too much at once. `told`: it said itself for how long."""

    def __init__(self, reason: str, after_s: float | None = None) -> None:
        super().__init__(reason, 1.0 if after_s is None else after_s)
        self.told = after_s is not None


class Misconfigured(Retry):
    """No job is to blame and no waiting helps: a wrong key, an unknown model, an option that the model does not take.

    Somebody has to set it right; until then the service counts as away, with this reason.
    """

    def __init__(self, reason: str, after_s: float = 30.0) -> None:
        super().__init__(reason, after_s)


class Fruitless(Retry):
    """The service answered, and may charge for it, but there is nothing in the answer."""

    def __init__(self, reason: str, usage: Usage | None = None) -> None:
        super().__init__(reason)
        self.usage = usage or Usage()


class Unreadable(Exception):
    """An answer that is not what was asked for: cut short, no JSON, missing or out of range. Worth asking again.

    `usage` is given where it was found out before the answer was billed.
    """

    def __init__(self, reason: str, usage: Usage | None = None) -> None:
        super().__init__(reason)
        self.usage = usage or Usage()


class Chat(Protocol):
    """A connection to a served model, for any number of threads.

    `ask` raises `Retry` for whatever passes by itself (quota, outage, timeout, a broken answer on the wire), `Blocked`
    for what the service refuses, `Reject` for a request that can never be served. It does not retry by itself.
    """

    @property
    def model(self) -> str:
        """The model's name with the service."""

    def ask(self, question: Question, timeout_s: float) -> Reply:
        """The model's answer, whole, within `timeout_s` seconds in all."""

    def known(self, timeout_s: float) -> bool | None:
        """Whether the service knows the model; None where it does not say. Costs nothing; raises what `ask` does."""

    def close(self) -> None:
        """Give connections back."""


@dataclass
class Asker:
    """One job's talk with the model; `usage` adds up, also when it ends in an error.

    `attempt` counts from 0 how often the job was asked before in vain. Asked the same way a model would say the same
    again, so from the second time on it is given another seed, some warmth, and more room.
    """

    chat: Chat
    timeout_s: float
    usage: Usage = field(default_factory=Usage)
    attempt: int = 0

    def ask(self, question: Question) -> Reply:
        """Like `Chat.ask`. A busy service is asked again at once if answers of this job would be lost otherwise.

        Whoever keeps the pace makes such a call wait until the service wants to be asked.
        """
        asked = self._varied(question)
        for _ in range(PATIENCE):
            try:
                return self._asked(asked)
            except Busy:
                if not self.usage.tokens_in:
                    raise
        return self._asked(asked)

    def ask_all(self, questions: Sequence[Question]) -> list[Reply]:
        """The answers to questions that do not depend on each other, in order."""
        return [self.ask(question) for question in questions]

    def _asked(self, question: Question) -> Reply:
        try:
            reply = self.chat.ask(question, self.timeout_s)
        except (Blocked, Fruitless, Unreadable) as error:
            self._bill(error.usage)
            raise
        self._bill(reply.usage)
        return reply

    def _bill(self, usage: Usage) -> None:
        self.usage = self.usage.plus(usage)

    def _varied(self, question: Question) -> Question:
        if not self.attempt:
            return question
        return replace(
            question,
            seed=(question.seed or 0) + self.attempt * SEED_STEP,
            temperature=max(question.temperature, WARMTH),
            max_tokens=question.max_tokens * 2**self.attempt,
        )
