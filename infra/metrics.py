"""The declared metrics as prometheus-client objects, in a registry of their own."""

from collections import deque
from collections.abc import Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from schemas import metrics as specs

LATEST = 512
"""Observations of a histogram that are remembered one by one."""


class Metrics:
    """Counts and observes what `schemas.metrics` declares."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._built = {spec.name: self._build(spec) for spec in specs.ALL}
        self._latest = {spec.name: deque[float](maxlen=LATEST) for spec in specs.ALL if spec.type == "histogram"}

    def _build(self, spec: specs.Metric) -> Counter | Gauge | Histogram:
        if spec.type == "histogram":
            return Histogram(spec.name, spec.help, spec.labels, buckets=spec.buckets, registry=self.registry)
        kind = Counter if spec.type == "counter" else Gauge
        return kind(spec.name, spec.help, spec.labels, registry=self.registry)

    def inc(self, spec: specs.Metric, *labels: str, by: float = 1.0) -> None:
        """Add to a counter."""
        metric = self._built[spec.name]
        if not isinstance(metric, Counter):
            raise TypeError(f"{spec.name} is a {spec.type}")
        metric.labels(*labels).inc(by)

    def shift(self, spec: specs.Metric, *labels: str, by: float) -> None:
        """Move a gauge up or down."""
        metric = self._built[spec.name]
        if not isinstance(metric, Gauge):
            raise TypeError(f"{spec.name} is a {spec.type}")
        metric.labels(*labels).inc(by)

    def observe(self, spec: specs.Metric, *labels: str, value: float) -> None:
        """Add an observation to a histogram."""
        metric = self._built[spec.name]
        if not isinstance(metric, Histogram):
            raise TypeError(f"{spec.name} is a {spec.type}")
        metric.labels(*labels).observe(value)
        self._latest[spec.name].append(value)

    def quantiles(self, spec: specs.Metric, shares: Sequence[float]) -> list[float | None]:
        """The values below which these shares of a histogram's latest observations lie; None before the first."""
        latest = sorted(self._latest[spec.name])
        if not latest:
            return [None] * len(shares)
        return [latest[min(len(latest) - 1, int(share * len(latest)))] for share in shares]

    def totals(self, spec: specs.Metric) -> dict[tuple[str, ...], float]:
        """The current values of a counter or gauge, by label values."""
        name = f"{spec.name}_total" if spec.type == "counter" else spec.name
        return {
            tuple(sample.labels[label] for label in spec.labels): sample.value
            for family in self._built[spec.name].collect()
            for sample in family.samples
            if sample.name == name
        }
