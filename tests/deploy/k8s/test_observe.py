"""Prometheus and Grafana on Kubernetes: the files of this repository, where their images look for them."""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.services import prometheus
from schemas.errors import UserError
from tests.deploy.asking import ROOT
from tests.deploy.k8s.conftest import K8S
from tests.deploy.k8s.objects import Object, Objects, container, of_kind, ours, pods, roles

DEPLOY = ROOT / "infra/deploy"


def mounted(objects: Objects, name: str) -> dict[str, str]:
    """What a pod finds in its ConfigMaps, by path."""
    pod, found = pods(objects)[name], dict[str, str]()
    volumes = {one["name"]: one for one in pod["spec"]["volumes"]}
    for mount in container(pod)["volumeMounts"]:
        for file, text in _files(objects, volumes.get(mount["name"], {})).items():
            if mount.get("subPath", file) == file:
                found[mount["mountPath"] if "subPath" in mount else f"{mount['mountPath']}/{file}"] = text
    return found


def _files(objects: Objects, volume: Object) -> dict[str, str]:
    maps, found = of_kind(objects, "ConfigMap"), dict[str, str]()
    for source in volume.get("projected", {"sources": [volume]})["sources"]:
        if "configMap" in source:
            found |= maps[source["configMap"]["name"]]["data"]
    return found


def test_prometheus_finds_its_configuration_and_all_rules(objects: Objects) -> None:
    files = mounted(objects, "prometheus")
    config = yaml.safe_load(files["/etc/prometheus/prometheus.yml"])
    assert f"--config.file={next(name for name in files if name.endswith('prometheus.yml'))}" in str(
        container(pods(objects)["prometheus"])["args"]
    )
    rules = {name for name in files if re.fullmatch(config["rule_files"][0].replace("*", r"[^/]+"), name)}
    shipped = {file.name for file in (DEPLOY / "prometheus/rules").iterdir()}
    assert {Path(name).name for name in rules} == shipped


def test_prometheus_asks_for_the_pods_that_bear_our_label(objects: Objects) -> None:
    (job,) = yaml.safe_load((K8S / "components/observe/prometheus.yml").read_text(encoding="utf-8"))["scrape_configs"]
    (found,) = job["kubernetes_sd_configs"]
    assert found["namespaces"] == {"own_namespace": True}  # all that its Role lets it see
    label, _, value = found["selectors"][0]["label"].partition("=")
    chosen = {name for name, pod in pods(objects).items() if pod["metadata"]["labels"].get(label) == value}
    assert chosen == set(ours(objects))


def test_prometheus_makes_of_our_pods_the_targets_that_it_makes_everywhere(objects: Objects, tmp_path: Path) -> None:
    """By its own code, told of pods as Kubernetes' discovery tells of them, which Debian's package is built without."""
    config = yaml.safe_load((K8S / "components/observe/prometheus.yml").read_text(encoding="utf-8"))
    (job,) = config["scrape_configs"]
    del job["kubernetes_sd_configs"]
    job["static_configs"] = [discovered(name, pod, port) for name, pod in ours(objects).items() for port in ports(pod)]
    config["rule_files"] = [str(file) for file in (DEPLOY / "prometheus/rules").iterdir()]
    (tmp_path / "prometheus.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
    promtool = _promtool()
    assert not prometheus.check("config", tmp_path / "prometheus.yml")
    done = subprocess.run(
        [promtool, "check", "service-discovery", tmp_path / "prometheus.yml", "nhr"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    kept = [one["labels"] for one in json.loads(done.stdout) if one.get("labels")]
    assert {one["role"]: (one["job"], one["instance"]) for one in kept} == {
        name: ("nhr", f"{name}-0") for name in roles(objects)
    }
    assert len(kept) == len(roles(objects))
    assert {one["__address__"] for one in kept} == {"10.0.0.1:9464"}


def ports(pod: Object) -> list[dict[str, Any]]:
    """Of the pod's container; one without a name where it has none, as discovery does."""
    return list(container(pod).get("ports", [{"name": "", "containerPort": 0}]))


def discovered(name: str, pod: Object, port: dict[str, Any]) -> dict[str, Any]:
    """A port of a pod as Kubernetes' discovery tells of it."""
    labels = {
        f"__meta_kubernetes_pod_label_{re.sub(r'[^a-z]', '_', label)}": value
        for label, value in pod["metadata"]["labels"].items()
    }
    labels |= {
        "__meta_kubernetes_pod_name": f"{name}-0", "__meta_kubernetes_pod_phase": "Running",
        "__meta_kubernetes_pod_container_port_name": port["name"],
    }  # fmt: skip
    return {"targets": [f"10.0.0.1:{port['containerPort']}"], "labels": labels}


def _promtool() -> str:
    """Prometheus's own checker; skips, or fails in CI, where it cannot be had."""
    try:
        return prometheus.program("promtool")
    except UserError as error:
        if os.environ.get("CI") == "true":
            pytest.fail(str(error))
        pytest.skip(str(error))


def test_grafana_finds_every_dashboard_where_its_provider_looks(objects: Objects) -> None:
    files = mounted(objects, "grafana")
    (provider,) = yaml.safe_load(files["/etc/grafana/provisioning/dashboards/nhr.yml"])["providers"]
    found = {name for name in files if name.startswith(f"{provider['options']['path']}/")}
    shipped = {file.name for file in (DEPLOY / "grafana/dashboards").iterdir() if file.suffix == ".json"}
    assert {Path(name).name for name in found} == shipped
    for name in found:
        assert files[name] == (DEPLOY / "grafana/dashboards" / Path(name).name).read_text(encoding="utf-8")


def test_grafana_asks_the_prometheus_that_there_is(objects: Objects) -> None:
    source = yaml.safe_load(mounted(objects, "grafana")["/etc/grafana/provisioning/datasources/nhr.yml"])
    given = {one["name"]: one["value"] for one in container(pods(objects)["grafana"])["env"]}
    (url,) = (one["url"] for one in source["datasources"])
    address = re.sub(r"\$(\w+)", lambda found: given[found[1]], url)
    service = of_kind(objects, "Service")["prometheus"]
    assert address == f"http://prometheus:{service['spec']['ports'][0]['port']}"


def test_grafana_lets_nobody_in_without_the_password(objects: Objects) -> None:
    given = {one["name"]: one["value"] for one in container(pods(objects)["grafana"])["env"]}
    assert given["GF_AUTH_ANONYMOUS_ENABLED"] == given["GF_USERS_ALLOW_SIGN_UP"] == "false"
    assert given["GF_SECURITY_ADMIN_PASSWORD__FILE"] == "/run/secrets/look/grafana_password"
    assert "GF_SECURITY_ADMIN_PASSWORD" not in given


def test_grafana_holds_no_more_than_its_own_secret(objects: Objects) -> None:
    (secret,) = (one["secret"] for one in pods(objects)["grafana"]["spec"]["volumes"] if "secret" in one)
    assert [item["key"] for item in secret["items"]] == ["grafana_password"]
