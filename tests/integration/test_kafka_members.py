"""Members of a group on real Kafka that die, stall, come and go."""

import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from infra.bus import kafka_member
from infra.bus.kafka import KafkaBus
from infra.settings import Settings
from schemas.ports import Delivery, Lag, Outgoing
from schemas.topics import TRIPLETS, VERDICTS
from tests import kafkas
from tests.contract.buses import take, texts
from tests.integration import kafka_process
from tests.integration.kafka_process import GROUP

TOPICS = (TRIPLETS, VERDICTS)
POLL_S = 10.0
SESSION_S = 40.0
"""Within this the brokers notice that a member is gone, and its group is made up anew."""


class Relay:
    """A process that takes triplets and sends them on; its lines are collected."""

    def __init__(self, settings: Settings) -> None:
        command = [sys.executable, kafka_process.__file__, settings.model_dump_json()]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.lines: list[list[str]] = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        self.lines.extend(line.split() for line in self.process.stdout)

    def said(self, word: str) -> list[str]:
        return [text for first, *rest in list(self.lines) if first == word for text in rest]

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    def ended(self) -> int:
        """Its exit status, after asking it to end by closing its standard input."""
        with self.process:
            assert self.process.stdin is not None
            self.process.stdin.close()
            try:
                self._reader.join(60)
            finally:
                self.process.kill()
        return self.process.returncode


@pytest.fixture
def settings(kafka_servers: str) -> Settings:
    given = kafkas.settings(kafka_servers, partitions=4)
    kafkas.make(given, TOPICS)
    return given


@pytest.fixture
def bus(settings: Settings) -> Iterator[KafkaBus]:
    opened = KafkaBus(settings, topics=TOPICS)
    yield opened
    opened.close()


@pytest.fixture
def start(settings: Settings) -> Iterator[Callable[..., Relay]]:
    started: list[Relay] = []

    def one(**more: object) -> Relay:
        started.append(Relay(settings.model_copy(update=more)))
        return started[-1]

    yield one
    for relay in started:
        if relay.process.poll() is None:
            relay.signal(signal.SIGKILL)
        relay.ended()


def numbers(count: int) -> list[Outgoing]:
    return [Outgoing(TRIPLETS.name, f"k{n % 23}", b"%d" % n) for n in range(count)]


def arrived(bus: KafkaBus) -> Counter[str]:
    """What was sent on, and how often."""
    return Counter(text for partition in range(4) for text in texts(bus.read(VERDICTS.name, 0, 10_000, partition)))


def lag(bus: KafkaBus) -> Lag:
    return bus.lag()[TRIPLETS.name, GROUP]


def shares(bus: KafkaBus) -> list[int]:
    """How many partitions each member of the group has."""
    (found,) = (one for one in bus.groups() if one.group == GROUP)
    return sorted(len(member.partitions) for member in found.members)


def test_nothing_is_lost_when_members_are_killed(bus: KafkaBus, start: Callable[..., Relay]) -> None:
    victims = [start(), start()]
    for part in range(10):
        bus.publish(numbers(400)[part::10])
    for victim in victims:
        kafkas.until(lambda victim=victim: bool(victim.said("sent")) or len(arrived(bus)) == 400)  # type: ignore[misc]
        victim.signal(signal.SIGKILL)
    heir = start()
    bus.publish([Outgoing(TRIPLETS.name, "k", b"last")])
    kafkas.until(lambda: not any(lag(bus)), SESSION_S)
    assert heir.ended() == 0
    assert arrived(bus).keys() == {*map(str, range(400)), "last"}


def test_a_stalled_member_loses_its_messages_and_takes_part_again_when_it_wakes(
    bus: KafkaBus, start: Callable[..., Relay]
) -> None:
    stalled = start()
    kafkas.until(lambda: len(shares(bus)) == 1)
    stalled.signal(signal.SIGSTOP)
    bus.publish(numbers(100))
    heir = start()
    kafkas.until(lambda: not any(lag(bus)), SESSION_S)
    assert arrived(bus).keys() == set(map(str, range(100)))
    stalled.signal(signal.SIGCONT)
    kafkas.until(lambda: shares(bus) == [2, 2], SESSION_S)
    bus.publish([Outgoing(TRIPLETS.name, f"k{n}", b"again") for n in range(40)])
    kafkas.until(lambda: arrived(bus)["again"] >= 40 and not any(lag(bus)), SESSION_S)
    assert {"again"} <= {*stalled.said("sent")} & {*heir.said("sent")}
    assert [stalled.ended(), heir.ended()] == [0, 0]


