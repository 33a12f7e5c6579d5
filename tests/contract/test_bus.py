"""What every bus must do."""

import threading
import time
from collections import Counter
from functools import partial

import pytest

from infra.bus import BrowsableBus
from schemas.messages import MAX_MESSAGE_BYTES
from schemas.ports import Delivery, Lag, Outgoing
from tests import kafkas
from tests.contract.buses import (
    NO_GROUPS,
    ONE,
    ONE_GROUP,
    SOON_S,
    TWO,
    TWO_GROUPS,
    exact,
    lag,
    lag_comes_to,
    nothing_comes,
    say,
    take,
    texts,
    together,
)
from tests.contract.clocks import FakeClock


def test_messages_of_one_key_reach_a_single_consumer_in_order(bus: BrowsableBus) -> None:
    bus.publish([message for i in range(50) for message in say(ONE, str(i), key=f"k{i % 3}")])
    got = take(50, bus.subscribe(ONE, ONE_GROUP), limit=7)
    for key in ("k0", "k1", "k2"):
        numbers = [int(one.value) for one in got if one.key == key]
        assert numbers == sorted(numbers)
    assert len(got) == 50


def test_a_message_arrives_as_it_was_sent(bus: BrowsableBus) -> None:
    bus.publish([Outgoing(ONE, "key é", b"\x00\xff", {"origin": "t", "reason": "ä"})])
    (got,) = bus.subscribe(ONE, ONE_GROUP).poll(10, SOON_S)
    assert (got.topic, got.key, got.value, dict(got.headers)) == (
        ONE, "key é", b"\x00\xff", {"origin": "t", "reason": "ä"},
    )  # fmt: skip


def test_a_message_says_when_it_was_published(bus: BrowsableBus, clock: FakeClock) -> None:
    before = min(time.time(), clock.now())
    bus.publish([*say(ONE, "bare"), Outgoing(ONE, "k", b"with", {"origin": "t"})])
    got = bus.subscribe(ONE, ONE_GROUP).poll(10, SOON_S)
    after = max(time.time(), clock.now())
    assert all(before - 1 <= one.at <= after + 1 for one in got)  # brokers tell milliseconds
    assert [one.at for one in bus.read(ONE)] == [one.at for one in got]


def test_empty_keys_values_and_headers_are_allowed(bus: BrowsableBus) -> None:
    bus.publish([Outgoing(ONE, "", b"")])
    (got,) = bus.subscribe(ONE, ONE_GROUP).poll(10, SOON_S)
    assert (got.key, got.value, dict(got.headers)) == ("", b"", {})


