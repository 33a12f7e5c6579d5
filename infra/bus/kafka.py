"""The bus of the cluster: topics and consumer groups on Apache Kafka.

Messages of one key keep their order. A message that its member does not acknowledge goes to another once that member
leaves or is gone: Kafka hands out partitions, not messages.
"""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from kafka import KafkaProducer
from kafka import errors as e

from infra.bus import kafka_clients as clients
from infra.bus.kafka_clients import Presence
from infra.bus.kafka_member import KafkaSubscription
from infra.bus.kafka_sight import GroupState, Sight, look, published
from infra.bus.kafka_watch import Place, Watch
from infra.runtime.clock import SystemClock
from infra.settings import Settings
from schemas.ports import Clock, Delivery, Lag, Offsets, Outgoing
from schemas.topics import ALL, VERDICTS, Topic
from streams import rates

PATIENCE_S = 5.0
"""After so long without an answer Kafka is said to be away."""
FAILURES = 3
"""How often in a row a producer may break down before the process gives up."""


class _Record(NamedTuple):
    topic: str
    key: bytes
    value: bytes
    headers: list[tuple[str, bytes]]


class KafkaBus:
    """Topics and consumer groups of the cluster that `settings` names; safe for many threads, a member for one each.

    Raises `UserError` where no broker answers now; once it is made, an absence is waited out by all it does.
    """

    def __init__(
        self, settings: Settings, clock: Clock | None = None, topics: Sequence[Topic] = ALL,
        failed: Callable[[], None] = lambda: None,
    ) -> None:  # fmt: skip
        """`failed` is told of what Kafka did not do, and is asked again."""
        self._settings, self._clock = settings, clock or SystemClock()
        self._topics = {topic.name: topic for topic in topics}
        self._presence = Presence(settings, failed=failed)
        self._lock = threading.Lock()
        self._producer: KafkaProducer | None = None
        self._ready: frozenset[str] = frozenset()
        self._members: set[KafkaSubscription] = set()
        self._instances: set[str] = set()
        self._oldest: dict[tuple[str, str], float] = {}
        self._watch = Watch(settings, self._presence)
        self._watch.connect()

    def _wire(self, topic: str) -> str:
        """The topic's name on the brokers."""
        if topic not in self._topics:
            raise ValueError(f"no topic {topic!r} on this bus")
        return self._settings.kafka_prefix + topic

    def _group(self, group: str) -> str:
        return self._settings.kafka_prefix + group

    def _check(self, wires: frozenset[str]) -> None:
        if not wires <= self._ready:
            self._watch.counts(sorted(wires))
            self._ready |= wires

    # --- publishing ---------------------------------------------------------------------------------------------------

    def publish(self, messages: Sequence[Outgoing]) -> None:
        """Append the messages, each key's in order, and wait until all in-sync replicas have them.

        Raises `UserError` for what waiting does not mend: a missing topic, no right to write, a message too large.
        """
        left = [
            _Record(
                self._wire(one.topic), one.key.encode(), one.value,
                [(name, text.encode(errors="replace")) for name, text in one.headers.items()],
            )
            for one in messages
        ]  # fmt: skip
        self._check(frozenset(one.topic for one in left))
        failures = 0
        while left:
            left, broken = self._send(left)
            failures = failures + 1 if broken is not None else 0
            if broken is not None and failures >= FAILURES:
                raise broken

    def _send(self, records: Sequence[_Record]) -> tuple[list[_Record], e.KafkaError | None]:
        """Send the records; gives those that failed, which may be sent again, and what broke the producer."""
        producer = self._own_producer()
        if producer is None:
            time.sleep(PATIENCE_S / 10)
            return list(records), None
        futures, failed, broken = [], list[_Record](), None
        for record in records:
            try:
                futures.append((record, producer.send(record.topic, record.value, record.key, record.headers)))
            except e.KafkaError as error:
                broken = self._failure(error, record) or broken
                failed.append(record)
        for record, future in futures:
            try:
                self._wait(future)
            except e.KafkaError as error:
                broken = self._failure(error, record) or broken
                failed.append(record)
        if broken is not None:
            self._discard_producer(producer)
        elif not failed:
            self._presence.back()
        return failed, broken

    def _wait(self, future: object) -> None:
        while True:
            try:
                future.get(PATIENCE_S)  # type: ignore[attr-defined]
            except e.KafkaTimeoutError as error:
                self._presence.away(error)
                if future.is_done:  # type: ignore[attr-defined]
                    raise
            else:
                return

    def _failure(self, error: e.KafkaError, record: _Record) -> e.KafkaError | None:
        """What broke the producer; None for what passes by itself; raises what a user must mend."""
        size = f"{len(record.value)} bytes for {record.topic}"
        told = clients.refusal(error, self._settings, size if isinstance(error, clients.TOO_LARGE) else record.topic)
        if told is not None:
            raise told from error
        if isinstance(error, clients.AWAY):
            self._presence.away(error)
            return None
        self._presence.failed()
        return error

    def _own_producer(self) -> KafkaProducer | None:
        """The producer; None while no broker answers."""
        with self._lock:
            if self._producer is None:
                try:
                    self._producer = clients.producer(self._settings)
                except e.KafkaError as error:
                    told = clients.refusal(error, self._settings)
                    if told is not None or not isinstance(error, clients.AWAY):
                        raise told or error from error
                    self._presence.away(error)
            return self._producer

    def _discard_producer(self, producer: KafkaProducer) -> None:
        with self._lock:
            if self._producer is producer:
                self._producer = None
                clients.discard(producer, timeout=1.0)

    # --- consuming ----------------------------------------------------------------------------------------------------

    def subscribe(self, topic: str, group: str, leaving: Callable[[], None] | None = None) -> KafkaSubscription:
        """Join `group` as a new member, at its first poll; a new group starts at the earliest message.

        With a slot (NHR_SLOT) it is a static member. Raises `UserError` for a topic that is not there.
        """
        wire = self._wire(topic)
        self._check(frozenset([wire]))
        instance = self._instance(group)

        def left() -> None:
            with self._lock:
                self._instances.discard(f"{group} {instance}")
                self._members.discard(member)

        member = KafkaSubscription(self._settings, self._presence, topic, wire, group, instance, leaving, left)
        with self._lock:
            self._members.add(member)
        return member

    def _instance(self, group: str) -> str:
        """A lasting name for one more member of the group, "" where this process has none."""
        if not self._settings.slot:
            return ""
        with self._lock:
            number = 0
            while (name := f"{self._settings.slot}.{number}") and f"{group} {name}" in self._instances:
                number += 1
            self._instances.add(f"{group} {name}")
            return name

    # --- looking ------------------------------------------------------------------------------------------------------

    def lag(self) -> dict[tuple[str, str], Lag]:
        """Lag of every declared (topic, group); what is in hand counts as waiting."""
        return {pair: Lag(sum(behind.values()), 0) for pair, behind in self._behind().items()}

    def sight(self) -> Sight:
        """Where all topics and groups stand now, the rates' too; for people, not for the hot path."""
        topics = [self._wire(name) for name in self._topics]
        return look(self._watch, topics, [group for _, group in self.readers()])

    def readers(self) -> list[tuple[str, str]]:
        """Which group reads which topic, as they are called on the brokers; the rates' group, too."""
        pairs = self._pairs() + [(VERDICTS.name, rates.GROUP)] * (VERDICTS.name in self._topics)
        return [(self._wire(topic), self._group(group)) for topic, group in pairs]

    def members(self, sight: Sight) -> dict[str, int]:
        """How many members each group had then."""
        return {
            group.removeprefix(self._settings.kafka_prefix): len(found) for group, (_, found) in sight.members.items()
        }

    def states(self, sight: Sight) -> list[GroupState]:
        """Every declared group as it stood then: who is in it, how far and how long it is behind."""
        return [self._state(sight, topic, group) for topic, group in self._pairs()]

    def groups(self) -> list[GroupState]:
        """Every declared group as it stands now."""
        return self.states(self.sight())

    def sent(self, sight: Sight) -> dict[str, int]:
        """How many messages each topic ever had then."""
        return self._summed(sight.ends)

    def ends(self) -> dict[str, int]:
        """How many messages each topic ever had; two looks at it give its rate."""
        return self._summed(self._watch.ends(self._watch.places([self._wire(name) for name in self._topics])))

    def _summed(self, ends: Mapping[Place, int]) -> dict[str, int]:
        names = {self._wire(name): name for name in self._topics}
        total = dict.fromkeys(sorted(self._topics), 0)
        for (wire, _), end in ends.items():
            total[names[wire]] += end
        return total

    def since(self, topic: str, at: float) -> int:
        """How many messages a topic had since then (Unix seconds), of those that it still keeps."""
        places = self._watch.places([self._wire(topic)])
        first, ends = self._watch.since(places, at), self._watch.ends(places)
        return sum(ends[place] - one.offset for place, one in first.items())

    def offsets(self) -> Offsets:
        """Where every declared group and topic stands; what a topic no longer keeps, its groups are done with."""
        pairs = self._pairs()
        committed, places = self._asked(pairs)
        ends = self._watch.ends(places)
        floors = self._watch.floors(places)
        return Offsets(
            {
                (topic, group): {
                    number: max(committed.get(self._group(group), {}).get((wire, number), 0), floors[wire, number])
                    for wire, number in places
                    if wire == self._wire(topic)
                }
                for topic, group in pairs
            },
            {
                topic: {number: end for (wire, number), end in ends.items() if wire == self._wire(topic)}
                for topic in dict.fromkeys(topic for topic, _ in pairs)
            },
        )

    def partitions(self, topic: str) -> int:
        """How many partitions a topic has."""
        return self._watch.counts([self._wire(topic)])[self._wire(topic)]

    def read(self, topic: str, start: int = 0, limit: int = 100, partition: int = 0) -> list[Delivery]:
        """Up to `limit` messages of a partition from offset `start` on, given to nobody; none at its end.

        Raises `UserError` for a topic that is not there.
        """
        place = (self._wire(topic), partition)
        self._check(frozenset([place[0]]))
        found: list[Any] = []
        while not found:  # a slow broker gave nothing in time; what retention removes meanwhile is passed over
            first = max(start, self._watch.floors([place])[place])
            if first >= self._watch.ends([place])[place]:
                break
            found = self._watch.read({place: first}, limit)
        return [
            Delivery(
                topic, one.partition, one.offset, (one.key or b"").decode(errors="replace"), one.value or b"",
                {name: value.decode(errors="replace") for name, value in one.headers or ()}, clients.published(one),
            )
            for one in found
        ]  # fmt: skip

    def floors(self, topic: str, group: str = "") -> dict[int, int]:
        """By partition, the lowest offset that `group`, or any group, has not done with; 0 where nobody reads."""
        groups = [self._group(one) for one in ((group,) if group else self._topics[topic].groups)]
        committed = self._watch.committed(groups) if groups else {}
        places = self._watch.places([self._wire(topic)])
        return {place[1]: min((committed.get(one, {}).get(place, 0) for one in groups), default=0) for place in places}

    def _state(self, sight: Sight, topic: str, group: str) -> GroupState:
        next_ = sight.next(self._wire(topic), self._group(group))
        left = {place: offset for place, offset in next_.items() if offset < sight.ends[place]}
        now, oldest_s = self._clock.now(), 0.0
        if left:
            oldest = published(self._watch.since, left, self._oldest.get((topic, group), 0.0), now)
            self._oldest[topic, group], oldest_s = oldest, max(0.0, now - oldest)  # brokers have clocks of their own
        state, members = sight.members.get(self._group(group), ("", ()))
        waiting = sum(sight.ends[place] - offset for place, offset in left.items())
        return GroupState(topic, group, state, members, waiting, oldest_s, sum(next_.values()))

    def _behind(self) -> dict[tuple[str, str], dict[Place, int]]:
        """By declared (topic, group): messages not done of each partition that has any.

        What groups committed is asked before where the topics end, and both only ever grow. So where a group is level
        with its topic, it was so at the instant between the two questions; where all are, nothing at all was queued
        at that instant.
        """
        pairs = self._pairs()
        committed, places = self._asked(pairs)
        ends = self._watch.ends(places)
        open_ = [
            (pair, place) for pair in pairs for place in places
            if place[0] == self._wire(pair[0]) and committed.get(self._group(pair[1]), {}).get(place, 0) < ends[place]
        ]  # fmt: skip
        floors = self._watch.floors([place for _, place in open_])
        behind: dict[tuple[str, str], dict[Place, int]] = {pair: {} for pair in pairs}
        for pair, place in open_:
            next_ = max(committed.get(self._group(pair[1]), {}).get(place, 0), floors[place])
            if next_ < ends[place]:
                behind[pair][place] = ends[place] - next_
        return behind

    def _pairs(self) -> list[tuple[str, str]]:
        """Every declared topic with each of its groups."""
        return [(topic.name, group) for topic in self._topics.values() for group in topic.groups]

    def _asked(self, pairs: Sequence[tuple[str, str]]) -> tuple[dict[str, dict[Place, int]], list[Place]]:
        """What the groups committed, and every partition of their topics."""
        committed = self._watch.committed({self._group(group) for _, group in pairs})
        return committed, self._watch.places([self._wire(name) for name in dict.fromkeys(name for name, _ in pairs)])

    def close(self) -> None:
        """Leave all groups, and close what is open; what was published is durable already."""
        for member in tuple(self._members):
            member.close()
        if self._producer is not None:
            clients.discard(self._producer, timeout=5.0)
            self._producer = None
        self._watch.close()
