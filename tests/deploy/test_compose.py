"""docker-compose.yml as Compose itself reads it: accepted, confined, in order, and no secret in it."""

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from infra.runtime.loop import IN_HAND
from tests.deploy.asking import ROOT, Checker, Refused, verb

Services = dict[str, dict[str, Any]]
COMPOSE = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
NO_KEY = "/dev/null"
"""Mounted as the key of a served model where none is named: it reads as an empty one."""
EXAMPLE = (ROOT / "infra/deploy/docker/env.example").read_text(encoding="utf-8")
GIB = 1 << 30
BATCH = 8
SLOWEST_S = {"simulated": 1.0, "gpu": 18.0}
"""Seconds a picture, of the slowest editor that docker-compose.yml speaks of."""


def seconds(text: str) -> int:
    units = {"h": 3600, "m": 60, "s": 1}
    return sum(int(number) * units[unit] for number, unit in re.findall(r"(\d+)([hms])", text))


def test_compose_refuses_what_is_not_of_its_specification(checker: Checker, tmp_path: Path) -> None:
    spoilt = tmp_path / "docker-compose.yml"
    spoilt.write_text(COMPOSE.replace("stop_grace_period: 10m", "stop_grace: 10m"), encoding="utf-8")
    with pytest.raises(Refused, match="stop_grace"):
        checker.project(["simulated"], file=spoilt)


def test_compose_refuses_a_service_that_waits_for_one_that_is_not_there(checker: Checker, tmp_path: Path) -> None:
    spoilt = tmp_path / "docker-compose.yml"
    spoilt.write_text(COMPOSE.replace("{ kafka: { condition", "{ kafkas: { condition"), encoding="utf-8")
    with pytest.raises(Refused, match="kafkas"):
        checker.project(["simulated"], file=spoilt)


def test_without_a_profile_there_are_no_workers(checker: Checker) -> None:
    started = checker.project()["services"]
    assert {"kafka", "s3", "topics", "buckets", "director"} <= set(started)
    assert not [name for name, one in started.items() if verb(one) == "worker"]


def test_every_image_has_an_exact_tag(services: Services) -> None:
    for name, service in services.items():
        assert re.search(r":v?\d+\.\d+(\.\d+)?$", service["image"]), name


def test_every_service_is_confined(services: Services) -> None:
    for name, service in services.items():
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["user"].partition(":")[0] not in {"", "0", "root"}, name
        assert service["init"], name
        assert service.get("read_only") or name == "kafka", name
        assert not service.get("privileged"), name


def test_every_service_is_bounded(services: Services) -> None:
    for name, service in services.items():
        limits = service["deploy"]["resources"]["limits"]
        assert 0 < limits["cpus"] <= 4, name
        assert int(limits["memory"]) >= GIB // 2, name
        assert limits["pids"] >= 256, name
        assert set(service["logging"]["options"]) == {"max-size", "max-file"}, name


def test_services_that_scale_hold_nothing_that_only_one_can_have(roles: Services) -> None:
    for name, service in roles.items():
        assert not {"container_name", "ports", "hostname"} & set(service), name
        assert "NHR_SLOT" not in service["environment"], name


def test_ports_are_open_to_this_machine_alone(services: Services) -> None:
    ports = [port for service in services.values() for port in service.get("ports", ())]
    assert {port["host_ip"] for port in ports} == {"127.0.0.1"}
    assert {port["target"] for port in ports} == {9094, 8333}


def test_a_drained_worker_gets_longer_than_its_slowest_edits_take(roles: Services, profile: str) -> None:
    for name, service in roles.items():
        assert seconds(service["stop_grace_period"]) > IN_HAND * BATCH * SLOWEST_S[profile], name


def test_roles_come_back_and_one_shots_do_not(services: Services, roles: Services) -> None:
    for name, service in services.items():
        lasting = name in roles or name in {"kafka", "s3"}
        assert service["restart"] == ("unless-stopped" if lasting else "no"), name


def test_topics_and_buckets_are_made_before_any_role_starts(services: Services, roles: Services) -> None:
    for name, service in roles.items():
        for first in ("topics", "buckets"):
            assert service["depends_on"][first]["condition"] == "service_completed_successfully", name
    assert services["topics"]["depends_on"] == {"kafka": {"condition": "service_healthy", "required": True}}
    assert services["buckets"]["depends_on"] == {"s3": {"condition": "service_healthy", "required": True}}


