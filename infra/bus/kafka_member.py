"""A member of a consumer group on Kafka: what it was given, what of that is done, what may be committed.

Deliveries are done in any order, so each is tracked (`Partition`) and only what is done without a gap is committed: now
and then, without waiting, and at once where it leaves partitions.

All of it happens on the thread that polls. The library's own thread sends heartbeats and calls `_Listener`, which only
notes what it was told: partitions to be given up are finished and committed after the poll that said so, before the
next one, which tells the brokers that they are free.
"""

import logging
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from kafka import ConsumerRebalanceListener, KafkaConsumer, TopicPartition
from kafka import errors as e
from kafka.structs import MemberState, OffsetAndMetadata

from infra.bus import kafka_clients as clients
from infra.bus.kafka_clients import Presence
from infra.bus.kafka_insides import check, free_place, keep_join
from infra.bus.kafka_partition import Partition
from infra.settings import Settings
from schemas.errors import UserError
from schemas.ports import Delivery

AHEAD = 10_000
"""Most messages of a partition that are handed out beyond the first one not done: a restart redoes no more."""
COMMIT_EVERY_S = 0.5
COMMIT_IDLE_S = 0.05
"""Between two commits while nothing is in hand: whoever waits for a group to be done sees it soon."""
VERIFY_EVERY_S = 10.0
"""After so long without a commit, one is made of what is known, to hear that this member is not one any more."""
COMMIT_S = 10.0
LEAVE_S = 5.0
WAIT_S = 0.5
"""Longest wait in the library at a time, so that commits are not late."""
JOINING_S = 0.02
OUTED = (e.CommitFailedError, e.RebalanceInProgressError, e.IllegalGenerationError, e.UnknownMemberIdError)
"""Why a commit fails while the group is made up anew: nothing is wrong, and a poll will tell what is still ours."""
OF_TOPIC = (e.UnknownTopicOrPartitionError, e.InvalidTopicError, e.TopicAuthorizationFailedError)
"""What is said of the topic, and not of the group."""

log = logging.getLogger(__name__)


class _Leaving(Exception):
    """Ends the library's poll once partitions are to be given up: it would tell the brokers they are free."""


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]
    """What the library's thread was told while ours was waiting in its poll."""

    def __init__(self, consumer: KafkaConsumer) -> None:
        self._consumer = consumer
        self.revoked: set[int] = set()
        self.lost: set[int] = set()
        self.resting = False
        self.closing = False

    def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """These are ours."""
        if self.resting:  # nobody wants messages just now
            self._consumer.pause(*assigned)

    def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """These go to others when we join again, and not before."""
        if not self.closing:
            self.revoked |= {one.partition for one in revoked}
            raise _Leaving

    def on_partitions_lost(self, lost: Iterable[TopicPartition]) -> None:
        """These may be others' already."""
        self.lost |= {one.partition for one in lost}


