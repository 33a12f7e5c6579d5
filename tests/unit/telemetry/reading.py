"""What metrics tell, read from their registry as Prometheus would."""

from infra.metrics import Metrics


def told(meters: Metrics, *prefixes: str) -> dict[str, float]:
    """Every sample whose name begins so, as it is written: name{label="value"}."""
    found = {}
    for family in meters.registry.collect():
        for sample in family.samples:
            labels = ",".join(f'{name}="{value}"' for name, value in sample.labels.items())
            if sample.name.startswith(prefixes):
                found[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return found
