"""What Faust reads after a rebalance begins at the committed offset, and what was read before one does not count."""

import asyncio
import functools
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ParamSpec, cast

import faust
import pytest
from faust.types import TP

from infra.runtime.clock import SystemClock
from streams import rates
from streams.app import Brokers
from streams.app.base import base_app
from streams.app.counting import Counting, PaneTable
from streams.app.reading import Consumer
from streams.rules import policy as policies
from tests.chaos.campaign import POLICY, events

TOPIC = "verdicts"
P = ParamSpec("P")
ONE, TWO = TP(TOPIC, 0), TP(TOPIC, 1)


def on_a_loop(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """Have an async test run."""

    @functools.wraps(test)
    def run(*arguments: P.args, **options: P.kwargs) -> None:
        asyncio.run(test(*arguments, **options))

    return run


class Thread:
    """Stands in for Faust's consumer thread: notes what it is asked for."""

    def __init__(self, committed: Mapping[TP, int | None]) -> None:
        self.committed, self.log = committed, list[tuple[str, Any]]()
        self.fetch: Callable[[], Awaitable[None]] | None = None

    async def getmany(self, partitions: set[TP], timeout: float) -> Any:
        self.log.append(("fetch begins", sorted(partitions)))
        if self.fetch:
            await self.fetch()
        self.log.append(("fetch ends", sorted(partitions)))
        return {}

    async def seek_to_committed(self) -> Mapping[TP, int | None]:
        self.log.append(("committed", None))
        return self.committed

    async def earliest_offsets(self, *partitions: TP) -> Mapping[TP, int]:
        return dict.fromkeys(partitions, 3)

    async def seek_wait(self, partitions: Mapping[TP, int]) -> None:
        self.log.append(("seek", dict(partitions)))

    def assignment(self) -> set[TP]:
        return set(self.committed)


def reading(folder: Path, committed: Mapping[TP, int | None] | None = None) -> tuple[faust.App, Consumer, Thread]:
    app = base_app(Brokers(("localhost:1",)), "test", folder, table=PaneTable)
    thread = Thread(committed or {ONE: 7})
    consumer = cast(Consumer, app.consumer)
    consumer._thread = cast(Any, thread)
    return app, consumer, thread


@on_a_loop
async def test_a_fetch_that_waits_goes_on_asking_for_what_it_was_to_fetch(tmp_path: Path) -> None:
    _, consumer, thread = reading(tmp_path)
    asked = {ONE}

    async def emptied() -> None:
        asked.clear()

    thread.fetch = emptied
    await consumer._getmany(asked, 1.0)
    assert thread.log == [("fetch begins", [ONE]), ("fetch ends", [ONE])]


@on_a_loop
async def test_nothing_is_fetched_where_nothing_is_asked_for(tmp_path: Path) -> None:
    _, consumer, thread = reading(tmp_path)
    assert await consumer._getmany(set(), 1.0) == {}
    assert not thread.log


@pytest.mark.parametrize("seek", [lambda c: c.seek_to_committed(), lambda c: c.seek_wait({ONE: 3})])
@on_a_loop
async def test_a_seek_waits_for_the_fetch_that_is_on_its_way(
    tmp_path: Path, seek: Callable[[Consumer], Awaitable[Any]]
) -> None:
    _, consumer, thread = reading(tmp_path)
    begun, end = asyncio.Event(), asyncio.Event()

    async def held() -> None:
        begun.set()
        await end.wait()

    thread.fetch = held
    fetching = asyncio.ensure_future(consumer._getmany({ONE}, 1.0))
    await begun.wait()
    seeking = asyncio.ensure_future(cast(Any, seek(consumer)))
    await asyncio.wait([seeking], timeout=0.01)
    end.set()
    await asyncio.gather(fetching, seeking)
    assert [what for what, _ in thread.log[:2]] == ["fetch begins", "fetch ends"]
    assert len(thread.log) == 3


@on_a_loop
async def test_a_partition_without_a_committed_offset_is_read_from_its_beginning(tmp_path: Path) -> None:
    app, consumer, thread = reading(tmp_path, {ONE: 7, TWO: None, TP("kept", 0): None})
    app.Table("kept", changelog_topic=app.topic("kept"))
    await consumer.perform_seek()
    assert thread.log == [("committed", None), ("seek", {TWO: 3})]


@on_a_loop
async def test_nothing_flows_between_the_end_of_recovery_and_the_seek(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, consumer, thread = reading(tmp_path)
    flowed: list[bool] = []

    async def seek() -> Mapping[TP, int | None]:
        flowed.append(consumer.flow_active)
        return {}

    async def start() -> bool:
        return True

    monkeypatch.setattr(thread, "seek_to_committed", seek)
    monkeypatch.setattr(cast(Any, app)._fetcher, "maybe_start", start)
    monkeypatch.setattr(app.assignor, "assigned_standbys", set)
    consumer.resume_flow()  # as recovery leaves it
    await cast(Any, app.tables).recovery.on_recovery_completed(app.consumer_generation_id)
    assert flowed == [False]
    assert consumer.flow_active


@on_a_loop
async def test_nothing_flows_from_an_assignment_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, consumer, _ = reading(tmp_path)
    flowed: list[bool] = []

    async def assigned(*_: Any) -> None:
        flowed.append(consumer.flow_active)
        consumer.pause_partitions({ONE})
        consumer.on_buffer_drop(ONE)

    monkeypatch.setattr(consumer, "_on_partitions_assigned", assigned)
    monkeypatch.setattr(consumer.app, "on_rebalance_return", lambda: None)
    consumer._buffered_partitions.add(ONE)
    await consumer.on_partitions_assigned({ONE})
    assert flowed == [False]
    assert not consumer._get_active_partitions()


def event(offset: int, value: bytes, generation: int) -> Any:
    message = SimpleNamespace(partition=0, offset=offset, timestamp=1.0, value=value, generation_id=generation)
    return SimpleNamespace(message=message)


class Stream:
    """Stands in for Faust's: notes the offsets that are acknowledged."""

    def __init__(self) -> None:
        self.acked: list[int] = []

    async def ack(self, event: Any) -> None:
        self.acked.append(event.message.offset)


@pytest.mark.parametrize("flows", [True, False])
@on_a_loop
async def test_what_was_read_before_a_rebalance_is_neither_counted_nor_acknowledged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flows: bool
) -> None:
    app, consumer, _ = reading(tmp_path)
    paper = policies.read(POLICY)
    counting = Counting(app, Brokers(("localhost:1",)), {paper.policy_id: paper}.get, SystemClock())
    counted: list[int] = []
    monkeypatch.setattr(counting, "_count", lambda _, told: counted.extend(one.offset for one in told))
    value = next(one.value for one in events(1, 100) if counting._told(event(0, one.value, 2)))
    app.consumer_generation_id = 2
    consumer.flow_active = flows
    stream = Stream()
    await counting.take(stream, [event(8, value, 1), event(9, value, 1), event(4, value, 2), event(5, b"", 2)])
    assert (counted, stream.acked) == (([4], [4, 5]) if flows else ([], []))


@on_a_loop
async def test_what_a_rebalance_overtakes_is_not_acknowledged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app, consumer, _ = reading(tmp_path)
    counting = Counting(app, Brokers(("localhost:1",)), lambda _: None, SystemClock())
    monkeypatch.setattr(counting, "_count", lambda *_: consumer.stop_flow())
    stream = Stream()
    await counting.take(stream, [event(4, b"", app.consumer_generation_id)])
    assert not stream.acked


def test_a_late_write_of_a_former_owner_undoes_nothing(tmp_path: Path) -> None:
    app, _, _ = reading(tmp_path)
    table = PaneTable(app, name="panes", key_type=int, default=dict)
    key, packed = [0, [60.0, 120.0]], [{"upto": 5, "rows": []}, {"upto": 9, "rows": []}, {"upto": 7, "rows": []}]
    wrote = [SimpleNamespace(key=key, value=one, message=SimpleNamespace(partition=0, value=b"{}")) for one in packed]
    table.apply_changelog_batch(wrote)
    assert rates.Pane.unpack(table.data[(0, (60.0, 120.0))]).upto == 9