class KafkaSubscription:
    """A member of `group`; `topic` is the name in the messages' world, `wire` the one on the brokers."""

    def __init__(
        self, settings: Settings, presence: Presence, topic: str, wire: str, group: str, instance: str,
        leaving: Callable[[], None] | None, left: Callable[[], None],
    ) -> None:  # fmt: skip
        self._settings, self._presence = settings, presence
        self._topic, self._wire, self._group, self._instance = topic, wire, group, instance
        self._leaving, self._left = leaving, left
        self._partitions: dict[int, Partition] = {}
        self._early: deque[Delivery] = deque()
        self._consumer: KafkaConsumer | None = None
        self._listener: _Listener
        self._closed = self._giving_up = self._committing = False
        self._polled_s, self._committed_s = 0.0, time.monotonic()

    # --- the port -----------------------------------------------------------------------------------------------------

    def poll(self, limit: int, timeout_s: float) -> list[Delivery]:
        """Up to `limit` messages, waiting at most `timeout_s` for any; raises what ends this member for good."""
        until = time.monotonic() + timeout_s
        if limit <= 0:
            self.keep()
            return []
        while not self._early:
            left_s = max(0.0, until - time.monotonic())
            self._early.extend(self._look(limit, min(left_s, WAIT_S)))
            if not left_s:
                break
        return [self._give(self._early.popleft()) for _ in range(min(limit, len(self._early)))]

    def ack(self, deliveries: Sequence[Delivery]) -> None:
        """Done with these for ever, in any order; what went to others meanwhile is passed over."""
        for one in deliveries:
            partition = self._partitions.get(one.partition)
            if partition is not None:
                partition.done(one.offset)
        self._commit_soon()

    def keep(self) -> None:
        """Stay a member while nothing is wanted; commits what is due."""
        if time.monotonic() - self._polled_s >= WAIT_S / 2 or not self.joined:
            self._early.extend(self._look(0, 0.0))
        else:
            self._commit_soon()

    def close(self) -> None:
        """Commit what is done and leave; what was not acknowledged goes to others at once.

        A member with a slot keeps its place until the session ends (seconds): whoever starts in that slot by then has
        the same partitions with no rebalance at all.
        """
        if self._closed:
            return
        self._closed = True
        if self._consumer is not None:
            try:
                self._commit_now(LEAVE_S)
            except (e.KafkaError, UserError) as error:
                log.warning("%s leaves without a last commit, some of its work is done again: %s", self._group, error)
            self._listener.closing = True
            clients.discard(self._consumer, autocommit=False, timeout_ms=int(LEAVE_S * 1000))
        self._partitions.clear()
        self._early.clear()
        self._left()

    @property
    def partitions(self) -> frozenset[int]:
        """The partitions that are this member's just now."""
        assigned = self._consumer.assignment() if self._consumer is not None else ()
        return frozenset(one.partition for one in assigned)

    # --- polling ------------------------------------------------------------------------------------------------------

    def _look(self, limit: int, wait_s: float) -> list[Delivery]:
        """One poll of the library's, of nothing where the limit is 0."""
        consumer = self._member()
        if self._closed or self._giving_up or consumer is None:
            time.sleep(0.0 if self._closed else wait_s)
            return []
        self._flow(consumer, resting=not limit)
        free_place(consumer)
        if not self.joined:
            wait_s = max(wait_s, JOINING_S)
        found: Mapping[TopicPartition, Sequence[Any]] = {}
        try:
            found = consumer.poll(timeout_ms=int(wait_s * 1000), max_records=max(1, limit))
        except e.KafkaError as error:
            if not isinstance(error.__cause__, _Leaving):
                self._trouble(error)
        self._polled_s = time.monotonic()
        if not self.joined:
            keep_join(consumer)
        self._settle()
        if self._consumer is not consumer:
            return []
        self._commit_soon()
        if found:
            self._presence.back()
        return [self._delivery(record) for records in found.values() for record in records]

    @property
    def joined(self) -> bool:
        """Whether this is a member, as far as it knows, and not just joining."""
        return self._consumer is not None and self._consumer.group_metadata().state is MemberState.STABLE

    def _member(self) -> KafkaConsumer | None:
        """The library's member, made when it is first needed; None while no broker answers."""
        if self._consumer is None and not self._closed:
            try:
                consumer = clients.member(self._settings, self._settings.kafka_prefix + self._group, self._instance)
            except e.KafkaError as error:
                self._trouble(error)
                return None
            check(consumer)
            self._listener = _Listener(consumer)
            consumer.subscribe([self._wire], listener=self._listener)
            self._consumer = consumer
        return self._consumer

    def _flow(self, consumer: KafkaConsumer, resting: bool) -> None:
        """Messages flow where they are wanted, and where not too many are in hand already."""
        self._listener.resting = resting
        assigned, paused = consumer.assignment(), consumer.paused()
        full = {number for number, one in self._partitions.items() if one.ahead >= AHEAD}
        wanted = set() if resting else {one for one in assigned if one.partition not in full}
        consumer.pause(*(assigned - wanted - paused))
        consumer.resume(*(wanted & paused))

    def _delivery(self, record: Any) -> Delivery:
        headers = {name: value.decode(errors="replace") for name, value in record.headers or ()}
        key = (record.key or b"").decode(errors="replace")
        at = clients.published(record)
        return Delivery(self._topic, record.partition, record.offset, key, record.value or b"", headers, at)

    def _give(self, delivery: Delivery) -> Delivery:
        partition = self._partitions.get(delivery.partition)
        if partition is None:
            partition = self._partitions[delivery.partition] = Partition()
        partition.give(delivery.offset)
        return delivery

    # --- partitions that go -------------------------------------------------------------------------------------------

    def _settle(self) -> None:
        """Finish and commit the partitions that will be others'; where they are already, begin anew."""
        if self._listener.lost:
            self._begin_anew()
            return
        revoked, self._listener.revoked = self._listener.revoked, set()
        if not revoked:
            return
        self._early = deque(one for one in self._early if one.partition not in revoked)
        if self._leaving is not None and any(one.held for number, one in self._partitions.items() if number in revoked):
            self._giving_up = True
            try:
                self._leaving()
            finally:
                self._giving_up = False
        self._commit_now(COMMIT_S)
        self._forget(revoked)

    def _begin_anew(self) -> None:
        """Be another member: one that was put out of its group, and let in again, may get no messages any more.

        What was in hand is others' by now; what they do not acknowledge comes again.
        """
        log.info("%s: was put out of the group, joins as another member", self._group)
        if self._consumer is not None:
            self._listener.closing = True
            clients.discard(self._consumer, autocommit=False, timeout_ms=0)
        self._consumer, self._committing = None, False
        self._partitions.clear()
        self._early.clear()

    def _forget(self, numbers: Iterable[int]) -> None:
        gone = set(numbers)
        for number in gone:
            self._partitions.pop(number, None)
        if gone:
            self._early = deque(one for one in self._early if one.partition not in gone)

    # --- commits ------------------------------------------------------------------------------------------------------

    def _due(self) -> dict[int, int]:
        return {n: one.prefix for n, one in self._partitions.items() if one.committed < one.prefix}

    def _commit_soon(self) -> None:
        """Commit what is done, unless that was so lately; the answer comes with a later poll."""
        if self._consumer is None or self._committing or self._closed:
            return
        waited_s = time.monotonic() - self._committed_s
        if waited_s < COMMIT_IDLE_S:
            return
        offsets = self._due()
        if not offsets and waited_s >= VERIFY_EVERY_S:
            offsets = {n: one.committed for n, one in list(self._partitions.items())[:1]}
        busy = waited_s < COMMIT_EVERY_S and any(one.held for one in self._partitions.values())
        if offsets and not busy:
            self._committing, self._committed_s = True, time.monotonic()
            try:
                self._consumer.commit_async(self._wired(offsets), self._answered)
            except e.KafkaError as error:
                self._committing = False
                self._trouble(error)

    def _answered(self, offsets: Mapping[TopicPartition, OffsetAndMetadata], answer: object) -> None:
        """Called by the library within a poll or a commit of ours."""
        self._committing = False
        if isinstance(answer, OUTED):
            log.info("%s: a commit was refused while the group is made up anew (%s)", self._group, answer)
        elif isinstance(answer, e.KafkaError):
            self._trouble(answer)
        elif isinstance(answer, BaseException):
            raise answer
        else:
            self._note({one.partition: meta.offset for one, meta in offsets.items()})

    def _commit_now(self, timeout_s: float) -> None:
        """Commit what is done and wait for it; what cannot be committed is done again by others."""
        offsets = self._due()
        if self._consumer is None or not offsets:
            return
        try:
            self._consumer.commit(self._wired(offsets), timeout_ms=int(timeout_s * 1000))
        except OUTED as error:
            log.info("%s: the last commit of partitions was refused (%s)", self._group, error)
        except e.KafkaError as error:
            self._trouble(error)
        else:
            self._note(offsets)

    def _note(self, offsets: Mapping[int, int]) -> None:
        self._presence.back()
        for number, offset in offsets.items():
            if number in self._partitions:
                self._partitions[number].committed = offset

    def _wired(self, offsets: Mapping[int, int]) -> dict[TopicPartition, OffsetAndMetadata]:
        return {TopicPartition(self._wire, n): OffsetAndMetadata(offset, "", -1) for n, offset in offsets.items()}

    def _trouble(self, error: e.KafkaError) -> None:
        """Wait out what passes; raise what does not, for a member that goes on would only pretend to work."""
        if isinstance(error, clients.AWAY) and not isinstance(error, e.UnknownTopicOrPartitionError):
            if isinstance(error, clients.SILENT):
                self._presence.away(error)
            else:
                self._presence.failed()
            return
        what = self._wire if isinstance(error, OF_TOPIC) else self._group
        raise clients.refusal(error, self._settings, what) or error
