"""What the tests ask of Kubernetes' objects: the pods among them, and what a container is given."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Object = dict[str, Any]
Objects = Sequence[Object]
PODS = {"Deployment", "StatefulSet", "Job"}
COMPONENT = "app.kubernetes.io/component"


def of_kind(objects: Objects, *kinds: str) -> dict[str, Object]:
    """The objects of these kinds, by name."""
    return {one["metadata"]["name"]: one for one in objects if one["kind"] in kinds}


def pods(objects: Objects) -> dict[str, Object]:
    """The templates of all pods, by the name of what makes them."""
    return {name: one["spec"]["template"] for name, one in of_kind(objects, *PODS).items()}


def ours(objects: Objects) -> dict[str, Object]:
    """The pods that run NHR's image."""
    return {
        name: pod for name, pod in pods(objects).items()
        if pod["metadata"]["labels"].get("app.kubernetes.io/name") == "nhr"
    }  # fmt: skip


def container(pod: Object) -> Object:
    """The one container of a pod."""
    (one,) = pod["spec"]["containers"]
    return dict(one)


def roles(objects: Objects) -> dict[str, Object]:
    """The pods that play a role: workers and streams."""
    return {name: pod for name, pod in ours(objects).items() if container(pod)["args"][0] in {"worker", "stream"}}


def environment(pod: Object, objects: Objects, name: str) -> dict[str, str]:
    """What the container finds in its environment; of a secret, the key's name stands for what it holds."""
    maps, given = of_kind(objects, "ConfigMap"), dict[str, str]()
    for source in container(pod).get("envFrom", ()):
        given |= maps[source["configMapRef"]["name"]]["data"]
    for one in container(pod).get("env", ()):
        given[one["name"]] = one["value"] if "value" in one else _referred(one["valueFrom"], name)
    return given


def _referred(source: Mapping[str, Any], name: str) -> str:
    if "fieldRef" in source:
        return {"metadata.name": f"{name}-0"}[source["fieldRef"]["fieldPath"]]
    return str(source["secretKeyRef"]["key"])


def arguments(pod: Object, environment: Mapping[str, str]) -> list[str]:
    """The container's arguments as Kubernetes hands them over: $(NAME) is what the environment says, if it does."""

    def said(found: re.Match[str]) -> str:
        return environment.get(found[1], found[0])

    return [re.sub(r"\$\((\w+)\)", said, word) for word in container(pod)["args"]]


def secret_keys(objects: Objects) -> Iterator[tuple[str, str]]:
    """Each secret and key that a variable, a volume or a trigger refers to; "" for all of a secret's keys."""
    for pod in pods(objects).values():
        for one in container(pod).get("env", ()):
            if (ref := one.get("valueFrom", {}).get("secretKeyRef")) is not None:
                yield ref["name"], ref["key"]
        for volume in pod["spec"].get("volumes", ()):
            if (secret := volume.get("secret")) is not None:
                for item in secret.get("items", [{"key": ""}]):
                    yield secret["secretName"], item["key"]
    for auth in of_kind(objects, "TriggerAuthentication").values():
        for ref in auth["spec"]["secretTargetRef"]:
            yield ref["name"], ref["key"]
