"""What buses on this machine do beyond the port: leases by a clock one can set, looking inside, pruning."""

import random
from collections import Counter

import pytest

from infra.bus import LocalBus
from infra.bus.memory import MemoryBus
from infra.bus.sqlite import SqliteBus
from infra.bus.sqlite_log import PRUNE_EVERY
from infra.sqlite import Database
from schemas.ports import Lag
from tests.contract.buses import ONE, ONE_GROUP, TWO, TWO_GROUPS, drain, lag, say, texts
from tests.contract.clocks import FakeClock


@pytest.fixture
def bus(local_bus: LocalBus) -> LocalBus:
    return local_bus


def test_a_lease_that_nobody_renews_expires(bus: LocalBus, clock: FakeClock) -> None:
    bus.publish(say(ONE, *"ab"))
    bus.subscribe(ONE, ONE_GROUP).poll(10, 0.0)
    clock.advance(31)
    assert texts(bus.subscribe(ONE, ONE_GROUP).poll(10, 0.0)) == ["a", "b"]


def test_a_lease_holds_until_its_time_is_over(bus: LocalBus, clock: FakeClock) -> None:
    bus.publish(say(ONE, *"ab"))
    bus.subscribe(ONE, ONE_GROUP).poll(10, 0.0)
    clock.advance(29)
    assert bus.subscribe(ONE, ONE_GROUP).poll(10, 0.0) == []


def test_keeping_renews_everything_held(bus: LocalBus, clock: FakeClock) -> None:
    bus.publish(say(ONE, *"abcd"))
    holder = bus.subscribe(ONE, ONE_GROUP)
    holder.ack(drain(holder, limit=2)[1:2])
    for _ in range(5):
        clock.advance(20)
        holder.keep()
    assert bus.subscribe(ONE, ONE_GROUP).poll(10, 0.0) == []


def test_expired_messages_come_before_new_ones_and_may_be_cut(bus: LocalBus, clock: FakeClock) -> None:
    bus.publish(say(ONE, *"abcd"))
    bus.subscribe(ONE, ONE_GROUP).poll(3, 0.0)
    clock.advance(31)
    member = bus.subscribe(ONE, ONE_GROUP)
    assert [texts(member.poll(2, 0.0)) for _ in range(3)] == [["a", "b"], ["c", "d"], []]


def test_acknowledging_a_lost_lease_does_nothing(bus: LocalBus, clock: FakeClock) -> None:
    bus.publish(say(ONE, *"abc"))
    slow, quick = bus.subscribe(ONE, ONE_GROUP), bus.subscribe(ONE, ONE_GROUP)
    got = slow.poll(10, 0.0)
    clock.advance(31)
    quick.poll(10, 0.0)
    slow.ack(got)
    assert lag(bus, ONE, ONE_GROUP) == Lag(0, 3)


def test_closing_after_losing_a_lease_does_not_take_it_from_its_new_holder(bus: LocalBus, clock: FakeClock) -> None:
    bus.publish(say(ONE, *"abc"))
    slow, quick = bus.subscribe(ONE, ONE_GROUP), bus.subscribe(ONE, ONE_GROUP)
    slow.poll(10, 0.0)
    clock.advance(31)
    quick.poll(10, 0.0)
    slow.keep()
    slow.close()
    assert lag(bus, ONE, ONE_GROUP) == Lag(0, 3)


def test_a_member_may_win_back_what_it_lost(bus: LocalBus, clock: FakeClock) -> None:
    bus.publish(say(ONE, *"abc"))
    member = bus.subscribe(ONE, ONE_GROUP)
    member.poll(10, 0.0)
    clock.advance(31)
    member.ack(member.poll(10, 0.0)[1:])
    assert lag(bus, ONE, ONE_GROUP) == Lag(0, 1)


def test_messages_of_expired_leases_count_as_waiting(bus: LocalBus, clock: FakeClock) -> None:
    bus.publish(say(ONE, *"abc"))
    bus.subscribe(ONE, ONE_GROUP).poll(2, 0.0)
    clock.advance(31)
    assert lag(bus, ONE, ONE_GROUP) == Lag(3, 0)


def test_leases_end_when_the_clock_was_set_back(bus: LocalBus, clock: FakeClock) -> None:
    bus.publish(say(ONE, "a"))
    bus.subscribe(ONE, ONE_GROUP).poll(1, 0.0)
    clock.advance(-86_400)
    assert texts(bus.subscribe(ONE, ONE_GROUP).poll(1, 0.0)) == ["a"]


