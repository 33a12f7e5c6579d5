"""What every plug-in over a served model is: options of the service, a connection, and jobs asked side by side."""

import weakref
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import Field

from schemas.errors import Reject, Retry, UserError
from schemas.ports import Billed, Task
from workers.language.asking import Asker, Chat, Unreadable
from workers.language.pace import Pace, Paced
from workers.language.prices import Prices
from workers.language.reading import readable_json
from workers.plugin import Options, PlugIn

__all__ = ["Do", "Served", "ServiceOptions", "ServiceOptionsT", "readable_json"]

URL = r"^(https?://[^\s/?#]+(/[^\s?#]*)?)?$"
MOST_CALLS = 256
CHECK_S = 15.0
"""Longest that a check waits for a service."""
Do = Callable[[Task[Any], Asker], Any]
"""What is done for one job: asks as often as it likes and gives the job's result."""


class ServiceOptions(Options):
    """How a served model is asked: `timeout_s` seconds for one call in all, `tries` askings while it is unreadable.

    `concurrency` is the most calls at once; fewer are made while the service complains. Prices are dollars per million
    tokens, for models that the price table does not know or knows wrongly.
    """

    TUNING: ClassVar[frozenset[str]] = frozenset(
        {"concurrency", "timeout_s", "tries", "price_in", "price_out", "price_cached"}
    )

    model: Annotated[str, Field(min_length=1)]
    url: Annotated[str, Field(pattern=URL)] = ""
    concurrency: Annotated[int, Field(ge=1, le=MOST_CALLS)] = 16
    timeout_s: Annotated[float, Field(gt=0, le=3600)] = 60.0
    tries: Annotated[int, Field(ge=1, le=10)] = 3
    price_in: Annotated[float | None, Field(ge=0)] = None
    price_out: Annotated[float | None, Field(ge=0)] = None
    price_cached: Annotated[float | None, Field(ge=0)] = None

    def prices(self, share: float = 1.0) -> Prices:
        """The prices in force; `share` of them is charged."""
        return Prices(self.price_in, self.price_out, self.price_cached, share)


ServiceOptionsT = TypeVar("ServiceOptionsT", bound=ServiceOptions)


class Served(PlugIn[ServiceOptionsT], ABC):
    """Base of plug-ins over a served model."""

    @abstractmethod
    def connect(self) -> Chat:
        """A connection to the model; raises `UserError` for what a user must set first."""

    def load(self) -> None:
        """Connect; asks nothing."""
        self._chat: Chat = Paced(self.connect(), Pace(self.options.concurrency))
        self._closing = weakref.finalize(self, self._chat.close)

    def check(self) -> Sequence[str]:
        """Whether the service can be reached, takes the key and knows the model; nothing is paid for."""
        try:
            chat = self.connect()
        except UserError as error:
            return [str(error)]
        try:
            known = chat.known(min(self.options.timeout_s, CHECK_S))
        except (Retry, Reject) as error:
            return [str(error)]
        finally:
            chat.close()
        return [f"the service does not list a model {self.options.model}; correct model="] if known is False else []

    def close(self) -> None:
        """Give connections back; also done when nobody holds the plug-in any more."""
        self._closing()

    def each(self, tasks: Sequence[Task[Any]], do: Do) -> list[Billed]:
        """Run `do` for each task, side by side; gives each result with what it took.

        What `do` raises stands in the task's place. An `Unreadable` answer has the whole `do` repeated, `tries` times
        in all, then it is a `Reject`.
        """
        if not tasks:
            return []
        # Threads live for one batch: none is left when connections are closed.
        with ThreadPoolExecutor(min(self.options.concurrency, len(tasks)), thread_name_prefix="asking") as pool:
            return list(pool.map(lambda task: self.one(task, do, self.asker()), tasks))

    def asker(self) -> Asker:
        """What a job asks the model with."""
        return Asker(self._chat, self.options.timeout_s)

    def one(self, task: Task[Any], do: Do, asker: Asker) -> Billed:
        """Run `do` for one task; see `each`."""
        why = ""
        for attempt in range(self.options.tries):
            asker.attempt = attempt
            try:
                return Billed(do(task, asker), asker.usage)
            except Unreadable as error:
                why = str(error)
            except (Retry, Reject) as error:
                return Billed(error, asker.usage)
            except Exception as error:  # noqa: BLE001 - a bug over one job must not lose the answers paid for others
                return Billed(error, asker.usage)
        times = "once" if self.options.tries == 1 else f"{self.options.tries} times"
        return Billed(Reject(f"{self._chat.model} was unreadable {times}: {why}"), asker.usage)