def test_what_others_wait_to_be_healthy_has_a_check(services: Services) -> None:
    awaited = {
        other for service in services.values()
        for other, how in service.get("depends_on", {}).items() if how["condition"] == "service_healthy"
    }  # fmt: skip
    assert awaited == {"kafka", "s3"}
    for name in awaited:
        assert services[name]["healthcheck"]["test"][0] == "CMD"


def test_one_service_builds_each_image_and_none_is_pulled_by_its_name(services: Services) -> None:
    ours = [service for service in services.values() if service["image"].startswith("nhr")]
    for image in {service["image"] for service in ours}:
        policies = sorted(service["pull_policy"] for service in ours if service["image"] == image)
        assert policies[0] == "build"
        assert set(policies[1:]) == {"never"}
    assert all(("build" in service) == (service["pull_policy"] == "build") for service in ours)


def test_data_outlive_containers(checker: Checker, services: Services) -> None:
    project = checker.project(["simulated", "gpu"])
    kept = {volume["source"] for service in services.values() for volume in service.get("volumes", ())}
    assert kept == set(project["volumes"]) == {"kafka", "s3", "state"}


def test_secrets_are_files_and_no_setting_holds_one(checker: Checker, services: Services) -> None:
    project = checker.project(["simulated"], {"MINE_SECRETS": "/somewhere", "MINE_OPENAI_KEY_FILE": "/my/key"})
    assert {name: one["file"] for name, one in project["secrets"].items()} == {
        "s3_access_key": "/somewhere/s3_access_key", "s3_secret_key": "/somewhere/s3_secret_key",
        "gemini_key": NO_KEY, "openai_key": "/my/key",
    }  # fmt: skip
    for name, service in services.items():
        for setting, value in (service.get("environment") or {}).items():
            if re.search("KEY|SECRET|PASSWORD|TOKEN", setting):
                assert setting.endswith("_FILE"), name
                assert str(value).startswith("/run/secrets/"), name


def test_the_command_that_makes_the_secrets_makes_those_that_are_mounted(checker: Checker, tmp_path: Path) -> None:
    command = next(line[4:] for line in COMPOSE.splitlines() if line.startswith("#   install"))
    subprocess.run(["sh", "-ec", command], cwd=tmp_path, check=True)
    files = [one["file"] for one in checker.project()["secrets"].values() if one["file"] != NO_KEY]
    mounted = [Path(file).relative_to(ROOT) for file in files]
    made = [tmp_path / name for name in mounted]
    assert all(re.fullmatch(r"[0-9a-f]{40}\n", file.read_text(encoding="ascii")) for file in made)
    assert len({file.read_text(encoding="ascii") for file in made}) == len(made)
    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700  # others cannot pass; a container's user can read
    assert {file.stat().st_mode & 0o777 for file in made} == {0o644}


def test_the_example_of_settings_lists_every_variable_with_its_default() -> None:
    used = dict(re.findall(r"(?<!\$)\$\{([A-Z0-9_]+)(?::-([^}]*))?\}", COMPOSE))
    listed = dict(re.findall(r"^#([A-Z0-9_]+)=(.*)$", EXAMPLE, re.MULTILINE))
    assert used == listed
    assert all(name.startswith("MINE_") for name in used)


def test_without_models_named_the_gpu_profile_starts_no_worker(checker: Checker) -> None:
    services = checker.project(["gpu"])["services"]
    script = services["models"]["command"][0]
    env = services["models"]["environment"]
    assert all(
        one["depends_on"]["models"]["condition"] == "service_completed_successfully"
        for one in services.values() if verb(one) == "worker"
    )  # fmt: skip
    everything = {"PATH": os.defpath, **dict.fromkeys(env, "model")}
    subprocess.run(["/bin/sh", "-ec", script], env=everything, check=True)
    for name in env:
        done = subprocess.run(
            ["/bin/sh", "-ec", script], env={**everything, name: ""}, capture_output=True, check=False
        )
        assert done.returncode, name
        assert f"{name}: is not set" in done.stderr.decode()


def test_on_gpus_run_those_that_draw_and_edit_each_on_one_that_is_named(checker: Checker) -> None:
    services = checker.project(["gpu"], {"MINE_EDITOR_GPU": "3"})["services"]
    reserved = {
        name: device
        for name, one in services.items()
        for device in one["deploy"]["resources"].get("reservations", {}).get("devices", ())
    }
    assert {name: device["device_ids"] for name, device in reserved.items()} == {
        "generator-gpu": ["0"], "editor-gpu": ["3"]
    }  # fmt: skip
    assert all(device["capabilities"] == ["gpu"] for device in reserved.values())
