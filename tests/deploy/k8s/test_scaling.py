"""Who is scaled on what: the groups and topics of the code, in KEDA's own words, and what comes of them."""

import re
from pathlib import Path
from typing import Any

import pytest

from schemas import topics
from tests.deploy.asking import Kubernetes
from tests.deploy.k8s.objects import Object, Objects, environment, of_kind, ours
from workers import roster

TOPICS = {group: topic for topic in topics.ALL for group in topic.groups}
CAUSES = ("waiting", "moving")


@pytest.fixture(scope="session")
def scaled(objects: Objects) -> dict[str, Object]:
    return {name: one["spec"] for name, one in of_kind(objects, "ScaledObject").items()}


def triggers(spec: Object) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in spec["triggers"]}


def test_every_kind_of_worker_is_scaled_and_keda_alone_says_how_many_there_are(
    objects: Objects, scaled: dict[str, Object]
) -> None:
    assert set(scaled) == set(roster.KINDS)
    deployments = of_kind(objects, "Deployment")
    for name, spec in scaled.items():
        target = spec["scaleTargetRef"]
        assert (target["kind"], target["apiVersion"], target["name"]) == ("Deployment", "apps/v1", name)
        assert "replicas" not in deployments[name]["spec"]


def test_topics_and_groups_are_those_of_the_code_under_the_prefix(objects: Objects, scaled: dict[str, Object]) -> None:
    for name, spec in scaled.items():
        given = environment(ours(objects)[name], objects, name)
        prefix = given.get("NHR_KAFKA_PREFIX", "")
        for cause, trigger in triggers(spec).items():
            meta = trigger["metadata"]
            assert meta["consumerGroup"] == prefix + name, cause
            assert meta["topic"] == prefix + TOPICS[name].name, cause
            assert meta["offsetResetPolicy"] == "earliest", cause
            assert given[meta["bootstrapServersFromEnv"]] == given["NHR_KAFKA"], cause


def test_no_group_has_more_workers_than_partitions(objects: Objects, scaled: dict[str, Object]) -> None:
    for name, spec in scaled.items():
        most = int(environment(ours(objects)[name], objects, name).get("NHR_KAFKA_PARTITIONS", "256"))
        assert 1 < spec["maxReplicaCount"] <= min(TOPICS[name].partitions, most), name


def test_kedas_scaler_knows_every_word_of_a_trigger(keda: Path, scaled: dict[str, Object]) -> None:
    source = (keda / "pkg/scalers/kafka_scaler.go").read_text(encoding="utf-8")
    known = dict(re.findall(r'`keda:"name=(\w+),order=([\w;]+)', source))
    builder = (keda / "pkg/scaling/scalers_builder.go").read_text(encoding="utf-8")
    for spec in scaled.values():
        for trigger in spec["triggers"]:
            assert f'case "{trigger["type"]}":' in builder
            for word in trigger["metadata"]:
                name = word.removesuffix("FromEnv")
                assert ("resolvedEnv" if word != name else "triggerMetadata") in known[name].split(";"), word


def test_what_a_login_gives_keda_is_what_its_scaler_takes(keda: Path, objects: Objects, overlay: str) -> None:
    source = (keda / "pkg/scalers/kafka_scaler.go").read_text(encoding="utf-8")
    known = dict(re.findall(r'`keda:"name=(\w+),order=([\w;]+)', source))
    allowed = dict(re.findall(r'`keda:"name=(\w+),[^"]*enum=([\w;]+)', source))
    logins = of_kind(objects, "TriggerAuthentication")
    for one in logins.values():
        assert all("authParams" in known[ref["parameter"]] for ref in one["spec"]["secretTargetRef"])
    for one in of_kind(objects, "ScaledObject").values():
        for trigger in one["spec"]["triggers"]:
            assert (trigger.get("authenticationRef", {}).get("name") in logins) == (overlay == "gpu")
            for word in {"sasl", "tls"} & set(trigger["metadata"]):
                assert trigger["metadata"][word] in allowed[word].split(";")


def test_what_does_not_move_is_told_apart_and_sizes_nothing(scaled: dict[str, Object]) -> None:
    for spec in scaled.values():
        assert tuple(triggers(spec)) == CAUSES
        waiting, moving = (triggers(spec)[name]["metadata"] for name in CAUSES)
        assert moving.pop("excludePersistentLag") == waiting.pop("limitToPartitionsWithLag") == "true"
        assert waiting == moving
        assert triggers(spec)["moving"]["useCachedMetrics"]
        assert waiting["lagThreshold"] == spec["advanced"]["scalingModifiers"]["target"]


@pytest.mark.parametrize(
    ("waiting", "moving", "workers"),
    [
        pytest.param(0, 0, 0, id="nothing waits: none"),
        pytest.param(1, 0, 1, id="the first message: one"),
        pytest.param(5000, 0, 1, id="nothing moves, for a service is away: one"),
        pytest.param(128, 3, 4, id="it gets on: as many as there is work for"),
    ],
)
def test_how_many_workers_come_of_a_queue(
    kubernetes: Kubernetes, scaled: dict[str, Object], waiting: int, moving: int, workers: int
) -> None:
    """As KEDA and the autoscaler do it: any above the activation is one, beyond that value / target, rounded up."""
    modifiers = scaled["editor"]["advanced"]["scalingModifiers"]
    value = kubernetes.formula(modifiers["formula"], {"waiting": waiting, "moving": moving})
    active = value > float(modifiers["activationTarget"])
    assert modifiers["metricType"] == "AverageValue"
    assert (max(1, -(-value // float(modifiers["target"]))) if active else 0) == workers


def test_more_come_quickly_and_fewer_slowly(objects: Objects, scaled: dict[str, Object]) -> None:
    for name, spec in scaled.items():
        behavior = spec["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]
        drained_s = ours(objects)[name]["spec"]["terminationGracePeriodSeconds"]
        assert behavior["scaleUp"]["stabilizationWindowSeconds"] == 0
        assert behavior["scaleDown"]["stabilizationWindowSeconds"] >= drained_s
        assert spec["minReplicaCount"] == 0
        assert spec["cooldownPeriod"] >= 5 * spec["pollingInterval"]
        assert "fallback" not in spec  # where Kafka does not answer, KEDA leaves the number as it is
