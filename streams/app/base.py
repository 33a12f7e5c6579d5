"""What both apps begin with: a Faust app that declares nothing by itself, and an agent that gives nothing up."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import faust

from streams.app.brokers import Brokers
from streams.app.reading import mend
from streams.turns import patiently

COMMIT_S = 0.5
LINGER_S = 0.2
PREFETCHED = 512
"""Messages that wait for the agent in this process (Faust's default is 4,096): as many may be done twice."""
SESSION_S = 10.0
NEVER_S = 10 * 365 * 86400.0
"""aiokafka leaves the group of an app that takes nothing in for so long, be it paused or waiting for a store; Faust
takes nothing in until it has joined again, so it would be stuck for good. An agent that hangs is ended by `busy_s`."""
SENDING_S = 60.0
LOOK_S = 0.2

Take = Callable[[Any, Sequence[Any]], Awaitable[None]]
"""Handles events of a stream, and acknowledges those that are done with."""


def base_app(brokers: Brokers, name: str, data: Path, table: type[Any] = faust.Table) -> faust.App:
    """A Faust app for consumer group `name`; it declares no topics, reads no environment and serves no pages."""
    app = faust.App(
        f"{brokers.prefix}{name}",
        env={},
        broker=[f"kafka://{server}" for server in brokers.servers],
        broker_credentials=brokers.credentials(),
        broker_commit_interval=COMMIT_S,
        broker_session_timeout=SESSION_S,
        broker_heartbeat_interval=SESSION_S / 4,
        broker_max_poll_interval=NEVER_S,
        consumer_auto_offset_reset="earliest",
        consumer_group_instance_id=f"{brokers.prefix}{name}-{brokers.slot}" if brokers.slot else None,
        producer_acks=-1,
        producer_request_timeout=SENDING_S,
        stream_buffer_maxsize=PREFETCHED,
        stream_wait_empty=False,
        key_serializer="raw",
        value_serializer="raw",
        store="memory://",
        Table=table,
        table_standby_replicas=0,
        datadir=str(data),
        topic_allow_declare=False,
        topic_disable_leader=True,
        web_enabled=False,
        autodiscover=False,
    )
    mend(app)
    return app


def add_agent(
    app: faust.App, brokers: Brokers, topic: str, group: str, batch: int, take: Take, paused: Callable[[], bool],
    fatal: Callable[[BaseException], None],
) -> None:  # fmt: skip
    """Have `take` handle what comes to `topic`, up to `batch` events at once, while nothing is `paused`.

    Faust acknowledges an event whose agent raised, and with `take` of its own a batch whose agent was cancelled; so
    nothing is raised out of the agent and `noack_take` is used.
    """

    async def agent(stream: Any) -> None:
        async for events in stream.noack_take(batch, within=LINGER_S):
            while paused():
                await asyncio.sleep(LOOK_S)
            await patiently(group, partial(take, stream, events), fatal, brokers.busy_s, passing=brokers.failed)

    app.agent(_raw_topic(app, f"{brokers.prefix}{topic}"), name=group)(agent)


def _raw_topic(app: faust.App, wire: str) -> Any:
    """A topic whose keys and values are bytes, ours to decode."""
    return app.topic(wire, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw")
