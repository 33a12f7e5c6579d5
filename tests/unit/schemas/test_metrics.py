"""Metrics: declared once, used somewhere, and never with an id for a label."""

import ast
import re
from pathlib import Path

import pytest

import infra
import streams
import workers
from schemas import metrics
from schemas.metrics import Metric

DECLARED = {name: value for name, value in vars(metrics).items() if isinstance(value, Metric)}
EACH = pytest.mark.parametrize("metric", DECLARED.values(), ids=DECLARED)


def mentioned() -> set[str]:
    """Every attribute name in the code, `metrics.JOBS` among them."""
    folders = [Path(path) for package in (infra, streams, workers) for path in package.__path__]
    files = [file for folder in folders for file in folder.rglob("*.py")]
    trees = [ast.parse(file.read_text(encoding="utf-8")) for file in files]
    return {node.attr for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Attribute)}


def test_every_declared_metric_is_used_in_the_code() -> None:
    assert set(DECLARED) <= mentioned()


def test_every_declared_metric_is_among_all() -> None:
    assert set(metrics.ALL) == set(DECLARED.values())
    assert len({metric.name for metric in metrics.ALL}) == len(metrics.ALL)


@EACH
def test_a_metric_is_named_for_prometheus(metric: Metric) -> None:
    assert re.fullmatch(r"(nhr|kafka)_[a-z][a-z0-9_]*", metric.name)
    assert not metric.name.endswith(("_total", "_count", "_bucket"))
    assert not metric.name.endswith("_sum") or metric.name.startswith("kafka_")  # kafka_exporter's own names
    assert metric.help.endswith(".")


@EACH
def test_no_label_grows_with_the_data(metric: Metric) -> None:
    endless = {"id", "job", "source", "request", "triplet", "prompt", "key", "sha256", "seed", "machine"}
    assert not {part for label in metric.labels for part in label.split("_")} & endless


@EACH
def test_histograms_have_rising_buckets_and_nothing_else_has_any(metric: Metric) -> None:
    assert bool(metric.buckets) == (metric.type == "histogram")
    assert list(metric.buckets) == sorted(set(metric.buckets))
