"""A handler as a Faust agent, and how it sends."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import faust

from schemas.errors import UserError
from schemas.ports import Handler, Outgoing
from streams.app.base import add_agent, base_app
from streams.app.brokers import Brokers
from streams.turns import Turns, die

UNKNOWN_TOPIC = 3

Publish = Callable[[Sequence[Outgoing]], None]
Make = Callable[[Publish], Handler[Any]]
"""Makes the handler, given what publishes from any thread and waits for the brokers."""


def handler_app(
    make: Make, brokers: Brokers, data: Path, paused: Callable[[], bool] = lambda: False,
    fatal: Callable[[BaseException], None] = die,
) -> faust.App:  # fmt: skip
    """The app in which the handler that `make` gives is the agent of its topic; nothing is handled while `paused`.

    `data` is a folder for Faust's own notes. `fatal` gets what no waiting can mend, and must end the process.
    Raises `ValueError` for a handler that overlaps or that wants turns without messages: the loop is for those.
    """
    sender = Sender(brokers)
    handler = make(sender.publish)
    if handler.overlaps or handler.due_s is not None or not handler.batch:
        raise ValueError(f"{handler.group} cannot run as an agent: it overlaps or wants turns without messages")
    app = base_app(brokers, handler.group, data)
    sender.app = app
    turns = Turns(handler, sender.send, brokers.prefix)
    add_agent(app, brokers, handler.topic.name, handler.group, handler.batch, turns.take, paused, fatal)
    return app


class Sender:
    """Publishes on a Faust app's producer and waits until every message is durable (acks=all)."""

    def __init__(self, brokers: Brokers) -> None:
        self.app: faust.App | None = None
        self._prefix = brokers.prefix

    def publish(self, messages: Sequence[Outgoing]) -> None:
        """From any thread but the app's own."""
        if self.app is None:
            raise RuntimeError("published before there was an app")
        asyncio.run_coroutine_threadsafe(self.send(messages), self.app.loop).result()

    async def send(self, messages: Sequence[Outgoing]) -> None:
        """On the app's own thread."""
        if self.app is None or not messages:
            return
        try:
            producer = await self.app.maybe_start_producer()
            await asyncio.gather(*[await self._sent(producer, message) for message in messages])
        except Exception as error:
            if getattr(error, "errno", None) == UNKNOWN_TOPIC:
                raise UserError(f"Kafka lacks a topic that is written to ({error})", "run `nhr topics apply`") from None
            raise

    async def _sent(self, producer: Any, message: Outgoing) -> Awaitable[Any]:
        headers = {name: value.encode() for name, value in message.headers.items()}
        wire = f"{self._prefix}{message.topic}"
        sent: Awaitable[Any] = await producer.send(wire, message.key.encode(), message.value, None, None, headers)
        return sent
