"""What metrics there are and with which labels: those that are declared, recorded by a rule, or told by Prometheus."""

from collections.abc import Mapping

import yaml

from schemas import metrics
from tests.deploy.grafana.reading import FOLDER
from tests.deploy.prometheus.promql import labels as listed
from tests.deploy.prometheus.promql import selectors

TARGET = frozenset({"job", "instance", "role"})
"""What Prometheus says of a target, on each of its series."""
BUILTIN = {
    **dict.fromkeys(
        ("up", "process_start_time_seconds", "process_cpu_seconds_total", "process_resident_memory_bytes",
         "process_open_fds", "process_max_fds"), TARGET,
    ),
    "ALERTS": frozenset({"alertname", "alertstate", "severity", "group", "stage"}),
}  # fmt: skip


def own() -> Mapping[str, frozenset[str]]:
    """The series of each declared metric."""
    found: dict[str, frozenset[str]] = {}
    for metric in metrics.ALL:
        labels = TARGET | frozenset(metric.labels)
        match metric.type:
            case "counter":
                found[f"{metric.name}_total"] = labels
            case "gauge":
                found[metric.name] = labels
            case "histogram":
                found |= {f"{metric.name}_bucket": labels | {"le"}, f"{metric.name}_sum": labels}
                found[f"{metric.name}_count"] = labels
    return found


def rules() -> Mapping[str, str]:
    """The expression of each recorded metric."""
    text = (FOLDER.parent / "prometheus" / "rules" / "recording.yml").read_text(encoding="utf-8")
    return {rule["record"]: rule["expr"] for group in yaml.safe_load(text)["groups"] for rule in group["rules"]}


def known() -> Mapping[str, frozenset[str]]:
    """All of them; what is recorded has labels of what it is made from, by its level: those named before the colon."""
    found = dict(own()) | BUILTIN
    for name in rules():
        level = name.partition(":")[0]
        found[name] = frozenset({"job"}) | frozenset(label for label in _labels(found) if _names(level, label))
    return found


def _labels(found: Mapping[str, frozenset[str]]) -> frozenset[str]:
    return frozenset().union(*found.values())


def _names(level: str, label: str) -> bool:
    return f"_{label}_" in f"_{level}_"


def unknown(expr: str) -> list[str]:
    """Metrics of an expression that there are not, and labels that none of them has."""
    there, read = known(), list(selectors(expr))
    wrong = [f"no metric {one.metric}" for one in read if one.metric not in there]
    wrong += [
        f"{one.metric} has no label {label}"
        for one in read
        for label, _, _ in one.matchers
        if label not in there.get(one.metric, {label})
    ]
    return wrong + [f"nothing in it has a label {label}" for label in sorted(set(listed(expr)) - had(expr))]


def had(expr: str) -> frozenset[str]:
    """Labels that the series which an expression reads have."""
    there = known()
    return frozenset().union(*(there.get(one.metric, frozenset()) for one in selectors(expr)))
