"""Every metric, one line each: name, type, labels and what it tells. No ids in labels."""

from dataclasses import dataclass
from typing import Literal

SECONDS = (0.001, 0.005, 0.02, 0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0)
SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 1024, 4096)


@dataclass(frozen=True)
class Metric:
    """A metric's declaration; `buckets` for histograms only."""

    name: str
    type: Literal["counter", "gauge", "histogram"]
    labels: tuple[str, ...]
    help: str
    buckets: tuple[float, ...] = ()


JOBS = Metric(
    "nhr_jobs", "counter", ("group", "outcome"), "Jobs by outcome: answered, standing, rejected, failed, resent."
)
BATCH = Metric("nhr_batch_size", "histogram", ("group",), "Messages in a batch.", SIZES)
STEP = Metric("nhr_step_seconds", "histogram", ("group",), "Wall seconds of a step of the model.", SECONDS)
BUSY = Metric("nhr_step_busy_seconds", "counter", ("group",), "Seconds the stepping thread worked.")
STARVED = Metric("nhr_step_starved_seconds", "counter", ("group",), "Seconds the stepping thread waited for a batch.")
RETRIES = Metric("nhr_retries", "counter", ("group",), "Jobs asked again because a service was busy or away.")
BREAKERS = Metric("nhr_breakers_open", "gauge", ("group",), "Workers that wait for a service that is away.")
DEAD_LETTERS = Metric("nhr_dead_letters", "counter", ("group", "error"), "Messages put aside as dead letters.")

ALL: tuple[Metric, ...] = (JOBS, BATCH, STEP, BUSY, STARVED, RETRIES, BREAKERS, DEAD_LETTERS)
