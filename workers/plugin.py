"""What every plug-in is: a class with `INFO`, typed options, `load()` and the one method of its kind."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict

from schemas.messages import Prompt, Request
from schemas.ports import Blobs, Image, Info, Usage


class Options(BaseModel):
    """Base of plug-in options: frozen, unknown names refused.

    All of them enter the recipe of an answer but those named in `TUNING`: how fast, how long and at what price
    something is asked may be changed at any time, and what was answered before still stands.
    """

    TUNING: ClassVar[frozenset[str]] = frozenset()

    model_config = ConfigDict(frozen=True, extra="forbid")

    def telling(self, *aside: str) -> str:
        """The options that make an answer what it is, as JSON; without those `aside`."""
        return self.model_dump_json(exclude={*self.TUNING, *aside})


OptionsT = TypeVar("OptionsT", bound=Options)


def _no_key(_service: str) -> str:
    return ""


def _nothing_known() -> Mapping[str, float]:
    return {}


def _untold(_usage: Usage) -> None:
    pass


@dataclass(frozen=True)
class Access:
    """What a plug-in is given of the world besides its options and its jobs.

    `key` gives the secret that the settings hold for a service ("gemini", "gemini_account", "openai"; "" where there is
    none; raises `UserError` for one that cannot be read). `kept` is a store for what must stand, such as answers that
    were paid for (None: nothing lasts). `acceptance` tells what share of attempts was accepted, by operation, where
    that is known. `spent` is told what was used where no answer says so as `Billed`: by a prompter, for its items.
    """

    key: Callable[[str], str] = _no_key
    kept: Blobs | None = None
    acceptance: Callable[[], Mapping[str, float]] = _nothing_known
    spent: Callable[[Usage], None] = _untold


class PlugIn(Generic[OptionsT]):
    """Base of all plug-ins. Constructing one is cheap; `load` brings the model into memory.

    Whoever runs it sets `access` before `load`.
    """

    INFO: ClassVar[Info]
    OPTIONS: ClassVar[type[Options]] = Options
    access: Access = Access()

    def __init__(self, options: OptionsT) -> None:
        self.options = options

    def load(self) -> None:
        """Bring the model into memory; called once, by the thread that will own it."""

    def check(self) -> Sequence[str]:
        """What keeps it from working here, one line each that says what to do about it; nothing where all is well.

        For `nhr doctor`, which has set `access` and calls no `load`: whether weights are there, a service answers
        within seconds and knows the model, a quota is left. It pays for nothing.
        """
        return ()


@dataclass(frozen=True, slots=True)
class Photo:
    """A real photograph a prompter found: upright pixels without metadata, and the SHA-256 of its original file.

    `licence` is an SPDX identifier where its words are clear, `words` are those; `leave` is the mark by which its owner
    lets it be used for training ("": nothing was said), `web` where it comes from.
    """

    name: str
    sha256: str
    image: Image
    requests: tuple[Request, ...]
    caption: str = ""
    licence: str = ""
    author: str = ""
    words: str = ""
    leave: str = ""
    web: str = ""


Cause = Literal["", "marker", "licence", "blocklist"]
"""What keeps an input out though it could be used: its owner's mark, its licence, or a list of ours; "": no such."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """An input that cannot be used, or must not: what and where, why, and what to do about it.

    What must not be used is counted by `cause`, and by what exactly: the mark, the licence, the entry of the list.
    """

    what: str
    reason: str
    cause: Cause = ""
    by: str = ""


Intake = Prompt | Photo | Skipped


class Prompter(PlugIn[OptionsT], ABC):
    """Base of prompters. `REREAD`: its items come from files that people change between runs.

    Such a prompter is read from its first item in every run, and what was taken before is passed over by name.
    """

    REREAD: ClassVar[bool] = False

    @abstractmethod
    def intake(self, campaign: str, start: int) -> Iterator[Intake]:
        """Items from number `start` on, always the same ones in the same order; endless or finite."""
