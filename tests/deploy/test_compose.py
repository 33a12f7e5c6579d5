"""docker-compose.yml as Compose itself reads it: accepted, confined, in order, and no secret in it."""

import os
import re
import socket
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
OBSERVE = {"prometheus", "grafana", "gallery"}
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


def test_what_is_to_look_at_it_starts_when_it_is_asked_for(checker: Checker) -> None:
    there = checker.project(["simulated"])["services"], checker.project(["simulated", "observe"])["services"]
    assert set(there[1]) - set(there[0]) == OBSERVE


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
    assert {port["target"] for port in ports} == {9094, 8333, 9090, 3000, 8500}


def test_a_drained_worker_gets_longer_than_its_slowest_edits_take(roles: Services, profile: str) -> None:
    for name, service in roles.items():
        assert seconds(service["stop_grace_period"]) > IN_HAND * BATCH * SLOWEST_S[profile], name


def test_roles_come_back_and_one_shots_do_not(services: Services, roles: Services) -> None:
    for name, service in services.items():
        lasting = name in roles or name in {"kafka", "s3"} or name in OBSERVE
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
    project = checker.project(["simulated", "gpu", "observe"])
    mounted = [volume for service in services.values() for volume in service.get("volumes", ())]
    kept = {volume["source"] for volume in mounted if volume["type"] == "volume"}
    assert kept == set(project["volumes"]) == {"kafka", "s3", "state", "prometheus", "grafana"}


def test_what_is_read_from_the_repository_is_there_and_cannot_be_written(services: Services) -> None:
    bound = [one for service in services.values() for one in service.get("volumes", ()) if one["type"] == "bind"]
    assert bound
    for volume in bound:
        assert Path(volume["source"]).relative_to(ROOT / "infra/deploy")
        assert Path(volume["source"]).exists(), volume["source"]
        assert volume["read_only"]


def test_every_role_is_asked_after_where_it_tells_of_itself(roles: Services) -> None:
    for name, service in roles.items():
        port = service["environment"]["NHR_METRICS"].rpartition(":")[2]
        assert f"/127.0.0.1/{port} " in service["healthcheck"]["test"][-1], name
        assert "GET /readyz " in service["healthcheck"]["test"][-1], name


def test_the_gallery_and_grafana_let_nobody_in_without_what_the_secrets_hold(services: Services) -> None:
    gallery, grafana = services["gallery"], services["grafana"]
    assert gallery["command"][-2:] == ["--token-file", "/run/secrets/gallery_token"]
    assert grafana["environment"]["GF_AUTH_ANONYMOUS_ENABLED"] == "false"
    assert grafana["environment"]["GF_SECURITY_ADMIN_PASSWORD__FILE"] == "/run/secrets/grafana_password"
    assert {one["source"] for one in grafana["secrets"]} == {"grafana_password"}


@pytest.mark.parametrize(("answer", "healthy"), [("200 OK", True), ("503 Service Unavailable", False), ("", False)])
def test_a_role_is_healthy_when_it_says_so(roles: Services, answer: str, healthy: bool) -> None:
    """The check's own command, asked of a server that answers once; "": nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        command = roles["director"]["healthcheck"]["test"][1:]
        script = command[-1].replace("$$", "$").replace("/9464", f"/{port}")
        if not answer:
            server.close()
        with subprocess.Popen([*command[:-1], script], stderr=subprocess.DEVNULL) as asking:
            if answer:
                said, _ = server.accept()
                with said:
                    assert said.recv(1024).startswith(b"GET /readyz HTTP/1.0\r\n")
                    said.sendall(f"HTTP/1.0 {answer}\r\n\r\nready".encode())
            assert (asking.wait(10) == 0) == healthy


def test_secrets_are_files_and_no_setting_holds_one(checker: Checker, services: Services) -> None:
    project = checker.project(
        ["simulated", "observe"], {"MINE_SECRETS": "/somewhere", "MINE_OPENAI_KEY_FILE": "/my/key"}
    )
    assert {name: one["file"] for name, one in project["secrets"].items()} == {
        "s3_access_key": "/somewhere/s3_access_key", "s3_secret_key": "/somewhere/s3_secret_key",
        "gallery_token": "/somewhere/gallery_token", "grafana_password": "/somewhere/grafana_password",
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
    files = [one["file"] for one in checker.project(["observe"])["secrets"].values() if one["file"] != NO_KEY]
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
