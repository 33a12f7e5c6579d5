"""Runs a Faust app until it is told to stop, on an event loop of its own."""

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable, Coroutine
from typing import Any

import faust

from streams.app.base import LOOK_S

STOPPING_S = 30.0
PROBE_S = 5.0

log = logging.getLogger(__name__)


def run(app: faust.App, stop: threading.Event, turned: Callable[[bool], None] = lambda _joined: None) -> None:
    """Run the app until `stop` is set; raises what crashed it.

    `turned` is called all the time, as long as the event loop turns, and told whether the app is in its group.
    """
    asyncio.run(_run(app, stop, turned))


async def _run(app: faust.App, stop: threading.Event, turned: Callable[[bool], None]) -> None:
    await _reachable(app, stop, turned)
    if stop.is_set():
        return
    await app.start()
    try:
        while not (stop.is_set() or app.should_stop):
            turned(app.consumer_generation_id > 0 and not app.rebalancing)
            await asyncio.sleep(LOOK_S)
    finally:
        await _bounded(app.stop())
    if app.crashed and app.crash_reason:
        raise app.crash_reason


async def _reachable(app: faust.App, stop: threading.Event, turned: Callable[[bool], None]) -> None:
    """Wait until a broker takes connections: Faust ends where there is none when it starts."""
    told = False
    while not stop.is_set():
        turned(False)
        for url in app.conf.broker:
            with contextlib.suppress(OSError, TimeoutError):
                _, writer = await asyncio.wait_for(asyncio.open_connection(url.host, url.port), PROBE_S)
                writer.close()
                return
        if not told:
            log.warning("%s waits: no broker answers at %s", app.conf.id, ", ".join(map(str, app.conf.broker)))
        told = True
        await asyncio.sleep(LOOK_S)


async def _bounded(stopping: Coroutine[Any, Any, None]) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stopping, STOPPING_S)
