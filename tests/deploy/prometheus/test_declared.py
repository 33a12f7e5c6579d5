"""Rules name only metrics, labels, values and recorded series that there are; each alert has its runbook section."""

import re

import pytest
from typer.main import get_command

from infra.cli import app
from infra.runtime.control import STAGES
from schemas import metrics
from schemas.metrics import Metric
from tests.deploy.prometheus import promql, rulebook

TARGET = frozenset({"job", "instance", "role"})
OTHERS = {"up": TARGET, "process_start_time_seconds": TARGET}
"""What Prometheus and its client library tell of a process."""
HELPERS = frozenset({"part", "le"})
"""Labels that expressions make for themselves, and that of buckets."""
VALUES: dict[str, frozenset[str]] = {
    "group": frozenset(STAGES) | {"sweeper", "exporter", "rates"},
    "stage": frozenset({"generate", "gate", "edit", "screen", "judge", "inverse", "composite", "text"}),
    "state": frozenset({"free", "total", "used"}), "job": frozenset({"nhr"}),
    "store": frozenset(re.findall(r"kafka|s3|disk", metrics.STORE_ERRORS.help)),
    "outcome": frozenset(re.findall(r"answered|standing|accepted|rejected|failed|resent",
                                    metrics.JOBS.help + metrics.FUNNEL.help)),
}  # fmt: skip
RULES = rulebook.rules()


def _level(record: str) -> frozenset[str]:
    """The labels that the level of a recorded series names."""
    level, names = record.partition(":")[0], {label for metric in metrics.ALL for label in metric.labels} | {"job"}
    found = frozenset(name for name in names if re.search(rf"(^|_){name}(_|$)", level))
    return found - {"group"} if "operation_group" in found and level.count("group") == 1 else found


def _series(metric: Metric) -> dict[str, frozenset[str]]:
    """The series that a metric is told as, with their labels."""
    labels = TARGET | set(metric.labels)
    if metric.type == "counter":
        return {f"{metric.name}_total": labels}
    if metric.type == "histogram":
        return {f"{metric.name}_{part}": labels | ({"le"} if part == "bucket" else set()) for part in PARTS}
    return {metric.name: labels}


PARTS = ("bucket", "sum", "count")
DECLARED = {name: labels for metric in metrics.ALL for name, labels in _series(metric).items()} | OTHERS
RECORDED = {rule["record"] for rule in rulebook.recorded()}


@pytest.mark.parametrize("rule", RULES, ids=[rule.get("alert") or rule["record"] for rule in RULES])
def test_a_rule_names_only_what_there_is(rule: dict[str, str]) -> None:
    read = list(promql.selectors(rule["expr"]))
    assert read
    for selector in read:
        assert selector.metric in DECLARED.keys() | RECORDED
        for label, _, pattern in selector.matchers:
            assert label in DECLARED.get(selector.metric, VALUES.keys())
            assert set(pattern.split("|")) <= VALUES[label]
    known = {label for selector in read for label in DECLARED.get(selector.metric) or _level(selector.metric)}
    assert set(promql.labels(rule["expr"])) <= known | HELPERS


def test_every_recorded_series_has_a_level_a_metric_and_operations() -> None:
    bad = [name for name in RECORDED if not re.fullmatch(r"[a-z]+(_[a-z]+)*:nhr_[a-z_]+:[a-z0-9_]+", name)]
    assert bad == []


def test_every_alert_has_its_section_in_the_runbook_and_every_section_its_alert() -> None:
    sections = set(re.findall(r"^## (\w+)$", rulebook.RUNBOOK.read_text(encoding="utf-8"), re.MULTILINE))
    assert sections == {rule["alert"] for rule in rulebook.alerts()}


@pytest.mark.parametrize("rule", rulebook.alerts(), ids=lambda rule: f"{rule['alert']}-{rule['labels']['severity']}")
def test_an_alert_says_how_bad_it_is_what_it_is_and_where_to_read_on(rule: dict[str, dict[str, str]]) -> None:
    told = rule["annotations"]
    assert rule["labels"]["severity"] in {"page", "ticket"}
    assert told.keys() == {"summary", "description", "runbook"}
    assert told["runbook"] == f"infra/deploy/prometheus/RUNBOOK.md#{str(rule['alert']).lower()}"
    assert "{{" not in told["summary"]
    assert "$value" in told["description"] or "$value" not in str(rule["expr"])


def test_the_severities_that_the_runbook_names_are_those_of_the_alerts() -> None:
    text = rulebook.RUNBOOK.read_text(encoding="utf-8")
    for name, section in re.findall(r"^## (\w+)\n\n(.+?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL):
        severities = {rule["labels"]["severity"] for rule in rulebook.alerts() if rule["alert"] == name}
        assert set(re.findall(r"\b(?:page|ticket)\b", section.split("\n\n")[0])) == severities


def test_every_command_that_the_runbook_names_exists() -> None:
    known = get_command(app())
    words = re.findall(r"`(?:[A-Z_]+=\S+ )?nhr ([a-z]+)(?: ([a-z]+))?", rulebook.RUNBOOK.read_text(encoding="utf-8"))
    assert words
    for verb, noun in words:
        command = known.commands[verb]  # type: ignore[attr-defined]
        assert not hasattr(command, "commands") or noun in command.commands
