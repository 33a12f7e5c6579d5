"""Takes a handler through its batches on an event loop, and says what to do when one fails; Faust calls it."""

import asyncio
import contextlib
import logging
import os
import sys
import traceback
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NoReturn

from schemas.errors import Retry, UserError
from schemas.ports import Delivery, Handler, Outgoing

SHORTEST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 30.0
FATAL_EXIT = 70
LATE_HINT = "others get its partitions, nothing is lost; NHR_KAFKA_POLL_S allows more"

log = logging.getLogger(__name__)


def die(error: BaseException) -> NoReturn:
    """End the process at once, with nothing more acknowledged: no clean-up of Faust's may run, for it commits."""
    told = str(error) if isinstance(error, UserError) else "".join(traceback.format_exception(error))
    with contextlib.suppress(Exception):
        log.critical("ending at once: %s", told)
        print(f"nhr: {told}", file=sys.stderr, flush=True)
    os._exit(FATAL_EXIT)


async def patiently(
    name: str, take: Callable[[], Awaitable[None]], fatal: Callable[[BaseException], None], longest_s: float,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep, passing: Callable[[], None] = lambda: None,
) -> None:  # fmt: skip
    """Take a batch, again and again while a store is away; what waiting cannot mend goes to `fatal`, never to Faust.

    Nor can waiting mend a try that is not over after `longest_s` seconds, where a store that is away says so. `passing`
    is told of each try that failed and is made again.
    """
    pause = SHORTEST_PAUSE_S
    while True:
        limit = asyncio.timeout(longest_s)
        try:
            async with limit:
                return await take()
        except Exception as error:  # noqa: BLE001 - Faust would acknowledge what it gave and go on
            if limit.expired():
                return fatal(UserError(f"{name}: a batch took more than {longest_s:.0f} s", LATE_HINT))
            if not is_passing(error):
                return fatal(error)
            passing()
            log.warning("%s waits %.1f s: %s", name, pause, error)
        await sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE_S)


class Turns:
    """Takes a handler through batches: begin, step and settle on one thread of its own, sends between them."""

    def __init__(
        self, handler: Handler[Any], send: Callable[[Sequence[Outgoing]], Awaitable[None]], prefix: str
    ) -> None:
        self._handler, self._send, self._prefix = handler, send, prefix
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=handler.group)
        self._started = False
        self._held: dict[tuple[int, int], Any] = {}

    async def take(self, stream: Any, events: Sequence[Any]) -> None:
        """Handle the events and acknowledge what is settled."""
        for delivery in await self._turn([self._delivery(event) for event in events]):
            event = self._held.pop((delivery.partition, delivery.offset), None)
            if event is not None:
                await stream.ack(event)

    async def _turn(self, deliveries: Sequence[Delivery]) -> Sequence[Delivery]:
        work, outputs = await self._in_thread(self._outputs, deliveries)
        await self._send(outputs)
        settled: Sequence[Delivery] = await self._in_thread(self._handler.settle, work)
        return settled

    def _outputs(self, deliveries: Sequence[Delivery]) -> tuple[Any, list[Outgoing]]:
        if not self._started:
            self._handler.start()
            self._started = True
        work = self._handler.begin(deliveries)
        self._handler.step(work)
        return work, self._handler.finish(work)

    def _in_thread(self, call: Callable[..., Any], *arguments: Any) -> asyncio.Future[Any]:
        return asyncio.get_running_loop().run_in_executor(self._thread, call, *arguments)

    def _delivery(self, event: Any) -> Delivery:
        message = event.message
        self._held[message.partition, message.offset] = event
        return Delivery(
            message.topic.removeprefix(self._prefix), message.partition, message.offset,
            (message.key or b"").decode(errors="replace"), message.value or b"",
            {name: value.decode(errors="replace") for name, value in _pairs(message.headers)},
            max(0.0, message.timestamp or 0.0),
        )  # fmt: skip


def _pairs(headers: Any) -> Sequence[tuple[str, bytes]]:
    pairs = headers.items() if hasattr(headers, "items") else headers or ()
    return [(str(name), value or b"") for name, value in pairs]


def is_passing(error: BaseException) -> bool:
    """Whether waiting may mend it: a service that is away or busy, also by Kafka's own account of its errors."""
    causes = [error] if error.__cause__ is None else [error, error.__cause__]  # Faust wraps what its producer raised
    return any(
        isinstance(one, Retry | ConnectionError | TimeoutError) or bool(getattr(one, "retriable", False))
        for one in causes
    )
