"""What pods may do, how they are asked after, and how they end."""

import re

from infra.runtime.loop import IN_HAND
from tests.deploy.asking import ROOT, Checker
from tests.deploy.k8s.objects import COMPONENT, Objects, container, of_kind, ours, pods, roles

SLOWEST_S = 18.0
BATCH = 8
UNITS = {"Mi": 1 << 20, "Gi": 1 << 30, "M": 1 << 20, "G": 1 << 30}
"""Compose's M and G are powers of two as well."""


def size(text: str) -> int:
    """Bytes of a quantity such as 512Mi."""
    found = re.fullmatch(r"(\d+)([A-Za-z]+)", text)
    assert found, text
    return int(found[1]) * UNITS[found[2]]


def test_every_pod_is_confined(objects: Objects) -> None:
    for name, pod in pods(objects).items():
        spec, inside = pod["spec"], container(pod)["securityContext"]
        assert spec["securityContext"]["runAsNonRoot"], name
        assert spec["securityContext"]["runAsUser"] > 0, name
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert inside["allowPrivilegeEscalation"] is False, name
        assert inside["capabilities"] == {"drop": ["ALL"]}, name
        assert inside.get("readOnlyRootFilesystem") or name == "kafka", name
        assert not {"hostNetwork", "hostPID", "hostIPC"} & set(spec), name
        assert not inside.get("privileged"), name


