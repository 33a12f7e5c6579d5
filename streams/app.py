"""Faust wiring: a handler as an agent, and the rates in windowed tables. The only module that knows Faust.

At-least-once, like the loop: outputs, then state, then offset. An agent waits for the brokers' word on every message it
sent, and acknowledges by itself, only what is settled. Faust acknowledges an event whose agent raised, and `take` one
whose agent was cancelled in mid-batch; so nothing is raised out of an agent and `noack_take` is used.
"""

import asyncio
import contextlib
import logging
import ssl
import threading
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import faust
from faust.types.auth import CredentialsT

from schemas import codec, topics
from schemas.errors import Undecodable, UserError
from schemas.ports import Clock, Handler, Outgoing
from streams import rates
from streams.funnel import Bars as PolicyBars
from streams.turns import Turns, die, patiently

BATCH = 256
COMMIT_S = 0.5
TELL_S = 5.0
LINGER_S = 0.2
PREFETCHED = 512
"""Messages that wait for the agent in this process (Faust's default is 4,096): as many may be done twice."""
SESSION_S = 10.0
BUSY_S = 360.0
NEVER_S = 10 * 365 * 86400.0
"""aiokafka leaves the group of an app that takes nothing in for so long, be it paused or waiting for a store; Faust
takes nothing in until it has joined again, so it would be stuck for good. An agent that hangs is ended by `busy_s`."""
SENDING_S = 60.0
STOPPING_S = 30.0
UNKNOWN_TOPIC = 3
LOOK_S = 0.2
PROBE_S = 5.0

log = logging.getLogger(__name__)

Bars = Callable[[str], PolicyBars | None]
Publish = Callable[[Sequence[Outgoing]], None]
Make = Callable[[Publish], Handler[Any]]
"""Makes the handler, given what publishes from any thread and waits for the brokers."""


@dataclass(frozen=True)
class Brokers:
    """How to reach Kafka: `servers` are HOST:PORT, `prefix` goes before every topic and group name.

    `security` and `mechanism` are Kafka's own words; `slot` is this process's lasting name (static membership), if any.
    An agent that is at one batch for `busy_s` seconds ends its process: others get its partitions.
    """

    servers: tuple[str, ...]
    prefix: str = ""
    security: str = "PLAINTEXT"
    mechanism: str = "SCRAM-SHA-512"
    user: str = ""
    password: str = field(default="", repr=False)
    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None
    slot: str = ""
    busy_s: float = BUSY_S

    def credentials(self) -> CredentialsT | None:
        """What Faust is to show the brokers; None on a plain connection. Raises `UserError` for unusable PEM files."""
        context = self._tls() if self.security.endswith("SSL") else None
        if self.security.startswith("SASL"):
            return faust.SASLCredentials(
                username=self.user, password=self.password, mechanism=self.mechanism, ssl_context=context
            )
        return faust.SSLCredentials(context) if context else None

    def _tls(self) -> ssl.SSLContext:
        try:
            context = ssl.create_default_context(cafile=str(self.ca) if self.ca else None)
            if self.cert:
                context.load_cert_chain(self.cert, self.key)
        except (OSError, ssl.SSLError) as error:
            raise UserError(f"the TLS files for Kafka cannot be used ({error})", "give readable PEM files") from None
        return context


