"""Prometheus and Grafana on Kubernetes: the files of this repository, where their images look for them."""

import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from schemas.errors import UserError
from tests.deploy.asking import ROOT
from tests.deploy.k8s.conftest import K8S
from tests.deploy.k8s.objects import Object, Objects, container, of_kind, pods

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


def test_prometheus_scrapes_what_bears_our_labels_and_names_it_as_everywhere(objects: Objects) -> None:
    (job,) = yaml.safe_load((K8S / "components/observe/prometheus.yml").read_text(encoding="utf-8"))["scrape_configs"]
    assert job["job_name"] == "nhr"
    (found,) = job["kubernetes_sd_configs"]
    label, _, value = found["selectors"][0]["label"].partition("=")
    chosen = {name for name, pod in pods(objects).items() if pod["metadata"]["labels"].get(label) == value}
    assert {"editor", "director", "exporter"} <= chosen
    assert not {"kafka", "s3", "prometheus", "grafana"} & chosen
    targets = {one["target_label"]: one["source_labels"] for one in job["relabel_configs"] if "target_label" in one}
    assert targets == {
        "role": ["__meta_kubernetes_pod_label_app_kubernetes_io_component"], "instance": ["__meta_kubernetes_pod_name"],
    }  # fmt: skip


def test_promtool_has_nothing_against_the_configuration(tmp_path: Path) -> None:
    """Its rules too, which it looks for where the configuration says, so here in another folder."""
    promtool = _promtool()
    config = (K8S / "components/observe/prometheus.yml").read_text(encoding="utf-8")
    here = config.replace("/etc/prometheus/rules", str(DEPLOY / "prometheus/rules"))
    (tmp_path / "prometheus.yml").write_text(here, encoding="utf-8")
    done = subprocess.run(
        [promtool, "check", "config", tmp_path / "prometheus.yml"], capture_output=True, text=True, check=False
    )
    assert not done.returncode, done.stdout + done.stderr
    assert "rules found" in done.stdout


def _promtool() -> Path:
    """Prometheus's own checker; skips, or fails in CI, where it cannot be had."""
    from infra.services import prometheus

    try:
        return prometheus.promtool()
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
    assert given["GF_SECURITY_ADMIN_PASSWORD__FILE"] == "/run/secrets/nhr/grafana_password"
    assert "GF_SECURITY_ADMIN_PASSWORD" not in given


def test_grafana_holds_no_more_than_its_own_secret(objects: Objects) -> None:
    (secret,) = (one["secret"] for one in pods(objects)["grafana"]["spec"]["volumes"] if "secret" in one)
    assert [item["key"] for item in secret["items"]] == ["grafana_password"]