def test_nobody_but_prometheus_may_ask_the_cluster(objects: Objects) -> None:
    trusted = {name for name, pod in pods(objects).items() if pod["spec"]["automountServiceAccountToken"]}
    assert trusted == {"prometheus"}
    assert not of_kind(objects, "ClusterRole", "ClusterRoleBinding")
    (role,) = of_kind(objects, "Role").values()
    assert role["rules"] == [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"]}]


def test_services_of_the_cluster_put_nothing_into_an_environment(objects: Objects) -> None:
    """A Service nhr-... would make variables NHR_..., which are refused; one called kafka, settings of a broker."""
    for name, pod in pods(objects).items():
        assert pod["spec"]["enableServiceLinks"] is False, name


def test_every_container_is_bounded(objects: Objects) -> None:
    for name, pod in pods(objects).items():
        resources = container(pod)["resources"]
        assert {"cpu", "memory"} <= set(resources["limits"]) & set(resources["requests"]), name
        assert size(resources["requests"]["memory"]) <= size(resources["limits"]["memory"]), name
        for volume in pod["spec"].get("volumes", ()):
            assert "sizeLimit" in volume.get("emptyDir", {"sizeLimit": ""}), name


def test_a_role_gets_as_much_memory_as_in_compose(objects: Objects, overlay: str, checker: Checker) -> None:
    services = checker.project([overlay])["services"]
    for name, pod in roles(objects).items():
        service = services.get(f"{name}-gpu", services.get(name))
        assert size(container(pod)["resources"]["limits"]["memory"]) == int(
            service["deploy"]["resources"]["limits"]["memory"]
        ), name


def test_a_role_is_run_as_the_image_means_it_to(objects: Objects, checker: Checker) -> None:
    image = checker.image("cpu")["image"]["config"]
    user, group = image["User"].split(":")
    for name, pod in ours(objects).items():
        context = pod["spec"]["securityContext"]
        assert (context["runAsUser"], context["runAsGroup"], context["fsGroup"]) == (int(user), int(group), int(group))
        assert "command" not in container(pod), name
        (home,) = (one for one in container(pod)["volumeMounts"] if one["mountPath"] == image["WorkingDir"])
        assert f"NHR_STATE={image['WorkingDir']}" in image["Env"]
        volumes = {one["name"]: one for one in pod["spec"]["volumes"]}
        assert "emptyDir" in volumes[home["name"]], name


def test_every_role_is_asked_after_where_it_tells_of_itself(objects: Objects) -> None:
    for name, pod in roles(objects).items():
        one = container(pod)
        assert {"name": "metrics", "containerPort": 9464} in [{**port} for port in one["ports"]], name
        asked = {probe: one[f"{probe}Probe"]["httpGet"] for probe in ("startup", "readiness", "liveness")}
        assert asked["startup"] == asked["readiness"] == {"path": "/readyz", "port": "metrics"}, name
        assert asked["liveness"] == {"path": "/healthz", "port": "metrics"}, name


def test_all_that_runs_for_ever_is_asked_after_at_a_port_that_it_has(objects: Objects) -> None:
    for name, made in of_kind(objects, "Deployment", "StatefulSet").items():
        one = container(made["spec"]["template"])
        ports = {port["name"] for port in one["ports"]}
        for probe in ("startup", "readiness", "liveness"):
            how = one[f"{probe}Probe"]
            assert how.get("httpGet", how.get("tcpSocket"))["port"] in ports, name


def test_there_is_time_to_load_weights(objects: Objects, overlay: str) -> None:
    for name, pod in roles(objects).items():
        probe = container(pod)["startupProbe"]
        on_gpu = overlay == "gpu" and name in {"generator", "editor"}
        assert probe["periodSeconds"] * probe["failureThreshold"] >= (3600 if on_gpu else 300), name


def test_a_drained_role_gets_longer_than_its_slowest_edits_take(objects: Objects) -> None:
    for name, pod in roles(objects).items():
        assert pod["spec"]["terminationGracePeriodSeconds"] > IN_HAND * BATCH * SLOWEST_S, name


def test_what_must_be_one_never_runs_beside_its_successor(objects: Objects) -> None:
    deployments = of_kind(objects, "Deployment")
    for name in ("prompter", "sweeper", "exporter"):
        assert deployments[name]["spec"]["replicas"] == 1
        assert deployments[name]["spec"]["strategy"] == {"type": "Recreate"}


def test_only_lasting_names_are_slots(objects: Objects) -> None:
    slots = {
        name for name, pod in ours(objects).items()
        if any(one["name"] == "NHR_SLOT" for one in container(pod).get("env", ()))
    }  # fmt: skip
    assert slots == set(of_kind(objects, "StatefulSet")) & set(ours(objects)) == {"director"}


def test_a_drained_node_leaves_somebody_at_work(objects: Objects) -> None:
    made = {**of_kind(objects, "Deployment"), **of_kind(objects, "StatefulSet")}
    for name, budget in of_kind(objects, "PodDisruptionBudget").items():
        labels = made[name]["spec"]["template"]["metadata"]["labels"]
        assert set(budget["spec"]["selector"]["matchLabels"].items()) <= set(labels.items())
        assert "minAvailable" not in budget["spec"]  # at one replica it would hold every drain up


def test_selectors_find_their_own_pods_and_no_others(objects: Objects) -> None:
    found = {**of_kind(objects, "Deployment"), **of_kind(objects, "StatefulSet")}
    for name, made in found.items():
        wanted = set(made["spec"]["selector"]["matchLabels"].items())
        chosen = {
            other for other, pod in pods(objects).items() if wanted <= set(pod["metadata"]["labels"].items())
        }  # fmt: skip
        assert chosen == {name}


def test_pods_of_a_role_bear_its_name(objects: Objects) -> None:
    for name, pod in roles(objects).items():
        labels = pod["metadata"]["labels"]
        assert labels["app.kubernetes.io/part-of"] == "nhr"
        assert labels[COMPONENT] == name


def test_network_policies_open_ports_that_there_are(objects: Objects) -> None:
    for name, policy in of_kind(objects, "NetworkPolicy").items():
        wanted = set(policy["spec"]["podSelector"].get("matchLabels", {}).items())
        chosen = [pod for pod in pods(objects).values() if wanted <= set(pod["metadata"]["labels"].items())]
        ports = {port["containerPort"] for pod in chosen for port in container(pod).get("ports", ())}
        opened = {port["port"] for rule in policy["spec"]["ingress"] for port in rule["ports"]}
        assert chosen, name
        assert opened <= ports, name


def test_services_lead_to_ports_that_there_are(objects: Objects) -> None:
    for name, service in of_kind(objects, "Service").items():
        wanted = set(service["spec"]["selector"].items())
        chosen = [pod for pod in pods(objects).values() if wanted <= set(pod["metadata"]["labels"].items())]
        assert len(chosen) == 1, name
        ports = {port["name"]: port["containerPort"] for port in container(chosen[0])["ports"]}
        for port in service["spec"]["ports"]:
            assert ports[port["targetPort"]] == port["port"], name


def test_the_folder_is_sent_to_no_image(checker: Checker) -> None:
    assert not [name for name in checker.context() if name.startswith("infra/deploy/k8s")]
    assert (ROOT / "infra/deploy/k8s").is_dir()
