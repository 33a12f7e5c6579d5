"""Metrics: what is declared can be counted, and nothing else."""

import pytest
from prometheus_client.samples import Sample

from infra.metrics import Metrics
from schemas import metrics


def test_a_counter_adds_up_by_its_labels(meters: Metrics) -> None:
    meters.inc(metrics.JOBS, "gate", "answered")
    meters.inc(metrics.JOBS, "gate", "answered", by=2.0)
    meters.inc(metrics.JOBS, "judge", "failed")
    assert meters.totals(metrics.JOBS) == {("gate", "answered"): 3.0, ("judge", "failed"): 1.0}


def test_a_histogram_sorts_values_into_its_buckets(meters: Metrics) -> None:
    meters.observe(metrics.BATCH, "gate", value=3)
    sample = meters.registry.get_sample_value
    assert sample("nhr_batch_size_bucket", {"group": "gate", "le": "2.0"}) == 0.0
    assert sample("nhr_batch_size_bucket", {"group": "gate", "le": "4.0"}) == 1.0


def test_a_counter_cannot_be_observed_nor_a_histogram_counted(meters: Metrics) -> None:
    with pytest.raises(TypeError, match="nhr_jobs is a counter"):
        meters.observe(metrics.JOBS, "gate", "answered", value=1.0)
    with pytest.raises(TypeError, match="nhr_batch_size is a histogram"):
        meters.inc(metrics.BATCH, "gate")


def test_what_was_never_counted_is_not_told(meters: Metrics) -> None:
    meters.inc(metrics.RETRIES, "gate")
    assert meters.registry.get_sample_value("nhr_ledgers_open") is None
    assert meters.totals(metrics.LEDGERS) == {}


def test_a_gauge_that_is_replaced_forgets_what_is_no_more(meters: Metrics) -> None:
    meters.replace(metrics.LAG, {("gate",): 3.0, ("judge",): 5.0})
    meters.replace(metrics.LAG, {("judge",): 4.0})
    assert meters.totals(metrics.LAG) == {("judge",): 4.0}


def test_an_open_label_takes_so_many_values_and_no_more(meters: Metrics) -> None:
    for number in range(10 * metrics.MOST_NAMES):
        meters.inc(metrics.FUNNEL, "screen", "object", "rejected", f"bar {number}")
    told = {reason: count for (*_, reason), count in meters.totals(metrics.FUNNEL).items()}
    assert len(told) == metrics.MOST_NAMES + 1
    assert told[metrics.OTHER] == 9 * metrics.MOST_NAMES


def test_two_sets_of_metrics_do_not_meet() -> None:
    one, other = Metrics(), Metrics()
    one.inc(metrics.RETRIES, "gate")
    assert other.totals(metrics.RETRIES) == {}


def test_what_is_dropped_is_not_told_until_it_is_set_again(meters: Metrics) -> None:
    meters.set(metrics.LEDGERS, value=3)
    meters.replace(metrics.LAG, {("gate",): 3.0})
    meters.drop(metrics.LEDGERS, metrics.LAG, metrics.OLDEST)
    assert meters.registry.get_sample_value("nhr_ledgers_open") is None
    assert meters.totals(metrics.LAG) == {}
    meters.set(metrics.LEDGERS, value=4)
    assert meters.registry.get_sample_value("nhr_ledgers_open") == 4


def samples(meters: Metrics) -> list[Sample]:
    """What is told of waiting."""
    told = [sample for family in meters.registry.collect() for sample in family.samples]
    return [sample for sample in told if sample.name.startswith("nhr_queue_wait")]


def test_an_observation_may_be_made_several_times_at_once(meters: Metrics) -> None:
    one, other = meters, Metrics()
    for value, times in ((0.3, 3), (0.5, 2), (1e9, 1)):
        one.observe(metrics.WAIT, "gate", value=value, times=times)
        for _ in range(times):
            other.observe(metrics.WAIT, "gate", value=value)
    ours, theirs = (
        {(sample.name, *sorted(sample.labels.items())): sample.value for sample in samples(one)} for one in (one, other)
    )
    assert ours == pytest.approx(theirs)


def test_a_value_that_equals_a_bound_is_in_its_bucket(meters: Metrics) -> None:
    meters.observe(metrics.WAIT, "gate", value=0.5)
    sample = meters.registry.get_sample_value
    assert sample("nhr_queue_wait_seconds_bucket", {"group": "gate", "le": "0.5"}) == 1.0
    assert sample("nhr_queue_wait_seconds_bucket", {"group": "gate", "le": "0.1"}) == 0.0


def test_what_was_replaced_may_be_told_again(meters: Metrics) -> None:
    meters.set(metrics.LAG, "gate", value=3)
    meters.replace(metrics.LAG, {})
    assert meters.totals(metrics.LAG) == {}
    meters.set(metrics.LAG, "gate", value=4)
    assert meters.totals(metrics.LAG) == {("gate",): 4}


def test_one_name_too_many_is_told_as_other_each_time(meters: Metrics) -> None:
    for number in range(2 * metrics.MOST_NAMES):
        for _ in range(2):
            meters.inc(metrics.DEAD_LETTERS, "gate", f"Error{number}")
    told = meters.totals(metrics.DEAD_LETTERS)
    assert len(told) == metrics.MOST_NAMES + 1
    assert told["gate", metrics.OTHER] == 2 * metrics.MOST_NAMES
