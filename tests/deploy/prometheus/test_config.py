"""The scrape configurations: promtool admits them, they find what Compose runs, and give each target its role."""

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


@pytest.fixture(autouse=True)
def _promtool() -> None:
    services.need_prometheus()


def test_promtool_admits_the_configuration_and_the_rules_it_reads() -> None:
    assert prometheus.check("config", COMPOSE) == ""


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
    """As a real Prometheus makes them of targets that were discovered so."""
    given = _read(COMPOSE)
    del given["rule_files"]
    for job in given["scrape_configs"]:
        del job["dns_sd_configs"]
        job["static_configs"] = [
            {"targets": [f"127.0.0.1:{number}"], "labels": {"name": name, **labels}}
            for number, (name, labels) in enumerate(DISCOVERED.items(), 1)
        ]
    with prometheus.running(tmp_path, given) as server:
        until(lambda: len(server.get("/api/v1/targets")["activeTargets"]) > 0)
        found = server.get("/api/v1/targets")["activeTargets"]
    assert {(one["labels"]["name"], one["labels"]["role"], one["labels"]["job"]) for one in found} == {
        ("a service", "director", "nhr"), ("a service on a GPU", "editor", "nhr"),
    }  # fmt: skip


def _read(file: Path) -> dict[str, Any]:
    return dict(yaml.safe_load(file.read_text(encoding="utf-8")))
