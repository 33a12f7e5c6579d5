"""What follows from one look at the brokers; how old the oldest message is, found without reading any."""

from collections.abc import Mapping, Sequence

from hypothesis import example, given
from hypothesis import strategies as st

from infra.bus.kafka_sight import LEAST_S, SURE, Sight, published
from infra.bus.kafka_watch import First, Place

NOW = 1_800_000_000.0
Logs = Mapping[Place, Sequence[float]]


class Brokers:
    """Partitions whose messages have these times, the first of them at offset 0; counts what it is asked."""

    def __init__(self, logs: Logs, floors: Mapping[Place, int] | None = None) -> None:
        self.logs, self.floors, self.asked = logs, floors or {}, 0

    def since(self, places: Sequence[Place], at: float) -> dict[Place, First]:
        self.asked += 1
        found = {}
        for place in places:
            kept = [First(offset, one) for offset, one in enumerate(self.logs[place])][self.floors.get(place, 0) :]
            younger = [first for first in kept if first.at >= int(at * 1000) / 1000]
            if younger:
                found[place] = younger[0]
        return found


def oldest(logs: Logs, left: Mapping[Place, int]) -> float:
    return min(logs[place][offset] for place, offset in left.items())


@st.composite
def standing(draw: st.DrawFn) -> tuple[dict[Place, list[float]], dict[Place, int]]:
    """Some partitions, and which message of each comes next."""
    logs, left = {}, {}
    for number in range(draw(st.integers(1, 6))):
        ages = draw(st.lists(st.integers(1, 3_000_000_000), min_size=1, max_size=12))
        logs["t", number] = [NOW - age / 1000 for age in sorted(ages, reverse=True)]
        left["t", number] = draw(st.integers(0, len(ages) - 1))
    return logs, left


@given(standing())
def test_the_oldest_message_is_found_in_a_few_questions(
    found: tuple[dict[Place, list[float]], dict[Place, int]],
) -> None:
    logs, left = found
    brokers = Brokers(logs)
    told, true = published(brokers.since, left, 0.0, NOW), oldest(logs, left)
    assert abs(told - true) <= max(LEAST_S, SURE * (NOW - true)) * 1.05
    assert brokers.asked <= 20


@given(standing())
@example(({("t", 0): [NOW - 0.002, NOW - 0.002], ("t", 1): [NOW - 0.001]}, {("t", 0): 1, ("t", 1): 0}))
def test_what_was_known_before_saves_questions_and_changes_nothing(
    found: tuple[dict[Place, list[float]], dict[Place, int]],
) -> None:
    logs, left = found
    before = published(Brokers(logs).since, left, 0.0, NOW - 15)
    brokers = Brokers(logs)
    told, true = published(brokers.since, left, before, NOW), oldest(logs, left)
    assert abs(told - true) <= max(LEAST_S, SURE * (NOW - true)) * 1.05
    assert brokers.asked <= 25
    again = Brokers(logs)
    published(again.since, left, told, NOW + 15)
    assert again.asked <= 3


def test_a_backlog_that_moves_on_as_time_does_takes_few_questions() -> None:
    logs = {("t", n): [NOW - 5000 + 3 * i for i in range(2000)] for n in range(8)}
    known, asked = 0.0, list[int]()
    for look in range(10):
        brokers = Brokers(logs)
        known = published(brokers.since, dict.fromkeys(logs, 100 + 5 * look), known, NOW + 15 * look)
        asked.append(brokers.asked)
    assert max(asked[1:]) <= 4


def test_nothing_done_yet_is_exact_at_once() -> None:
    brokers = Brokers({("t", 0): [NOW - 500.125, NOW - 3], ("t", 1): [NOW - 70]})
    assert published(brokers.since, {("t", 0): 0, ("t", 1): 0}, 0.0, NOW) == NOW - 500.125
    assert brokers.asked == 1


def test_a_message_stuck_in_a_partition_with_little_to_do_is_the_oldest_all_the_same() -> None:
    logs = {("t", n): [NOW - 100 + i for i in range(90)] for n in range(20)} | {("t", 20): [NOW - 86_400.0]}
    left = dict.fromkeys(logs, 0)
    assert published(Brokers(logs).since, left, 0.0, NOW) == NOW - 86_400


def test_a_group_that_was_put_back_is_as_old_as_it_is_again() -> None:
    logs = {("t", 0): [NOW - 9000.0, NOW - 10.0]}
    assert published(Brokers(logs).since, {("t", 0): 0}, NOW - 10, NOW) == NOW - 9000


def test_what_retention_removes_meanwhile_is_not_waited_for() -> None:
    logs = {("t", 0): [NOW - 9000.0, NOW - 10.0], ("t", 1): [NOW - 8000.0]}
    gone = Brokers(logs, floors={("t", 0): 1, ("t", 1): 1})
    assert published(gone.since, {("t", 0): 0, ("t", 1): 0}, 0.0, NOW) == NOW - 10
    assert published(Brokers(logs, floors={("t", 1): 1}).since, {("t", 1): 0}, 0.0, NOW) == NOW


def sight(**more: Mapping[Place, int]) -> Sight:
    ends = {("t", 0): 10, ("t", 1): 5, ("other", 0): 3}
    return Sight(1, {"g": more.get("committed", {})}, ends, {**dict.fromkeys(ends, 0), **more.get("floors", {})}, {})


def test_a_group_begins_where_it_committed_or_at_the_first_message_kept() -> None:
    seen = sight(committed={("t", 0): 4, ("other", 0): 1}, floors={("t", 0): 6, ("t", 1): 2})
    assert seen.next("t", "g") == {("t", 0): 6, ("t", 1): 2}
    assert seen.next("other", "g") == {("other", 0): 1}
    assert seen.next("other", "stranger") == {("other", 0): 0}


def test_a_group_is_never_further_than_the_end_that_was_seen() -> None:
    assert sight(floors={("t", 1): 9}).next("t", "g")["t", 1] == 5
