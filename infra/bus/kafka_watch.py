"""What stands on the brokers: topics, where groups are, how far behind they are, messages read by nobody's leave."""

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka import errors as e

from infra.bus import kafka_clients as clients
from infra.bus.kafka_clients import Presence
from infra.settings import Settings

T = TypeVar("T")
Place = tuple[str, int]
"""A topic as it is called on the brokers, and a partition."""

FRESH_S = 10.0
"""How long the numbers of partitions and their first offsets are believed."""
MISSING_S = 5.0
"""How long a topic must be unknown to be missing: brokers hear of a new one one after the other."""
PAUSE_S = 0.25
LOOK_MS = 3000
"""After so long a new client is asked: one that was there when a broker died may go on asking the dead."""
READ_S = 5.0


@dataclass(frozen=True)
class Member:
    """A member of a group: its client's name, the machine it speaks from, how many partitions it has."""

    name: str
    host: str
    partitions: tuple[int, ...]


class First(NamedTuple):
    """A message: its offset, and when it was published (Unix seconds)."""

    offset: int
    at: float


class Watch:
    """Asks the brokers, for one process and all its threads; waits while none answers."""

    def __init__(self, settings: Settings, presence: Presence) -> None:
        self._settings, self._presence = settings, presence
        self._asking, self._looking = threading.Lock(), threading.Lock()
        self._admin: KafkaAdminClient | None = None
        self._reader: KafkaConsumer | None = None
        self._counts: tuple[float, dict[str, int]] = (float("-inf"), {})
        self._floors: dict[Place, tuple[float, int]] = {}

    def connect(self) -> None:
        """Connect now; raises `UserError` where no broker answers or the login is refused."""
        with self._asking:
            try:
                self._admin = clients.admin(self._settings)
            except e.KafkaError as error:
                told = clients.refusal(error, self._settings) or clients.unanswered(self._settings)
                raise told from None

    def ask(self, question: Callable[[KafkaAdminClient], T]) -> T:
        """What the brokers answer; asked again, by a new client, until they do."""
        with self._asking:
            while True:
                try:
                    if self._admin is None:
                        self._admin = clients.admin(self._settings)
                    answer = question(self._admin)
                except e.KafkaError as error:
                    broken, self._admin = self._admin, None
                    self._again(broken, error)
                else:
                    self._presence.back()
                    return answer

    def look(self, question: Callable[[KafkaConsumer], T]) -> T:
        """Like `ask`, of a consumer without a group."""
        with self._looking:
            while True:
                try:
                    if self._reader is None:
                        self._reader = clients.reader(self._settings)
                    answer = question(self._reader)
                except e.KafkaError as error:
                    broken, self._reader = self._reader, None
                    self._again(broken, error)
                else:
                    self._presence.back()
                    return answer

    def _again(self, client: Any, error: e.KafkaError) -> None:
        """Throw the client away and wait a little; raises what waiting does not mend."""
        if client is not None:
            clients.discard(client)
        if not isinstance(error, clients.AWAY):
            raise clients.refusal(error, self._settings) or error
        if isinstance(error, clients.SILENT):
            self._presence.away(error)
        else:
            self._presence.failed()
        time.sleep(PAUSE_S)

    # --- topics -------------------------------------------------------------------------------------------------------

    def counts(self, topics: Sequence[str]) -> dict[str, int]:
        """How many partitions each topic has; raises `UserError` for one that is missing."""
        asked_s, known = self._counts
        if time.monotonic() - asked_s < FRESH_S and all(topic in known for topic in topics):
            return {topic: known[topic] for topic in topics}
        wanted = sorted({*known, *topics})
        until = time.monotonic() + MISSING_S
        while True:
            said = self.ask(lambda admin: admin.describe_topics(wanted))
            known = {one["name"]: len(one["partitions"]) for one in said if not one["error_code"]}
            lacking = next((topic for topic in topics if not known.get(topic)), None)
            if lacking is None:
                self._counts = time.monotonic(), known
                return {topic: known[topic] for topic in topics}
            error = next((e.for_code(one["error_code"]) for one in said if one["name"] == lacking), None)
            if error is e.TopicAuthorizationFailedError or time.monotonic() >= until:
                told = clients.refusal((error or e.UnknownTopicOrPartitionError)(), self._settings, lacking)
                raise told or clients.missing(self._settings, lacking)
            time.sleep(PAUSE_S)

    def brokers(self) -> int:
        """How many brokers the cluster has."""
        return self.ask(lambda admin: len(admin.describe_cluster()["brokers"]))

    def places(self, topics: Sequence[str]) -> list[Place]:
        """Every partition of the topics."""
        return [(topic, number) for topic, count in self.counts(topics).items() for number in range(count)]

    # --- offsets ------------------------------------------------------------------------------------------------------

    def committed(self, groups: Iterable[str]) -> dict[str, dict[Place, int]]:
        """By group, the next offset of each partition of which it committed any."""
        said = self.ask(lambda admin: admin.list_group_offsets(dict.fromkeys(groups)))
        return {
            group: {(place.topic, place.partition): meta.offset for place, meta in found.items() if meta.offset >= 0}
            for group, found in said.items()
        }

    def ends(self, places: Sequence[Place]) -> dict[Place, int]:
        """The offset that the next message of each partition gets."""
        return self._offsets(places, KafkaConsumer.end_offsets)

    def floors(self, places: Sequence[Place]) -> dict[Place, int]:
        """The offset of the first message that each partition keeps, as of a few seconds ago at most."""
        now = time.monotonic()
        stale = [place for place in places if self._floors.get(place, (float("-inf"), 0))[0] < now - FRESH_S]
        for place, offset in self._offsets(stale, KafkaConsumer.beginning_offsets).items():
            self._floors[place] = now, offset
        return {place: self._floors[place][1] for place in places}

    def since(self, places: Sequence[Place], at: float) -> dict[Place, First]:
        """The first message of each partition that is not older than `at` (Unix seconds), if any is."""
        wanted = {TopicPartition(*place): int(at * 1000) for place in places}
        found = self.look(lambda reader: reader.offsets_for_times(dict(wanted), timeout_ms=LOOK_MS))
        return {
            (place.topic, place.partition): First(one.offset, one.timestamp / 1000)
            for place, one in found.items()
            if one is not None
        }

    def _offsets(
        self, places: Sequence[Place], which: Callable[[KafkaConsumer, list[TopicPartition], int], Mapping[Any, int]]
    ) -> dict[Place, int]:
        if not places:
            return {}
        wanted = [TopicPartition(*place) for place in places]

        def question(reader: KafkaConsumer) -> Mapping[Any, int]:
            try:
                return which(reader, wanted, LOOK_MS)
            except KeyError:  # the client has not heard yet who leads this partition
                raise e.LeaderNotAvailableError from None

        return {(place.topic, place.partition): offset for place, offset in self.look(question).items()}

    def read(self, places: Mapping[Place, int], limit: int) -> list[Any]:
        """Up to `limit` messages of each partition from the given offset on, as the library has them; in order."""
        ends = self.ends(list(places))
        wanted = {place: start for place, start in places.items() if start < ends[place]}
        return self.look(lambda reader: _read(reader, wanted, ends, limit)) if wanted else []

    # --- groups -------------------------------------------------------------------------------------------------------

    def members(self, groups: Sequence[str]) -> dict[str, tuple[str, tuple[Member, ...]]]:
        """The state of each group, and who is in it."""
        said = self.ask(lambda admin: admin.describe_groups(list(groups)))
        return {group: (str(said[group]["group_state"]), _members(said[group])) for group in groups if group in said}

    def close(self) -> None:
        """Close what is open."""
        for client in (self._admin, self._reader):
            if client is not None:
                clients.discard(client)
        self._admin = self._reader = None


