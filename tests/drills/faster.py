"""The shipped rules with all of their time running so many times faster, written where a Prometheus can read them."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

import yaml

from infra.services import prometheus
from tests.deploy.prometheus import promql

NOT_TRIED = frozenset({"NhrDiskFull"})
"""What is left out: the disk of the machine that drills fills in its own time."""


def written(folder: Path, times: float, without: Collection[str] = NOT_TRIED) -> list[Path]:
    """Every file of rules, so many times as fast, in `folder`; `without` alerts of these names."""
    return [_written(file, folder / file.name, times, without) for file in prometheus.RULES]


def _written(file: Path, to: Path, times: float, without: Collection[str]) -> Path:
    document = yaml.safe_load(file.read_text(encoding="utf-8"))
    for group in document["groups"]:
        if "interval" in group:
            group["interval"] = promql.shorter(group["interval"], times)
        group["rules"] = [_rule(rule, times) for rule in group["rules"] if rule.get("alert") not in without]
    to.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    return to


def _rule(rule: dict[str, Any], times: float) -> dict[str, Any]:
    made = {**rule, "expr": promql.faster(rule["expr"], times)}
    if "for" in rule:
        made["for"] = promql.shorter(rule["for"], times)
    return made
