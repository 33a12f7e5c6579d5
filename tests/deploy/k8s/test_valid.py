"""Everything that Kubernetes is given, by the schemas of Kubernetes and of KEDA, to the letter."""

import copy
import json
import re
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml

from tests.deploy.asking import ROOT, Kubernetes, Refused
from tests.deploy.k8s.conftest import K8S
from tests.deploy.k8s.objects import Object, Objects, of_kind, secret_keys

VERSIONS = ("1.30", kubernetes_validate.latest_version())
"""The oldest that we mean to run on, and the newest that there is."""
MOST_BYTES = 256 * 1024
"""What `kubectl apply` may note of an object in its annotations."""


@cache
def schema(keda: Path, kind: str) -> dict[str, Any]:
    """KEDA's own schema of a kind, closed: a field that it does not name is refused."""
    file = keda / "config/crd/bases" / f"keda.sh_{kind.lower()}s.yaml"
    (version,) = yaml.safe_load(file.read_text(encoding="utf-8"))["spec"]["versions"]
    return dict(closed(version["schema"]["openAPIV3Schema"]))


def closed(part: Any) -> Any:
    """The schema, with nothing allowed that it does not name; what a cluster adds to all objects, it does not name."""
    if isinstance(part, list):
        return [closed(one) for one in part]
    if not isinstance(part, dict):
        return part
    made = {name: closed(one) for name, one in part.items()}
    if isinstance(part.get("properties"), dict) and not part.get("x-kubernetes-preserve-unknown-fields"):
        made["additionalProperties"] = False
    return made


def check(one: Object, keda: Path, version: str) -> None:
    """Raise for an object that is not as its schema says."""
    if one["apiVersion"].startswith("keda.sh/"):
        found = schema(keda, one["kind"])
        found["properties"]["metadata"] = {"type": "object"}
        jsonschema.Draft202012Validator(found).validate(one)
    else:
        kubernetes_validate.validate(one, version, strict=True)


@pytest.mark.parametrize("version", VERSIONS)
def test_every_object_is_as_its_schema_says(objects: Objects, keda: Path, version: str) -> None:
    for one in objects:
        check(one, keda, version)


def test_a_field_that_no_schema_names_is_refused(objects: Objects, keda: Path) -> None:
    for kind, path in (("Deployment", ("spec", "template", "spec")), ("ScaledObject", ("spec", "advanced"))):
        spoilt = copy.deepcopy(next(iter(of_kind(objects, kind).values())))
        place = spoilt
        for name in path:
            place = place[name]
        check(spoilt, keda, VERSIONS[-1])
        place["terminationGrace"] = 600
        with pytest.raises(jsonschema.ValidationError, match="terminationGrace"):
            check(spoilt, keda, VERSIONS[-1])


def test_kustomize_refuses_a_patch_of_what_is_not_there(kubernetes: Kubernetes, tmp_path: Path) -> None:
    (tmp_path / "kustomization.yaml").write_text("resources: [nowhere.yaml]\n", encoding="utf-8")
    with pytest.raises(Refused, match=r"nowhere\.yaml"):
        kubernetes.build(tmp_path)


def test_no_two_objects_are_one(objects: Objects) -> None:
    names = [(one["kind"], one["metadata"].get("namespace"), one["metadata"]["name"]) for one in objects]
    assert len(set(names)) == len(names)
    assert {namespace for kind, namespace, _ in names if kind != "Namespace"} == {"nhr"}


def test_every_object_is_small_enough_to_be_applied(objects: Objects) -> None:
    for one in objects:
        assert len(json.dumps(json.dumps(one))) < MOST_BYTES, one["metadata"]["name"]


def test_no_secret_is_among_them_and_every_key_is_one_that_the_overlays_commands_make(
    objects: Objects, overlay: str
) -> None:
    assert not of_kind(objects, "Secret")
    text = (K8S / "overlays" / overlay / "kustomization.yaml").read_text(encoding="utf-8").replace("\\\n#", "")
    commands = re.findall(r"create secret generic (\S+) (.*)", text)
    made = {name: set(re.findall(r"--from-(?:literal|file)=(\w+)=", words)) for name, words in commands}
    for name, key in secret_keys(objects):
        assert not key or key in made[name]
    for settings in (one["data"] for one in of_kind(objects, "ConfigMap").values()):
        for value in settings.values():
            if found := re.fullmatch(r"/run/secrets/nhr/(\w+)", value):
                assert found[1] in made["nhr"]


def test_the_base_lacks_nothing_but_servers_and_models(kubernetes: Kubernetes) -> None:
    (settings,) = of_kind(kubernetes.build(K8S / "base"), "ConfigMap").values()
    assert not {"NHR_KAFKA", "NHR_S3"} & set(settings["data"])
    assert not [name for name in settings["data"] if name.startswith("MINE_")]


def test_all_of_it_is_in_the_repository() -> None:
    listed = subprocess.run(["git", "ls-files", "infra/deploy"], cwd=ROOT, check=True, capture_output=True, text=True)
    for file in (*K8S.rglob("*.yaml"), *K8S.rglob("*.yml"), *K8S.rglob("*.env")):
        assert str(file.relative_to(ROOT)) in listed.stdout.split(), file