def test_the_largest_message_passes(bus: BrowsableBus) -> None:
    value = bytes(range(256)) * (MAX_MESSAGE_BYTES // 256)
    bus.publish([Outgoing(ONE, "k", value)] * 5)
    assert [one.value for one in bus.subscribe(ONE, ONE_GROUP).poll(10, SOON_S)] == [value] * 5


def test_a_delivery_is_named_by_topic_partition_and_offset(bus: BrowsableBus) -> None:
    bus.publish([message for text in "abcdef" for message in say(ONE, text, key=text)])
    got = take(6, bus.subscribe(ONE, ONE_GROUP), limit=4)
    assert len({one[:3] for one in got}) == 6


def test_publishing_nothing_does_nothing(bus: BrowsableBus) -> None:
    bus.publish([])
    assert lag(bus, ONE, ONE_GROUP) == Lag(0, 0)


def test_an_unknown_topic_is_refused_and_nothing_of_its_batch_is_published(bus: BrowsableBus) -> None:
    with pytest.raises(ValueError, match=r"nhr\.nothing"):
        bus.publish([*say(ONE, "a"), *say("nhr.nothing", "b")])
    assert lag(bus, ONE, ONE_GROUP) == Lag(0, 0)


def test_a_poll_without_messages_is_empty_after_its_timeout(bus: BrowsableBus) -> None:
    assert bus.subscribe(ONE, ONE_GROUP).poll(10, 0.02) == []


def test_a_poll_gives_at_most_its_limit(bus: BrowsableBus) -> None:
    bus.publish(say(ONE, *"abcdef"))
    member = bus.subscribe(ONE, ONE_GROUP)
    assert [len(member.poll(4, SOON_S)), len(member.poll(4, SOON_S))] == [4, 2]


def test_a_publish_wakes_a_waiting_poll(bus: BrowsableBus) -> None:
    member, got = bus.subscribe(ONE, ONE_GROUP), list[Delivery]()
    waiting = threading.Thread(target=lambda: got.extend(member.poll(10, SOON_S)))
    waiting.start()
    bus.publish(say(ONE, "a"))
    waiting.join(SOON_S)
    assert texts(got) == ["a"]


def test_groups_read_independently(bus: BrowsableBus) -> None:
    bus.publish(say(TWO, *"abc"))
    first, second = (bus.subscribe(TWO, group) for group in TWO_GROUPS)
    first.ack(first.poll(10, SOON_S))
    assert texts(second.poll(10, SOON_S)) == ["a", "b", "c"]


def test_topics_are_apart(bus: BrowsableBus) -> None:
    bus.publish([*say(ONE, "a"), *say(TWO, "b"), *say(ONE, "c")])
    assert texts(bus.subscribe(ONE, ONE_GROUP).poll(10, SOON_S)) == ["a", "c"]
    assert texts(bus.subscribe(TWO, TWO_GROUPS[0]).poll(10, SOON_S)) == ["b"]


def test_a_new_group_starts_at_the_earliest_message(bus: BrowsableBus) -> None:
    bus.publish(say(ONE, *"ab"))
    assert texts(bus.subscribe(ONE, "late").poll(10, SOON_S)) == ["a", "b"]


def test_two_members_share_without_overlap(bus: BrowsableBus) -> None:
    members = [bus.subscribe(ONE, ONE_GROUP) for _ in range(2)]
    kafkas.joined(*members)
    bus.publish([message for i in range(20) for message in say(ONE, str(i), key=str(i))])
    assert Counter(texts(take(20, *members, limit=10))) == Counter(map(str, range(20)))
    assert all(map(nothing_comes, members))


def test_what_is_not_acknowledged_goes_to_others_when_its_member_leaves(bus: BrowsableBus) -> None:
    bus.publish(say(ONE, *"abcd"))
    leaver = bus.subscribe(ONE, ONE_GROUP)
    got = leaver.poll(10, SOON_S)
    leaver.ack(got[1:3])
    leaver.close()
    left = ["a", "d"] if exact(leaver) else ["a", "b", "c", "d"]
    assert texts(bus.subscribe(ONE, ONE_GROUP).poll(10, SOON_S)) == left


def test_what_is_acknowledged_never_comes_back(bus: BrowsableBus) -> None:
    bus.publish(say(ONE, *"abcd"))
    leaver = bus.subscribe(ONE, ONE_GROUP)
    leaver.ack(leaver.poll(10, SOON_S))
    leaver.close()
    assert nothing_comes(bus.subscribe(ONE, ONE_GROUP))


@pytest.mark.parametrize("order", [(0, 1, 2, 3, 4), (4, 3, 2, 1, 0), (2, 0, 4, 1, 3)])
def test_messages_may_be_acknowledged_one_by_one_in_any_order(bus: BrowsableBus, order: tuple[int, ...]) -> None:
    bus.publish(say(ONE, *"abcde"))
    member = bus.subscribe(ONE, ONE_GROUP)
    got = member.poll(10, SOON_S)
    undone = set(range(5))
    for place in order:
        member.ack([got[place]])
        undone.remove(place)
        left = len(undone) if exact(member) else 5 - min(undone, default=5)
        assert lag_comes_to(bus, member, Lag(0, left))


def test_one_acknowledgement_may_span_several_polls(bus: BrowsableBus) -> None:
    bus.publish(say(ONE, *"abcdef"))
    member = bus.subscribe(ONE, ONE_GROUP)
    got = take(6, member, limit=2)
    member.ack([got[0], got[1], got[2], got[5]])
    member.close()
    left = ["d", "e"] if exact(member) else ["d", "e", "f"]
    assert texts(bus.subscribe(ONE, ONE_GROUP).poll(10, SOON_S)) == left


def test_acknowledging_twice_does_no_harm(bus: BrowsableBus) -> None:
    bus.publish(say(ONE, *"ab"))
    member = bus.subscribe(ONE, ONE_GROUP)
    got = member.poll(10, SOON_S)
    member.ack(got[:1])
    member.ack(got[:1])
    member.ack([])
    assert lag_comes_to(bus, member, Lag(0, 1))


def test_acknowledging_what_another_member_holds_does_nothing(bus: BrowsableBus) -> None:
    holder, other = bus.subscribe(ONE, ONE_GROUP), bus.subscribe(ONE, ONE_GROUP)
    kafkas.joined(holder, other)
    bus.publish([message for text in "abcdef" for message in say(ONE, text, key=text)])
    other.ack(take(1, holder))
    other.close()
    assert sum(lag(bus, ONE, ONE_GROUP)) == 6


def test_lag_counts_what_waits_and_what_is_in_flight(bus: BrowsableBus) -> None:
    bus.publish(say(TWO, *"abcde"))
    member = bus.subscribe(TWO, TWO_GROUPS[0])
    member.poll(2, SOON_S)
    lags = [lag(bus, TWO, group) for group in TWO_GROUPS]
    assert lags == ([Lag(3, 2), Lag(5, 0)] if exact(member) else [Lag(5, 0)] * 2)


def test_lag_names_every_declared_group_and_no_other(bus: BrowsableBus) -> None:
    bus.subscribe(ONE, "undeclared")
    names = bus.lag()
    assert {(TWO, "director"), (TWO, "recorder"), (ONE, ONE_GROUP)} <= names.keys()
    assert not names.keys() & {(ONE, "undeclared"), (NO_GROUPS, "")}


def test_a_closed_member_may_be_closed_again(bus: BrowsableBus) -> None:
    bus.publish(say(ONE, "a"))
    member = bus.subscribe(ONE, ONE_GROUP)
    member.poll(1, SOON_S)
    member.close()
    member.close()
    assert lag(bus, ONE, ONE_GROUP) == Lag(1, 0)


def test_with_many_threads_nothing_is_lost_or_given_twice(bus: BrowsableBus) -> None:
    per_thread, threads = 300, 4
    finished, lock = Counter[str](), threading.Lock()

    def produce(number: int) -> None:
        for i in range(0, per_thread, 20):
            bus.publish(say(ONE, *(f"{number}-{i + j}" for j in range(20)), key=str(number)))

    def consume() -> None:
        member = bus.subscribe(ONE, ONE_GROUP)
        while finished.total() < per_thread * threads:
            batch = member.poll(16, 0.05)
            member.ack(batch[1::2])
            member.ack(batch[::2])
            with lock:
                finished.update(texts(batch))
        member.close()

    together([*(partial(produce, number) for number in range(threads)), *[consume] * threads])
    assert finished == Counter(f"{n}-{i}" for n in range(threads) for i in range(per_thread))
    assert lag(bus, ONE, ONE_GROUP) == Lag(0, 0)


def test_dead_letters_can_be_browsed_in_pages(bus: BrowsableBus) -> None:
    bus.publish(say(NO_GROUPS, *"abcde"))
    first = bus.read(NO_GROUPS, limit=3)
    assert texts(first) == ["a", "b", "c"]
    assert texts(bus.read(NO_GROUPS, start=first[-1].offset + 1, limit=3)) == ["d", "e"]


def test_a_topic_ends_behind_its_last_message(bus: BrowsableBus) -> None:
    bus.publish(say(ONE, *"ab"))
    member = bus.subscribe(ONE, ONE_GROUP)
    member.ack(take(2, member))
    assert (bus.ends()[ONE], bus.ends()[TWO]) == (2, 0)


def test_every_message_from_the_floors_on_can_be_read_again(bus: BrowsableBus) -> None:
    bus.publish([message for number in range(12) for message in say(TWO, str(number), key=f"k{number}")])
    director, recorder = (bus.subscribe(TWO, group) for group in TWO_GROUPS)
    director.ack(take(12, director))
    done = [one for one in take(12, recorder) if one.offset < 2]
    recorder.ack(done)
    recorder.close()
    director.close()
    floors = bus.floors(TWO, TWO_GROUPS[1])
    assert sum(floors.values()) == len(done)
    assert (bus.floors(TWO), sum(bus.floors(TWO, TWO_GROUPS[0]).values())) == (floors, 12)
    left = [one for partition, floor in floors.items() for one in bus.read(TWO, floor, partition=partition)]
    assert sorted(map(int, texts([*done, *left]))) == list(range(12))
    assert [bus.read(TWO, 12, partition=partition) for partition in floors] == [[] for _ in floors]


def test_a_topic_that_nobody_reads_is_never_done_with(bus: BrowsableBus) -> None:
    bus.publish(say(NO_GROUPS, *"ab"))
    assert bus.floors(NO_GROUPS) == {0: 0}
