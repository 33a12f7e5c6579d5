"""The choice of what a page shows."""

from collections import Counter

from infra.report.sample import MAX_GROUPS, Sampler


def test_a_sample_takes_turns_between_groups_of_any_size() -> None:
    sampler: Sampler[str] = Sampler(4)
    for number in range(100):
        sampler.offer("many", f"m{number}")
    for name in ("x", "y"):
        sampler.offer(name, name)
    assert sampler.chosen() == ["m0", "x", "y", "m1"]
    assert sampler.total == 102


def test_a_sample_of_a_long_stream_is_complete_and_holds_little() -> None:
    sampler: Sampler[tuple[str, int]] = Sampler(100)
    held = 0
    for number in range(20_000):
        group = "abcde"[number % 5] if number % 1000 else "rare"
        sampler.offer(group, (group, number))
        held = max(held, sum(map(len, sampler._groups.values())))
    counts = Counter(group for group, _ in sampler.chosen())
    assert sorted(counts.values()) == [16, 16, 17, 17, 17, 17]
    assert len(set(sampler.chosen())) == 100
    assert held <= 2 * 100 + MAX_GROUPS + 1


def test_everything_is_chosen_where_there_is_little() -> None:
    sampler: Sampler[int] = Sampler(1000)
    for number in range(999):
        sampler.offer(number % 3, number)
    assert sorted(sampler.chosen()) == list(range(999))
