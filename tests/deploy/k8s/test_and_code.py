"""What Kubernetes is given, against the code: roles, commands, settings and versions are those that there are."""

import re
import sys
import tomllib

import pytest

from infra import cli
from infra.cli import roles as commands
from infra.cluster import role
from infra.settings import Settings, from_environment
from infra.wiring import CLUSTER_STREAMS, OPTIONAL_STREAMS
from tests.deploy.asking import ROOT, Checker, told
from tests.deploy.k8s.objects import Objects, arguments, container, environment, of_kind, ours, pods, roles
from workers import roster

VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]


def test_every_kind_of_worker_and_every_stream_is_deployed_and_nothing_else_is(objects: Objects) -> None:
    workers = {kind: ["worker", kind] for kind in (commands.PROMPTER, *roster.KINDS)}
    streams = {name: ["stream", name] for name in (*CLUSTER_STREAMS, *OPTIONAL_STREAMS)}
    assert {name: container(pod)["args"][:2] for name, pod in roles(objects).items()} == workers | streams
    assert set(ours(objects)) - set(roles(objects)) == {"topics", "buckets", "gallery"}


def test_every_role_starts_by_its_command_and_settings(objects: Objects, monkeypatch: pytest.MonkeyPatch) -> None:
    """All that the command does is done but the last step: its words parsed, its plug-in found, its policy read."""
    played: list[str] = []
    monkeypatch.setattr(role, "play", lambda name, *_rest, **_more: played.append(name))
    for name, pod in roles(objects).items():
        given = environment(pod, objects, name)
        with monkeypatch.context() as patch:
            patch.setattr(sys, "argv", ["nhr", *arguments(pod, given)])
            for setting, value in given.items():
                patch.setenv(setting, value)
            with pytest.raises(SystemExit) as ended:
                cli.main()
            assert not ended.value.code, name
    assert played == list(roles(objects))


def test_a_worker_whose_plugin_is_not_named_ends_with_a_line_that_says_so(
    objects: Objects, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["nhr", *arguments(roles(objects)["editor"], {})])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code
    assert "unknown editor '$(MINE_EDITOR)'" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["topics", "buckets", "gallery"])
def test_every_other_command_is_one_that_there_is(objects: Objects, name: str) -> None:
    assert callable(told(container(ours(objects)[name])["args"]))


def test_every_setting_is_one_that_there_is_and_in_range(objects: Objects) -> None:
    for name, pod in ours(objects).items():
        given = environment(pod, objects, name)
        settings = from_environment({key: value for key, value in given.items() if key.startswith("NHR_")})
        assert settings.kafka, name
        assert settings.s3, name
        assert settings.metrics == "0.0.0.0:9464", name


def test_every_variable_is_used(objects: Objects) -> None:
    used = {word for pod in ours(objects).values() for word in re.findall(r"\$\((\w+)\)", str(container(pod)["args"]))}
    for name, pod in ours(objects).items():
        given = {key for key in environment(pod, objects, name) if key.startswith("MINE_")}
        assert given == used, name


def test_every_file_that_a_setting_names_is_mounted(objects: Objects) -> None:
    for name, pod in ours(objects).items():
        mounts = {one["mountPath"] for one in container(pod)["volumeMounts"]}
        for key, value in environment(pod, objects, name).items():
            if value.startswith("/"):
                assert any(value == mount or value.startswith(f"{mount}/") for mount in mounts), key


def test_only_a_simulated_system_has_simulated_models(objects: Objects, overlay: str) -> None:
    named = [arguments(pod, environment(pod, objects, name))[2:3] for name, pod in roles(objects).items()]
    assert any("simulated" in word for words in named for word in words) == (overlay == "simulated")


def test_on_gpus_run_those_that_draw_and_edit(objects: Objects, overlay: str) -> None:
    on_gpu = {
        name for name, pod in ours(objects).items() if "nvidia.com/gpu" in container(pod)["resources"]["limits"]
    }  # fmt: skip
    assert on_gpu == ({"generator", "editor"} if overlay == "gpu" else set())
    for name, pod in ours(objects).items():
        assert container(pod)["image"].rpartition("/")[2] == f"nhr{'-gpu' * (name in on_gpu)}:{VERSION}", name
        assert ("nodeSelector" in pod["spec"]) == ("tolerations" in pod["spec"]) == (name in on_gpu), name


def test_every_image_has_an_exact_tag(objects: Objects) -> None:
    for name, pod in pods(objects).items():
        assert re.search(r":v?\d+\.\d+(\.\d+)?$", container(pod)["image"]), name


def test_what_compose_runs_too_is_of_the_same_version_and_set_up_alike(
    objects: Objects, overlay: str, checker: Checker
) -> None:
    services = checker.project(["simulated", "observe"])["services"]
    shared = {name: pod for name, pod in pods(objects).items() if name in {"kafka", "s3", "prometheus", "grafana"}}
    assert {"prometheus", "grafana"} <= set(shared)
    assert ("kafka" in shared) == (overlay == "simulated")
    for name, pod in shared.items():
        assert container(pod)["image"] == services[name]["image"], name
    if "kafka" in shared:
        here = environment(shared["kafka"], objects, "kafka")
        there = services["kafka"]["environment"]
        differ = {key for key in here | there if here.get(key) != there.get(key)}
        assert differ == {"KAFKA_LISTENERS", "KAFKA_ADVERTISED_LISTENERS", "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP",
                          "KAFKA_LOG_DIRS"}  # fmt: skip
        started = " ".join(container(shared["s3"])["args"][0].replace("\\\n", " ").split())
        assert started in " ".join(services["s3"]["command"][0].replace("\\\n", " ").split())


def test_settings_of_a_login_are_there_where_kafka_wants_one(objects: Objects, overlay: str) -> None:
    pod = ours(objects)["editor"]
    given = environment(pod, objects, "editor")
    settings = Settings.model_validate(
        {key.removeprefix("NHR_").lower(): value for key, value in given.items() if key.startswith("NHR_")}
    )
    assert (settings.kafka_security == "SASL_SSL") == (overlay == "gpu")
    assert bool(settings.kafka_user) == bool(settings.kafka_password_file) == (overlay == "gpu")
    assert bool(of_kind(objects, "TriggerAuthentication")) == (overlay == "gpu")
