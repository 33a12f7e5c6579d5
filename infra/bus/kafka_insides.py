"""What we lean on inside kafka-python, none of which it promises: gathered here, each with its reason.

A version that lacks one of `PRIVATE` is refused (see `check`); pyproject.toml admits none that was not tried.
"""

from collections.abc import Callable
from contextlib import suppress
from functools import reduce
from typing import Any

import kafka
from kafka import KafkaConsumer
from kafka import errors as e
from kafka.future import Future
from kafka.net.compat import KafkaNetClient
from kafka.net.manager import KafkaConnectionManager
from kafka.net.selector import NetworkSelector

from schemas.errors import UserError

PRIVATE = ("_coordinator._join_task", "_coordinator.request_rejoin", "_fetcher._next_partition_records")
"""Of a consumer: what `keep_join` and `free_place` touch, for which the library has no public words."""

LOGIN = (
    e.SaslAuthenticationFailedError, e.UnsupportedSaslMechanismError, e.IllegalSaslStateError, e.SecurityDisabledError,
)  # fmt: skip
"""What a login is refused with."""


def check(consumer: object) -> None:
    """Raise `UserError` for a version of the library that lacks what is private and needed."""
    for path in PRIVATE:
        try:
            reduce(getattr, path.split("."), consumer)
        except AttributeError:
            what = f"kafka-python {kafka.__version__} has no {path}, which NHR leans on"
            raise UserError(what, 'pip install "kafka-python>=3.0,<3.1"') from None


# --- members ----------------------------------------------------------------------------------------------------------


def keep_join(consumer: KafkaConsumer) -> None:
    """Keep the answer of the join that is under way, if one is, and have the next poll ask for it.

    The library forgets an answer that comes between two polls: it joins again, its group is made up anew, and that
    answer may come between two polls, too.
    """
    coordinator = consumer._coordinator
    if coordinator._join_task is not None:
        if isinstance(coordinator._join_task, Future):
            coordinator._join_task = _Unread(coordinator._join_task)
        coordinator.request_rejoin()  # a leader that has joined for new partitions would wait for ever otherwise


class _Unread:
    """The answer to a join that is never done, and so not thrown away before a poll takes it."""

    is_done = False

    def __init__(self, answer: Future) -> None:
        self._answer = answer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._answer, name)

    def __await__(self) -> Any:
        return self._answer.__await__()


def free_place(consumer: KafkaConsumer) -> None:
    """Let go of a partition whose messages were all given: the library would not, and never turn to one that rested.

    It sets what it has of a paused partition aside, and takes it up again only once it is busy with no other.
    """
    fetcher = consumer._fetcher
    if fetcher._next_partition_records is not None and not fetcher._next_partition_records:
        fetcher._next_partition_records = None


# --- every client -----------------------------------------------------------------------------------------------------


class _Inside:
    """Makes the part of a client that holds its thread and sockets, which the library does not close when it fails."""

    def __init__(self) -> None:
        self._made: list[KafkaNetClient] = []

    def __call__(self, **given: Any) -> KafkaNetClient:
        net = NetworkSelector(**given)
        self._made.append(KafkaNetClient(net, _Connections(net, **given), **given))
        return self._made[-1]

    def close(self) -> None:
        for one in self._made:
            with suppress(Exception):
                one.close()


class _Connections(KafkaConnectionManager):  # type: ignore[misc]
    """Connections of a client; a login that was refused is refused for good, where the library would try for ever."""

    def __init__(self, *how: Any, **more: Any) -> None:
        super().__init__(*how, **more)
        self._refused: BaseException | None = None

    def get_connection(self, *how: Any, **more: Any) -> Any:
        """The connection to a broker; raises what its login, or another's, was refused with."""
        if self._refused is not None:
            raise self._refused
        connection = super().get_connection(*how, **more)
        if not connection.init_future.is_done:
            connection.init_future.add_errback(self._note)
        return connection

    def _note(self, error: BaseException) -> None:
        if isinstance(error, LOGIN):
            self._refused = error


def made(make: Callable[..., Any], **options: Any) -> Any:
    """The client; one that cannot be made leaves no thread and no socket behind."""
    inside = _Inside()
    try:
        return make(**options, kafka_client=inside)
    except BaseException:
        inside.close()
        raise
