"""What directors left on Kafka: how far they acknowledged, what they published, how soon they went on after a kill."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import pairwise

from kafka import KafkaConsumer, TopicPartition

from tests.chaos.crew import OUTPUT_PARTITIONS, OUTPUTS, Note, Orders


def recoveries(kills: Sequence[tuple[float, set[int]]], notes: Sequence[Note]) -> list[float]:
    """Seconds from a kill until every partition the victim worked on moved on; kills hit by a further one are left out.

    A partition that a process had just worked on counts as the victim's.
    """
    settled: dict[int, list[float]] = defaultdict(list)
    for note in sorted(notes, key=lambda note: note.at):
        for partition in {p for p, _ in note.events}:
            settled[partition].append(note.at)
    taken = []
    for (at, held), (later, _) in pairwise([*kills, (float("inf"), set())]):
        moved = [next((t for t in settled[p] if t > at), float("inf")) for p in held]
        if held and max(moved) < later:
            taken.append(max(moved) - at)
    return sorted(taken)


def end_offsets(orders: Orders) -> dict[int, int]:
    """How many events each partition of the verdicts topic has."""
    consumer = KafkaConsumer(bootstrap_servers=orders.servers)
    ends = consumer.end_offsets([TopicPartition(orders.wire, p) for p in range(orders.partitions)])
    consumer.close()
    return {partition.partition: end for partition, end in ends.items()}


def committed(orders: Orders) -> dict[int, int]:
    """How far the director's group acknowledged each partition."""
    consumer = KafkaConsumer(bootstrap_servers=orders.servers, group_id=f"{orders.prefix}director")
    done = {p: consumer.committed(TopicPartition(orders.wire, p)) or 0 for p in range(orders.partitions)}
    consumer.close()
    return done


def read_outputs(orders: Orders) -> Counter[tuple[str, str, bytes]]:
    """Every message that was published, as often as it was."""
    consumer = KafkaConsumer(bootstrap_servers=orders.servers, auto_offset_reset="earliest")
    partitions = [TopicPartition(f"{orders.prefix}{name}", p) for name in OUTPUTS for p in range(OUTPUT_PARTITIONS)]
    consumer.assign(partitions)
    ends = consumer.end_offsets(partitions)
    found: Counter[tuple[str, str, bytes]] = Counter()
    while any(consumer.position(partition) < end for partition, end in ends.items()):
        for partition, records in consumer.poll(timeout_ms=500).items():
            name = partition.topic.removeprefix(orders.prefix)
            found.update((name, record.key.decode(), record.value) for record in records)
    consumer.close()
    return found


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of the sorted values lie; NaN where there are none."""
    return values[min(len(values) - 1, int(share * len(values)))] if values else float("nan")