@pytest.mark.parametrize("slot", ["", "s1"])
def test_a_member_that_is_busy_past_the_poll_interval_loses_its_messages_and_takes_part_again(
    slot: str, settings: Settings, bus: KafkaBus
) -> None:
    away = settings.model_copy(update={"kafka_poll_s": POLL_S, "slot": slot})
    busy = KafkaBus(away, topics=TOPICS)
    try:
        stalled = busy.subscribe(TRIPLETS.name, GROUP)
        kafkas.joined(stalled)
        bus.publish(numbers(40))
        held = take(40, stalled)
        heir = bus.subscribe(TRIPLETS.name, GROUP)
        kafkas.until(lambda: not heir.poll(0, 0.1) and len(heir.partitions) == 4, POLL_S + SESSION_S)
        again = take(40, heir)
        assert sorted(texts(again), key=int) == [str(n) for n in range(40)]
        stalled.ack(held)
        heir.ack(again)
        kafkas.joined(stalled, heir)
        bus.publish(numbers(40))
        assert sorted(texts(take(40, stalled, heir)), key=int) == [str(n) for n in range(40)]
        assert not stalled.poll(1, 0.5)
    finally:
        busy.close()


def test_whoever_lost_its_slot_to_another_process_ends_in_one_line(bus: KafkaBus, start: Callable[..., Relay]) -> None:
    first = start(slot="s1")
    kafkas.until(lambda: len(shares(bus)) == 1)
    second = start(slot="s1")
    kafkas.until(lambda: any("slot" in line for line in first.lines) or _poked(bus), SESSION_S)
    assert first.ended() == 2
    assert " ".join(first.lines[-1]).startswith("failed another process took slot 's1'")
    assert second.ended() == 0


def _poked(bus: KafkaBus) -> bool:
    """One more message: who was put out of its group hears of it when it commits."""
    bus.publish(numbers(8))
    return False


def test_what_goes_to_another_member_is_finished_and_committed_first(
    bus: KafkaBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kafka_member, "COMMIT_IDLE_S", 1000.0)
    held: list[Delivery] = []
    threads: list[int] = []

    def leaving() -> None:
        threads.append(threading.get_ident())
        first.ack(held)
        held.clear()

    first = bus.subscribe(TRIPLETS.name, GROUP, leaving)
    bus.publish(numbers(40))
    held += take(40, first)
    second = bus.subscribe(TRIPLETS.name, GROUP)
    kafkas.joined(first, second)
    assert threads == [threading.get_ident()]
    assert second.poll(10, 0.5) == []
    assert lag(bus) == Lag(0, 0)


def test_what_is_not_finished_goes_to_another_member_with_its_partition(bus: KafkaBus) -> None:
    first = bus.subscribe(TRIPLETS.name, GROUP, lambda: None)
    bus.publish(numbers(40))
    held = take(40, first)
    second = bus.subscribe(TRIPLETS.name, GROUP)
    kafkas.joined(first, second)
    gone = [one for one in held if one.partition in second.partitions]
    assert sorted(texts(take(len(gone), second))) == sorted(texts(gone))
    first.ack(held)

    def committed() -> bool:
        first.keep()
        return lag(bus) == Lag(len(gone), 0)

    kafkas.until(committed)


def test_a_member_stays_one_while_it_wants_nothing(bus: KafkaBus) -> None:
    resting = bus.subscribe(TRIPLETS.name, GROUP)
    kafkas.joined(resting)
    bus.publish(numbers(20))
    other = bus.subscribe(TRIPLETS.name, GROUP)

    def kept() -> bool:
        resting.keep()
        other.keep()
        return bool(other.partitions) and len(resting.partitions) == 2

    kafkas.until(kept)
    assert sorted(texts(take(20, resting, other)), key=int) == [str(n) for n in range(20)]


def test_one_message_in_hand_does_not_let_its_partition_run_away(
    bus: KafkaBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kafka_member, "AHEAD", 50)
    bus.publish([Outgoing(TRIPLETS.name, "k", b"%d" % n) for n in range(200)])
    member = bus.subscribe(TRIPLETS.name, GROUP)
    got = take(50, member, limit=10)
    member.ack(got[1:])
    assert member.poll(10, 0.5) == []
    member.ack(got[:1])
    assert len(take(50, member, limit=10)) >= 50


def test_partitions_that_had_to_rest_go_on(bus: KafkaBus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka_member, "AHEAD", 10)
    member = bus.subscribe(TRIPLETS.name, GROUP)
    bus.publish(numbers(400))
    got: list[Delivery] = []
    held: list[Delivery] = []

    def finished() -> bool:
        held.extend(batch := member.poll(7, 0.2))
        got.extend(batch)
        if not batch:  # all partitions rest
            member.ack(held)
            held.clear()
        return len(got) >= 400

    kafkas.until(finished)
    assert sorted(texts(got), key=int) == [str(n) for n in range(400)]


def test_members_of_one_process_share_a_slot(bus: KafkaBus, settings: Settings) -> None:
    slotted = KafkaBus(settings.model_copy(update={"slot": "s1"}), topics=TOPICS)
    try:
        members = [slotted.subscribe(TRIPLETS.name, GROUP) for _ in range(2)]
        kafkas.joined(*members)
        bus.publish(numbers(40))
        assert sorted(texts(take(40, *members)), key=int) == [str(n) for n in range(40)]
    finally:
        slotted.close()
