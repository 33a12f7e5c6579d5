"""Rules whose time runs faster are the shipped ones in everything but their time."""

from pathlib import Path

import pytest
import yaml

from infra.services import prometheus
from tests import services
from tests.deploy.prometheus import promql, rulebook
from tests.drills import faster


@pytest.mark.parametrize(
    ("expression", "as_fast"),
    [
        ("rate(a_b[5m])", "rate(a_b[5000ms])"),
        ("sum by (x) (increase(a{b=\"5m\", c=~'d'}[1d] offset 1h30m))", None),
        ("a:b:c1h / 5 > 0.5 * sqrt(a)", "a:b:c1h / 5 > 0.5 * sqrt(a)"),
        ("time() - a < 30 * 60", "time() - a < 30 * 1.000000"),
        ("predict_linear(a[6h], 24 * 3600) < 1e9", "predict_linear(a[360000ms], 24 * 60.000000) < 1e9"),
        ('up{job="60", x="5m"} == 1', 'up{job="60", x="5m"} == 1'),
    ],
)
def test_only_times_are_divided(expression: str, as_fast: str | None) -> None:
    if as_fast is None:
        with pytest.raises(ValueError, match="no word of PromQL"):
            promql.faster(expression, 60)
    else:
        assert promql.faster(expression, 60) == as_fast


def test_what_is_left_as_slow_as_it_is_changes_nothing(tmp_path: Path) -> None:
    rules = [rule for file in faster.written(tmp_path, 1) for rule in _rules(file)]
    shipped = [rule for rule in rulebook.rules() if rule.get("alert") not in faster.NOT_TRIED]
    assert [(one.get("alert"), one.get("record")) for one in rules] == [
        (one.get("alert"), one.get("record")) for one in shipped
    ]
    for rule, of in zip(rules, shipped, strict=True):
        assert [(one.metric, one.matchers) for one in promql.selectors(rule["expr"])] == [
            (one.metric, one.matchers) for one in promql.selectors(of["expr"])
        ]
        assert promql.shorter(rule["for"], 1) == promql.shorter(of["for"], 1) if "for" in of else "for" not in rule


def test_promtool_admits_them(tmp_path: Path) -> None:
    services.need_prometheus()
    assert prometheus.check("rules", *faster.written(tmp_path, 60)) == ""


def _rules(file: Path) -> list[dict[str, str]]:
    return [rule for group in yaml.safe_load(file.read_text(encoding="utf-8"))["groups"] for rule in group["rules"]]
