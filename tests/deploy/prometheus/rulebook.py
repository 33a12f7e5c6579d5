"""The shipped rules as data, and promtool's own unit tests over them, written in Python."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from infra.services import prometheus

FOLDER = Path(prometheus.__file__).parents[1] / "deploy" / "prometheus"
RUNBOOK = FOLDER / "RUNBOOK.md"
STEP, LOOKS = "1m", "4m"
"""Between samples, and between evaluations: as far apart as no rule minds, for each takes its time."""


def groups() -> list[dict[str, Any]]:
    """Every group of rules of every file, recorded series first."""
    files = [yaml.safe_load(file.read_text(encoding="utf-8")) for file in prometheus.RULES]
    return [group for document in files for group in document["groups"]]


def rules() -> list[dict[str, Any]]:
    """Every rule of every group."""
    return [rule for group in groups() for rule in group["rules"]]


def alerts() -> list[dict[str, Any]]:
    """The alerts; one of two severities is two of them."""
    return [rule for rule in rules() if "alert" in rule]


def recorded() -> list[dict[str, Any]]:
    """The recording rules."""
    return [rule for rule in rules() if "record" in rule]


@dataclass(frozen=True)
class Firing:
    """An alert that fires: its severity, its other labels, what it says."""

    name: str
    severity: str
    labels: Mapping[str, str] = field(default_factory=dict)
    says: str = ""


Series = Mapping[str, str]
"""Values in promtool's notation, a minute each, by series."""


def told(path: Path, series: Series, after: int, firing: Sequence[Firing]) -> str:
    """What promtool has against these alerts, and no other, firing `after` so many minutes; "" when nothing."""
    everything = "ALERTS{alertstate='firing'}"
    samples = [{"labels": _alerts(one), "value": 1} for one in firing]
    by_name: dict[str, list[Any]] = {}
    for one in firing:
        expected = {"exp_labels": {**one.labels, "severity": one.severity}, "exp_annotations": _annotations(one)}
        by_name.setdefault(one.name, []).append(expected)
    return _run(
        path, series,
        promql_expr_test=[{"expr": everything, "eval_time": f"{after}m", "exp_samples": samples}],
        alert_rule_test=[
            {"eval_time": f"{after}m", "alertname": name, "exp_alerts": found} for name, found in by_name.items()
        ],
    )  # fmt: skip


def valued(path: Path, series: Series, after: int, expected: Mapping[str, float]) -> str:
    """What promtool has against these series, by their whole names, having these values; "" when nothing."""
    wanted: dict[str, list[Any]] = {}
    for name, value in expected.items():
        wanted.setdefault(name.partition("{")[0], []).append(
            {"labels": name.partition("{")[1] + name.partition("{")[2], "value": value}
        )
    questions = [
        {"expr": f"round({name}, 0.000001)", "eval_time": f"{after}m", "exp_samples": found}
        for name, found in wanted.items()
    ]
    return _run(path, series, promql_expr_test=questions)


def asked(path: Path, series: Series, after: int, expression: str, expected: Mapping[str, float]) -> str:
    """What promtool has against an expression giving these values, by labels; "" when nothing."""
    samples = [{"labels": labels, "value": value} for labels, value in expected.items()]
    return _run(path, series, promql_expr_test=[{"expr": expression, "eval_time": f"{after}m", "exp_samples": samples}])


def _run(path: Path, series: Series, **questions: Any) -> str:
    told = [{"series": name, "values": values} for name, values in series.items()]
    test = {"interval": STEP, "input_series": told, **questions}
    file = path / "test.json"
    given = {
        "rule_files": [str(rule) for rule in prometheus.RULES],
        "evaluation_interval": LOOKS,
        "group_eval_order": [group["name"] for group in groups()],  # else it is another one each time
        "tests": [test],
    }
    file.write_text(json.dumps(given), encoding="utf-8")
    return prometheus.try_rules(file)


def _alerts(firing: Firing) -> str:
    labels = {"alertname": firing.name, "alertstate": "firing", "severity": firing.severity, **firing.labels}
    return "ALERTS{" + ",".join(f'{name}="{value}"' for name, value in sorted(labels.items())) + "}"


def _annotations(firing: Firing) -> dict[str, str]:
    rule = next(one for one in alerts() if (one["alert"], one["labels"]["severity"]) == (firing.name, firing.severity))
    return {**rule["annotations"], "description": firing.says}
