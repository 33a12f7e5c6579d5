"""The declared metrics as prometheus-client objects, in a registry of their own."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from schemas import metrics as specs


class Metrics:
    """Counts and observes what `schemas.metrics` declares."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._built = {spec.name: self._build(spec) for spec in specs.ALL}

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

    def observe(self, spec: specs.Metric, *labels: str, value: float) -> None:
        """Add an observation to a histogram."""
        metric = self._built[spec.name]
        if not isinstance(metric, Histogram):
            raise TypeError(f"{spec.name} is a {spec.type}")
        metric.labels(*labels).observe(value)

    def value(self, spec: specs.Metric, *labels: str) -> float:
        """The current value of a counter or gauge; 0.0 when it was never touched."""
        suffix = "_total" if spec.type == "counter" else ""
        found = self.registry.get_sample_value(spec.name + suffix, dict(zip(spec.labels, labels, strict=True)))
        return found or 0.0
