"""What every plug-in is: a class with `INFO`, typed options, `load()` and the one method of its kind."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from schemas.messages import Meter, Prompt, Request
from schemas.ports import Blobs, Image, Info


class Options(BaseModel):
    """Base of plug-in options: frozen, unknown names refused. All of them enter the recipe of an answer."""

    model_config = ConfigDict(frozen=True, extra="forbid")


OptionsT = TypeVar("OptionsT", bound=Options)


def _no_key(_service: str) -> str:
    return ""


def _nothing_known() -> Mapping[str, float]:
    return {}


def _to_nobody(_meter: Meter) -> None:
    return None


@dataclass(frozen=True)
class Access:
    """What a plug-in is given of the world besides its options and its jobs.

    `key` gives the secret that the settings hold for a service ("gemini", "gemini_account", "openai"; "" where there is
    none; raises `UserError` for one that cannot be read). `kept` is a store for what must stand, such as answers that
    were paid for (None: nothing lasts). `acceptance` tells what share of attempts was accepted, by operation, where
    that is known. `spent` is told what a prompter's askings took, each once: they answer no job, so no answer tells.
    """

    key: Callable[[str], str] = _no_key
    kept: Blobs | None = None
    acceptance: Callable[[], Mapping[str, float]] = _nothing_known
    spent: Callable[[Meter], None] = _to_nobody


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


@dataclass(frozen=True, slots=True)
class Photo:
    """A real photograph a prompter found: upright pixels without metadata, and the SHA-256 of its original file."""

    name: str
    sha256: str
    image: Image
    requests: tuple[Request, ...]
    caption: str = ""
    licence: str = ""
    author: str = ""


@dataclass(frozen=True, slots=True)
class Skipped:
    """An input that cannot be used: what and where, why, and what to do about it."""

    what: str
    reason: str


Intake = Prompt | Photo | Skipped


class Prompter(PlugIn[OptionsT], ABC):
    """Base of prompters. `REREAD`: its items come from files that people change between runs.

    Such a prompter is read from its first item in every run, and what was taken before is passed over by name.
    """

    REREAD: ClassVar[bool] = False

    @abstractmethod
    def intake(self, campaign: str, start: int) -> Iterator[Intake]:
        """Items from number `start` on, always the same ones in the same order; endless or finite."""
