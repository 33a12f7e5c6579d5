"""The declared metrics as prometheus-client objects, in a registry of their own."""

import threading
from bisect import bisect_left
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client import Histogram as _Histogram

from schemas import metrics as specs


class Histogram(_Histogram):
    """One that takes the same observation several times at once: a batch of messages has few different ones."""

    def observe_times(self, amount: float, times: int) -> None:
        """Observe the amount so many times."""
        self._sum.inc(amount * times)
        self._buckets[bisect_left(self._upper_bounds, amount)].inc(times)


Child = TypeVar("Child", Counter, Gauge, Histogram)

LATEST = 512
"""Observations of a histogram that are remembered one by one."""


class Metrics:
    """Counts and observes what `schemas.metrics` declares; any thread may. What was never counted is not told."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call] # they would be a series more for each
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self._built: dict[str, Counter | Gauge | Histogram] = {}
        self._latest = {spec.name: deque[float](maxlen=LATEST) for spec in specs.ALL if spec.type == "histogram"}
        self._names: dict[tuple[str, str], set[str]] = {}
        self._lock = threading.Lock()
        self._children: dict[tuple[str, ...], Any] = {}

    def _child(self, spec: specs.Metric, labels: tuple[str, ...], kind: type[Child]) -> Child:
        """What counts for those labels; found again quickly, for the hot path asks with every message."""
        child = self._children.get((spec.name, *labels))
        if child is None:
            metric = self._of(spec)
            if not isinstance(metric, kind):
                raise TypeError(f"{spec.name} is a {spec.type}")
            bounded = self._bounded(spec, labels)
            child = metric.labels(*bounded) if labels else metric
            if bounded == labels:  # else there is no end to them
                self._children[spec.name, *labels] = child
        if not isinstance(child, kind):
            raise TypeError(f"{spec.name} is a {spec.type}")
        return child

    def _of(self, spec: specs.Metric) -> Counter | Gauge | Histogram:
        with self._lock:
            if spec.name not in self._built:
                self._built[spec.name] = self._build(spec)
            return self._built[spec.name]

    def _build(self, spec: specs.Metric) -> Counter | Gauge | Histogram:
        if spec.type == "histogram":
            return Histogram(spec.name, spec.help, spec.labels, buckets=spec.buckets, registry=self.registry)
        kind = Counter if spec.type == "counter" else Gauge
        return kind(spec.name, spec.help, spec.labels, registry=self.registry)

    def inc(self, spec: specs.Metric, *labels: str, by: float = 1.0) -> None:
        """Add to a counter."""
        self._child(spec, labels, Counter).inc(by)

    def shift(self, spec: specs.Metric, *labels: str, by: float) -> None:
        """Move a gauge up or down."""
        self._child(spec, labels, Gauge).inc(by)

    def set(self, spec: specs.Metric, *labels: str, value: float) -> None:
        """Say what a gauge is now."""
        self._child(spec, labels, Gauge).set(value)

    def replace(self, spec: specs.Metric, values: Mapping[tuple[str, ...], float]) -> None:
        """Say what all of a gauge is now: what is not among `values` (by labels) is told no more."""
        gauge = self._gauge(spec)
        kept = {self._bounded(spec, labels): value for labels, value in values.items()}
        for labels in set(self.totals(spec)) - set(kept):
            self._children.pop((spec.name, *labels), None)
            gauge.remove(*labels)
        for labels, value in kept.items():
            gauge.labels(*labels).set(value)

    def drop(self, *metrics: specs.Metric) -> None:
        """Tell these no more, until they are counted or set again: what was known of them is too old."""
        for spec in metrics:
            with self._lock:
                built = self._built.pop(spec.name, None)
                if built is not None:
                    self._children = {name: child for name, child in self._children.items() if name[0] != spec.name}
                    self.registry.unregister(built)

    def observe(self, spec: specs.Metric, *labels: str, value: float, times: int = 1) -> None:
        """Add an observation to a histogram, or the same one several times."""
        self._child(spec, labels, Histogram).observe_times(value, times)
        self._latest[spec.name].append(value)

    def quantiles(self, spec: specs.Metric, shares: Sequence[float]) -> list[float | None]:
        """The values below which these shares of a histogram's latest observations lie; None before the first."""
        latest = sorted(self._latest[spec.name])
        if not latest:
            return [None] * len(shares)
        return [latest[min(len(latest) - 1, int(share * len(latest)))] for share in shares]

    def totals(self, spec: specs.Metric) -> dict[tuple[str, ...], float]:
        """The current values of a counter or gauge, by label values."""
        if spec.name not in self._built:
            return {}
        name = f"{spec.name}_total" if spec.type == "counter" else spec.name
        return {
            tuple(sample.labels[label] for label in spec.labels): sample.value
            for family in self._of(spec).collect()
            for sample in family.samples
            if sample.name == name
        }

    def _gauge(self, spec: specs.Metric) -> Gauge:
        metric = self._of(spec)
        if not isinstance(metric, Gauge):
            raise TypeError(f"{spec.name} is a {spec.type}")
        return metric

    def _bounded(self, spec: specs.Metric, labels: Sequence[str]) -> tuple[str, ...]:
        """The labels, with `OTHER` for a value of an open one that is one too many."""
        if not spec.open:
            return tuple(labels)
        return tuple(
            self._known(spec.name, label, value) if label in spec.open else value
            for label, value in zip(spec.labels, labels, strict=True)
        )

    def _known(self, name: str, label: str, value: str) -> str:
        with self._lock:
            names = self._names.setdefault((name, label), set())
            if value not in names and len(names) >= specs.MOST_NAMES:
                return specs.OTHER
            names.add(value)
            return value
