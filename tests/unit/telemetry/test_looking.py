"""Looks again and again: an outage ends nothing, and nothing stale is told as if it were new."""

import threading
from collections.abc import Callable

import pytest

from infra.metrics import Metrics
from infra.telemetry.looking import STALE_LOOKS, Looking, Part, Tell
from schemas import metrics
from schemas.errors import UserError
from tests.contract.clocks import FakeClock

EVERY_S = 15.0
STALE_S = STALE_LOOKS * EVERY_S


class Pipeline:
    """Kafka and S3, which may be away; `wait` is called in the middle of a look at Kafka."""

    def __init__(self, meters: Metrics, clock: FakeClock) -> None:
        self.meters, self.clock = meters, clock
        self.lag, self.s3_away = 7, False
        self.wait: Callable[[], None] = lambda: None
        self.kafka = Part("queues", self.queues, (metrics.LAG, metrics.KAFKA_BROKERS))
        self.s3 = Part("stores", self.stores, (metrics.LEDGERS, metrics.PAUSED))
        self.looking = Looking((self.kafka, self.s3), meters, clock, EVERY_S)

    def queues(self) -> Tell:
        lag = self.lag
        self.wait()

        def tell() -> None:
            self.meters.replace(metrics.LAG, {("editor",): lag})
            self.meters.set(metrics.KAFKA_BROKERS, value=1)

        return tell

    def stores(self) -> Tell:
        if self.s3_away:
            raise UserError("S3 gave no answer")
        return lambda: self.meters.set(metrics.LEDGERS, value=3)

    def look(self) -> None:
        self.looking.look(self.kafka)
        self.looking.look(self.s3)
        self.looking.drop()

    def told(self) -> dict[str, float]:
        names = {"nhr_lag_messages", "kafka_brokers", "nhr_ledgers_open"}
        return {s.name: s.value for f in self.meters.registry.collect() for s in f.samples if s.name in names}


@pytest.fixture
def pipeline(meters: Metrics, clock: FakeClock) -> Pipeline:
    return Pipeline(meters, clock)


ALL = {"nhr_lag_messages": 7, "kafka_brokers": 1, "nhr_ledgers_open": 3}


def test_what_is_seen_is_told(pipeline: Pipeline) -> None:
    pipeline.look()
    assert (pipeline.told(), pipeline.looking.trouble) == (ALL, "")


def test_a_short_absence_changes_nothing(pipeline: Pipeline) -> None:
    pipeline.look()
    pipeline.s3_away = True
    pipeline.clock.advance(STALE_S)
    pipeline.look()
    assert (pipeline.told(), pipeline.looking.trouble) == (ALL, "")


def test_what_fails_for_long_is_told_no_more_and_the_rest_is(pipeline: Pipeline) -> None:
    pipeline.look()
    pipeline.s3_away = True
    pipeline.clock.advance(STALE_S + 1)
    pipeline.look()
    assert pipeline.told() == {"nhr_lag_messages": 7, "kafka_brokers": 1}
    assert pipeline.looking.trouble == "stores cannot be seen"


def test_what_comes_back_is_told_again(pipeline: Pipeline) -> None:
    pipeline.s3_away = True
    pipeline.clock.advance(STALE_S + 1)
    pipeline.look()
    pipeline.s3_away = False
    pipeline.look()
    assert (pipeline.told(), pipeline.looking.trouble) == (ALL, "")


def test_a_look_that_an_outage_kept_waiting_is_not_told(pipeline: Pipeline) -> None:
    """Kafka's answers are waited for: half of them may be from before the outage."""
    pipeline.look()
    pipeline.lag, pipeline.wait = 99, lambda: pipeline.clock.advance(STALE_S + 1)
    pipeline.looking.look(pipeline.kafka)
    assert pipeline.told()["nhr_lag_messages"] == 7
    pipeline.looking.drop()
    assert "nhr_lag_messages" not in pipeline.told()


def test_while_one_look_waits_for_an_outage_to_end_others_go_on(meters: Metrics) -> None:
    hangs, made, stop = threading.Event(), threading.Event(), threading.Event()

    def hang() -> Tell:
        hangs.wait(30)
        return lambda: None

    def look() -> Tell:
        made.set()
        return lambda: None

    clock = FakeClock()
    looking = Looking((Part("queues", hang, ()), Part("stores", look, ())), meters, clock, 0.05)

    def run(done: Callable[[], None]) -> None:
        looking.run(stop, done)

    turned = threading.Event()
    thread = threading.Thread(target=run, args=(turned.set,))
    thread.start()
    assert made.wait(10)
    assert turned.wait(10)
    stop.set()
    hangs.set()
    thread.join(10)
    assert not thread.is_alive()


def test_a_bug_ends_it(meters: Metrics, clock: FakeClock) -> None:
    def look() -> Tell:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        Looking((Part("queues", look, ()),), meters, clock, 0.05).run(threading.Event())
