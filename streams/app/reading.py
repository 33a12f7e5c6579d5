"""Faust's consumer, mended so that what it gives an agent after a rebalance begins at the committed offset, in order.

As it comes it loses messages for good where an app has tables. Their recovery leaves it fetching, so that some messages
reach the agent before the seek, others go from the queue after it, and those do not come again. And a fetch that waits
while all partitions are paused takes messages of any and gives none on; the seek moves no partition of which nothing
was committed.
"""

import asyncio
from collections.abc import Mapping
from typing import Any, cast

import faust
from faust.transport.drivers import aiokafka as driver
from faust.types import TP


class Consumer(driver.Consumer):
    """Fetches nothing from before a rebalance until its seeks are done, and nothing that was not asked for."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._fetching = asyncio.Lock()

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        """Hold the flow: Faust does so where partitions are taken away, which there may have been none of."""
        self.stop_flow()
        self._buffered_partitions.clear()  # else one that was full comes alive once it is empty, be it paused or not
        await super().on_partitions_assigned(assigned, generation_id)

    async def _getmany(self, active_partitions: set[TP] | None, timeout: float) -> Any:
        """Ask for those alone: Faust may empty the set while the fetch waits, and to aiokafka none are all."""
        async with self._fetching:
            return await super()._getmany(set(active_partitions), timeout) if active_partitions else {}

    async def seek_wait(self, partitions: Mapping[TP, int]) -> None:
        """Seek after the fetch that is on its way, which would move on from there."""
        async with self._fetching:
            await super().seek_wait(partitions)

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """The same, and to the beginning where nothing was committed."""
        async with self._fetching:
            committed = await super().seek_to_committed()
            fresh = [tp for tp, offset in committed.items() if not (offset or self._is_changelog_tp(tp))]
            if fresh:  # not aiokafka's `seek_to_beginning`: a partition without a position crashes Faust
                await self._thread.seek_wait(await self._thread.earliest_offsets(*fresh))
            return committed


class Transport(driver.Transport):
    """Kafka, read by that consumer."""

    Consumer = Consumer


def current(app: faust.App, event: Any) -> bool:
    """Whether no rebalance has begun since the event was read: after one it is read again, here or elsewhere."""
    return cast(Consumer, app.consumer).flow_active and event.message.generation_id == app.consumer_generation_id


def mend(app: faust.App) -> None:
    """Have the app read so."""

    async def hold(*_: Any, **__: Any) -> None:
        """Recovery is over: what it let flow stops until Faust has sought; then Faust resumes it."""
        app.consumer.stop_flow()

    app.transport = Transport(app.conf.broker_consumer, app)
    app.on_rebalance_complete.connect(hold)