def _members(group: Mapping[str, Any]) -> tuple[Member, ...]:
    return tuple(
        Member(
            one["client_id"], one["client_host"].lstrip("/"),
            tuple(sorted(n for topic in _assigned(one) for n in topic["partitions"])),
        )
        for one in group["members"]
    )  # fmt: skip


def _assigned(member: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    assignment = member["member_assignment"]
    return assignment["assigned_partitions"] if isinstance(assignment, Mapping) else ()


def _read(reader: KafkaConsumer, wanted: Mapping[Place, int], ends: Mapping[Place, int], limit: int) -> list[Any]:
    reader.assign([TopicPartition(*place) for place in wanted])
    found: dict[Place, list[Any]] = {place: [] for place in wanted}
    left = set(wanted)
    for place, start in wanted.items():
        reader.seek(TopicPartition(*place), start)
    until = time.monotonic() + READ_S
    while left and time.monotonic() < until:
        for at, records in reader.poll(timeout_ms=int(PAUSE_S * 1000)).items():
            place = (at.topic, at.partition)
            found[place] += records
            if len(found[place]) >= limit or found[place][-1].offset + 1 >= ends[place]:
                reader.pause(at)
                left.discard(place)
    reader.unsubscribe()
    return [record for records in found.values() for record in records[:limit]]
