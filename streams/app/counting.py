"""The rates as a Faust app: panes in windowed tables, kept by their changelogs."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import faust

from schemas import codec, topics
from schemas.errors import Undecodable
from schemas.ports import Clock
from streams import rates
from streams.app.base import add_agent, base_app
from streams.app.brokers import Brokers
from streams.app.reading import current
from streams.funnel import Bars as PolicyBars
from streams.turns import die

BATCH = 256
TELL_S = 5.0

log = logging.getLogger(__name__)

Bars = Callable[[str], PolicyBars | None]


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

    def apply_changelog_batch(self, batch: Iterable[Any]) -> None:
        """Recover; a former owner that was held up may write late, which does not undo what was counted since."""
        for event in batch:
            kept = self.data.get(self._to_key(event.key))
            if not kept or kept["upto"] <= event.value["upto"]:
                super().apply_changelog_batch([event])

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
        told = await asyncio.get_running_loop().run_in_executor(None, lambda: [*map(self._told, events)])
        ours = [(event, one) for event, one in zip(events, told, strict=True) if current(self._app, event)]
        for partition in {event.message.partition for event, _ in ours}:
            self._count(partition, [one for event, one in ours if one and event.message.partition == partition])
        for panes in self._panes.values():
            await panes.table.stored()
        for event, _ in ours:
            if current(self._app, event):
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

    def _told(self, event: Any) -> rates.Told | None:
        message = event.message
        with contextlib.suppress(Undecodable):  # the director puts it aside
            seen = rates.seen(codec.decode(topics.VERDICTS, message.value or b""), self._bars)
            if seen is not None:
                return rates.Told(message.offset, message.timestamp, seen)
        return None

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

    async def teller() -> None:
        while not app.should_stop:
            await asyncio.sleep(every_s)
            if app.rebalancing or app.in_recovery:
                continue
            try:
                await asyncio.get_running_loop().run_in_executor(None, tell, counting.part(member))
            except Exception as error:  # noqa: BLE001 - told again in a few seconds
                log.warning("the rates could not be told: %s", error)

    add_agent(app, brokers, topics.VERDICTS.name, rates.GROUP, BATCH, counting.take, paused, fatal)
    app.task(teller)
    return app