def test_release_all_ends_every_lease(bus: LocalBus) -> None:
    bus.publish(say(TWO, *"ab"))
    for group in TWO_GROUPS:
        bus.subscribe(TWO, group).poll(10, 0.0)
    bus.release_all()
    assert [texts(bus.subscribe(TWO, group).poll(10, 0.0)) for group in TWO_GROUPS] == [["a", "b"]] * 2


def test_what_all_groups_acknowledged_is_pruned_in_time(bus: LocalBus) -> None:
    members = [bus.subscribe(TWO, group) for group in TWO_GROUPS]
    for i in range(3 * PRUNE_EVERY // 256):
        bus.publish(say(TWO, *(str(256 * i + j) for j in range(256))))
        for member in members:
            member.ack(member.poll(256, 0.0))
    bus.publish(say(TWO, "last"))
    assert bus.read(TWO)[0].offset >= PRUNE_EVERY // 2


def test_nothing_is_pruned_that_one_group_still_needs(bus: LocalBus) -> None:
    early, late = (bus.subscribe(TWO, group) for group in TWO_GROUPS)
    held = bus.subscribe(TWO, TWO_GROUPS[1])
    bus.publish(say(TWO, *map(str, range(3 * PRUNE_EVERY))))
    held.poll(1, 0.0)
    for member in (early, late):
        while batch := member.poll(512, 0.0):
            member.ack(batch)
    held.close()
    assert texts(late.poll(512, 0.0)) == ["0"]


def test_messages_leases_and_positions_outlive_the_bus(database: Database, clock: FakeClock) -> None:
    before = SqliteBus(database, clock)
    before.publish(say(ONE, *"abcd"))
    member = before.subscribe(ONE, ONE_GROUP)
    member.ack(member.poll(1, 0.0))
    member.poll(2, 0.0)
    after = SqliteBus(database, clock)
    assert lag(after, ONE, ONE_GROUP) == Lag(1, 2)


def test_a_group_that_joins_after_pruning_starts_at_what_is_kept(database: Database, clock: FakeClock) -> None:
    bus = SqliteBus(database, clock)
    bus.publish(say(ONE, *map(str, range(2 * PRUNE_EVERY))))
    member = bus.subscribe(ONE, ONE_GROUP)
    while batch := member.poll(256, 0.0):
        member.ack(batch)
    bus.publish(say(ONE, "new"))
    assert texts(bus.subscribe(ONE, "late").poll(10, 0.0))[-1] == "new"


def test_chance_gives_every_message_in_an_order_of_its_own(clock: FakeClock) -> None:
    bus = MemoryBus(clock, rng=random.Random(7))
    bus.publish(say(ONE, *map(str, range(100))))
    got = texts(drain(bus.subscribe(ONE, ONE_GROUP), limit=8))
    assert Counter(got) == Counter(map(str, range(100)))
    assert got != sorted(got, key=int)


def test_chance_repeats_messages_that_were_done_with(clock: FakeClock) -> None:
    bus = MemoryBus(clock, rng=random.Random(7), duplicates=0.5)
    bus.publish(say(ONE, *map(str, range(200))))
    member, got = bus.subscribe(ONE, ONE_GROUP), list[str]()
    while batch := member.poll(8, 0.0):
        member.ack(batch)
        got += texts(batch)
    assert set(got) == set(map(str, range(200)))
    assert 20 < len(got) - 200 < 120


def test_chance_is_a_function_of_its_generator(clock: FakeClock) -> None:
    def run() -> list[str]:
        bus = MemoryBus(clock, rng=random.Random(3), duplicates=0.2)
        bus.publish(say(ONE, *map(str, range(100))))
        return texts(drain(bus.subscribe(ONE, ONE_GROUP), limit=5))

    assert run() == run()


def test_the_floor_is_the_first_message_that_a_group_has_not_done_with(bus: LocalBus) -> None:
    bus.publish(say(TWO, *"abcd"))
    director, recorder = (bus.subscribe(TWO, group) for group in TWO_GROUPS)
    director.ack(drain(director))
    held = drain(recorder, limit=2)
    recorder.ack([held[0], held[2]])
    assert [bus.floors(TWO, group) for group in (*TWO_GROUPS, "")] == [{0: 4}, {0: 1}, {0: 1}]
