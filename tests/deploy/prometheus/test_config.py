"""The scrape configurations: promtool admits them, they find what Compose runs, and give each target its role."""

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.services import prometheus
from tests import services
from tests.deploy.asking import ROOT
from tests.deploy.prometheus import rulebook
from tests.kafkas import until

COMPOSE = rulebook.FOLDER / "prometheus.yml"
SHIPPED = [COMPOSE, *sorted((ROOT / "infra/deploy/k8s").rglob("prometheus.yml"))]
DISCOVERY = ("dns_sd_configs", "kubernetes_sd_configs")


@pytest.fixture(autouse=True)
def _promtool() -> None:
    services.need_prometheus()


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: str(file.relative_to(ROOT)))
def test_promtool_admits_the_configuration_and_the_rules_it_reads(file: Path) -> None:
    assert prometheus.check("config", file) == ""


def test_promtool_admits_the_rules() -> None:
    assert prometheus.check("rules", *prometheus.RULES) == ""


def test_promtool_would_say_what_is_wrong(tmp_path: Path) -> None:
    bad = tmp_path / "bad.yml"
    bad.write_text("groups: [{name: a, rules: [{record: b, expr: sum(}]}]", encoding="utf-8")
    assert "parse error" in prometheus.check("rules", bad)


def test_every_role_that_compose_runs_is_looked_for() -> None:
    (job,) = _read(COMPOSE)["scrape_configs"]
    (found,) = job["dns_sd_configs"]
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
    roles = {name for name, one in compose.items() if (one.get("command") or [""])[0] in {"worker", "stream"}}
    assert set(found["names"]) == roles | {"exporter"}
    assert (found["type"], found["port"]) == ("A", 9464)


DISCOVERED: Mapping[str, Mapping[str, str]] = {
    "a service": {"__meta_dns_name": "director"},
    "a service on a GPU": {"__meta_dns_name": "editor-gpu"},
}


def test_roles_come_from_the_names_of_services(tmp_path: Path) -> None:
    assert _labels(COMPOSE, DISCOVERED, tmp_path) == {
        ("a service", "director", "nhr"), ("a service on a GPU", "editor", "nhr"),
    }  # fmt: skip


def _labels(file: Path, discovered: Mapping[str, Mapping[str, str]], tmp_path: Path) -> set[tuple[str, str, str]]:
    """What a real Prometheus makes of targets that were discovered so: name, role and job of each that it keeps."""
    given = copy.deepcopy(_read(file))
    given.pop("rule_files")
    for job in given["scrape_configs"]:
        for kind in DISCOVERY:
            job.pop(kind, None)
        job["static_configs"] = [
            {"targets": [f"127.0.0.1:{number}"], "labels": {"name": name, **labels}}
            for number, (name, labels) in enumerate(discovered.items(), 1)
        ]
    with prometheus.running(tmp_path, given) as server:
        until(lambda: len(server.get("/api/v1/targets")["activeTargets"]) > 0)
        found = server.get("/api/v1/targets")["activeTargets"]
    return {(one["labels"]["name"], one["labels"]["role"], one["labels"]["job"]) for one in found}


def _read(file: Path) -> dict[str, Any]:
    return dict(yaml.safe_load(file.read_text(encoding="utf-8")))
