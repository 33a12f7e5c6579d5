"""Where a cluster stands by topic, partition and group, under the names that kafka_exporter gave these metrics.

Topics and groups are called as on the brokers. Other than there, what was never committed counts from the first
message kept on, for that is where our groups begin: lag is -1 nowhere, and its sums are those of `nhr_lag_messages`.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from infra.bus.kafka_sight import Sight
from infra.bus.kafka_watch import Place
from infra.metrics import Metrics
from schemas import metrics

METRICS = (
    metrics.KAFKA_BROKERS, metrics.KAFKA_PARTITIONS, metrics.KAFKA_END, metrics.KAFKA_FIRST, metrics.KAFKA_MEMBERS,
    metrics.KAFKA_DONE, metrics.KAFKA_LAG, metrics.KAFKA_DONE_SUM, metrics.KAFKA_LAG_SUM,
)  # fmt: skip

Labels = tuple[str, ...]


def tell(meters: Metrics, sight: Sight, pairs: Sequence[tuple[str, str]]) -> None:
    """Tell all of it; `pairs` are which group reads which topic."""
    meters.set(metrics.KAFKA_BROKERS, value=sight.brokers)
    meters.replace(metrics.KAFKA_PARTITIONS, {(topic,): n for topic, n in Counter(t for t, _ in sight.ends).items()})
    meters.replace(metrics.KAFKA_END, _placed(sight.ends))
    meters.replace(metrics.KAFKA_FIRST, _placed(sight.floors))
    meters.replace(metrics.KAFKA_MEMBERS, {(group,): len(members) for group, (_, members) in sight.members.items()})
    done, lag = dict[Labels, float](), dict[Labels, float]()
    for topic, group in pairs:
        next_ = sight.next(topic, group)
        own = sight.committed.get(group, {})
        done |= _placed({place: offset for place, offset in own.items() if place in next_}, group)
        lag |= _placed({place: sight.ends[place] - offset for place, offset in next_.items()}, group)
    meters.replace(metrics.KAFKA_DONE, done)
    meters.replace(metrics.KAFKA_LAG, lag)
    meters.replace(metrics.KAFKA_DONE_SUM, _summed(done))
    meters.replace(metrics.KAFKA_LAG_SUM, _summed(lag))


def _placed(values: Mapping[Place, float], *first: str) -> dict[Labels, float]:
    return {(*first, topic, str(partition)): value for (topic, partition), value in values.items()}


def _summed(values: Mapping[Labels, float]) -> dict[Labels, float]:
    total: Counter[Labels] = Counter()
    for (group, topic, _), value in values.items():
        total[group, topic] += int(value)
    return dict(total)
