"""What may be committed of a partition, whatever the order in which its messages are done."""

from hypothesis import given
from hypothesis import strategies as st

from infra.bus.kafka_partition import Partition


def given_out(*offsets: int) -> Partition:
    partition = Partition()
    for offset in offsets:
        partition.give(offset)
    return partition


@given(offsets=st.sets(st.integers(0, 60), min_size=1).map(sorted), data=st.data())
def test_what_is_committed_is_the_first_message_not_done(offsets: list[int], data: st.DataObject) -> None:
    partition = given_out(*offsets)
    undone = set(offsets)
    for offset in data.draw(st.permutations(offsets)):
        partition.done(offset)
        undone.remove(offset)
        assert partition.prefix == min(undone, default=offsets[-1] + 1)
        assert partition.ahead == sum(one >= min(undone) for one in offsets) if undone else not partition.ahead
        assert partition.held == bool(undone)


def test_nothing_is_to_be_committed_before_anything_is_done() -> None:
    partition = given_out(7, 8)
    assert (partition.prefix, partition.committed) == (7, 7)


def test_being_done_twice_or_never_given_changes_nothing() -> None:
    partition = given_out(3, 4)
    partition.done(4)
    partition.done(4)
    partition.done(99)
    assert partition.prefix == 3


def test_messages_dropped_by_their_age_leave_no_gap() -> None:
    partition = given_out(3, 4, 20)
    for offset in (3, 4):
        partition.done(offset)
    assert partition.prefix == 20


def test_a_partition_whose_end_was_lost_starts_anew() -> None:
    partition = given_out(10, 11)
    partition.give(5)
    partition.done(5)
    assert (partition.prefix, partition.held) == (6, False)