def base_app(brokers: Brokers, name: str, data: Path, table: type[Any] = faust.Table) -> faust.App:
    """A Faust app for consumer group `name`; it declares no topics, reads no environment and serves no pages."""
    return faust.App(
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


def raw_topic(app: faust.App, brokers: Brokers, name: str) -> Any:
    """A topic whose keys and values are bytes, ours to decode."""
    wire = f"{brokers.prefix}{name}"
    return app.topic(wire, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw")


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

    async def agent(stream: Any) -> None:
        async for events in stream.noack_take(handler.batch, within=LINGER_S):
            await _while(paused)
            await patiently(handler.group, partial(turns.take, stream, events), fatal, brokers.busy_s)

    app.agent(raw_topic(app, brokers, handler.topic.name), name=handler.group)(agent)
    return app


async def _while(paused: Callable[[], bool]) -> None:
    while paused():
        await asyncio.sleep(LOOK_S)


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


def run(app: faust.App, stop: threading.Event) -> None:
    """Run the app until `stop` is set; raises what crashed it."""
    asyncio.run(_run(app, stop))


async def _run(app: faust.App, stop: threading.Event) -> None:
    await _reachable(app, stop)
    if stop.is_set():
        return
    await app.start()
    try:
        while not (stop.is_set() or app.should_stop):
            await asyncio.sleep(LOOK_S)
    finally:
        await _bounded(app.stop())
    if app.crashed and app.crash_reason:
        raise app.crash_reason


async def _reachable(app: faust.App, stop: threading.Event) -> None:
    """Wait until a broker takes connections: Faust ends where there is none when it starts."""
    told = False
    while not stop.is_set():
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


# --- rates ------------------------------------------------------------------------------------------------------------


class PaneTable(faust.Table[int, Any]):
    """A table whose keys are partitions: each is kept with its own, and what was sent of it can be waited for."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._sent: list[Any] = []

    def partition_for_key(self, key: Any) -> int:
        """Faust asks the current event, of which there is none in a batch."""
        (partition, _window) = key
        return int(partition)

    def send_changelog(self, *arguments: Any, **options: Any) -> Any:
        """Note what is on its way."""
        sent = super().send_changelog(*arguments, **options)
        self._sent.append(sent)
        return sent

    async def stored(self) -> None:
        """Wait until the brokers have all that was written; what they do not take would be missing after a restart."""
        sent, self._sent = self._sent, []
        try:
            await asyncio.gather(*sent)
        except Exception as error:
            raise RuntimeError(f"a changelog was not written ({error}); the next process counts again") from error


class Counting:
    """Counts the verdicts of the partitions that this process has into the panes of each window."""

    def __init__(self, app: faust.App, brokers: Brokers, bars: Bars, clock: Clock) -> None:
        self._app, self._bars, self._clock = app, bars, clock
        self._wire = f"{brokers.prefix}{topics.VERDICTS.name}"
        self._panes = {window: _pane_table(app, brokers, window) for window in rates.WINDOWS}

    async def take(self, stream: Any, events: Sequence[Any]) -> None:
        """Count the events, wait until that is stored, acknowledge."""
        told = await asyncio.get_running_loop().run_in_executor(None, self._read, events)
        mine = self._mine()  # what went to another member since is counted there
        for partition, ours in told.items():
            if partition in mine:
                self._count(partition, ours)
        for panes in self._panes.values():
            await panes.table.stored()
        for event in events:
            if event.message.partition in mine:
                await stream.ack(event)

    def part(self, member: str) -> rates.Part:
        """What this process counts now."""
        now, mine = self._clock.now(), frozenset(self._mine())
        windows = {window.name: rates.total(self._kept(panes, mine), window, now) for window, panes in self._all()}
        return rates.Part(member, now, mine, windows)

    def _all(self) -> Sequence[tuple[rates.Window, Any]]:
        return tuple(self._panes.items())

    def _mine(self) -> set[int]:
        return {tp.partition for tp in self._app.consumer.assignment() if tp.topic == self._wire}

    def _kept(self, panes: Any, mine: frozenset[int]) -> list[tuple[int, rates.Pane]]:
        items = list(panes.table.items())
        return [(int(start), rates.Pane.unpack(kept)) for (partition, (start, _)), kept in items if partition in mine]

    def _read(self, events: Sequence[Any]) -> dict[int, list[rates.Told]]:
        told: dict[int, list[rates.Told]] = {}
        for message in (event.message for event in events):
            with contextlib.suppress(Undecodable):  # the director puts it aside
                seen = rates.seen(codec.decode(topics.VERDICTS, message.value or b""), self._bars)
                if seen is not None:
                    one = rates.Told(message.offset, message.timestamp, seen)
                    told.setdefault(message.partition, []).append(one)
        return told

    def _count(self, partition: int, told: Sequence[rates.Told]) -> None:
        for window, panes in self._all():
            for start, ours in rates.by_pane(told, window, self._clock.now()).items():
                kept = panes.relative_to(float(start))
                packed = kept[partition].value()
                pane = rates.Pane.unpack(packed) if packed else rates.Pane()
                if pane.add(ours):
                    kept[partition] = pane.pack()


def _pane_table(app: faust.App, brokers: Brokers, window: rates.Window) -> Any:
    """The windowed table of a window's panes; `nhr topics` makes its changelog, not Faust."""
    kept = app.topic(
        f"{brokers.prefix}{rates.changelog(window).name}", key_serializer="json", value_serializer="json",
        acks=False, internal=True, allow_empty=True, compacting=True, deleting=True,
    )  # fmt: skip
    panes = app.Table(f"rates-{window.name}", key_type=int, default=dict, changelog_topic=kept)
    wrapped = panes.tumbling(window.hop_s, expires=window.size_s + window.hop_s)
    wrapped.table.changelog_topic = kept  # `tumbling` forgets it, and what it is recovered from goes by that name
    return wrapped


def rates_app(
    bars: Bars, tell: Callable[[rates.Part], None], brokers: Brokers, data: Path, clock: Clock, member: str,
    every_s: float = TELL_S, paused: Callable[[], bool] = lambda: False, fatal: Callable[[BaseException], None] = die,
) -> faust.App:  # fmt: skip
    """The app that counts verdicts and tells every few seconds, from a thread, what this `member` of the group counted.

    `bars` gives a policy by id, None for one that is not kept here. What `tell` raises costs that one telling.
    """
    app = base_app(brokers, rates.GROUP, data, table=PaneTable)
    counting = Counting(app, brokers, bars, clock)

    async def agent(stream: Any) -> None:
        async for events in stream.noack_take(BATCH, within=LINGER_S):
            await _while(paused)
            await patiently(rates.GROUP, partial(counting.take, stream, events), fatal, brokers.busy_s)

    async def teller() -> None:
        while not app.should_stop:
            await asyncio.sleep(every_s)
            if app.rebalancing or app.in_recovery:
                continue
            try:
                await asyncio.get_running_loop().run_in_executor(None, tell, counting.part(member))
            except Exception as error:  # noqa: BLE001 - told again in a few seconds
                log.warning("the rates could not be told: %s", error)

    app.agent(raw_topic(app, brokers, topics.VERDICTS.name), name=rates.GROUP)(agent)
    app.task(teller)
    return app
