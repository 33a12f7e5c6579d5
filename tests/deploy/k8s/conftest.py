"""What each overlay makes, built once by kustomize's own code."""

from pathlib import Path

import pytest

from tests.deploy.asking import ROOT, Kubernetes
from tests.deploy.k8s.objects import Objects

K8S = ROOT / "infra/deploy/k8s"
EVERYTHING = """
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: nhr
resources: [{overlay}]
components: [{components}/observe]
"""


@pytest.fixture(scope="session", params=["simulated", "gpu"])
def overlay(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def objects(kubernetes: Kubernetes, overlay: str, tmp_path_factory: pytest.TempPathFactory) -> Objects:
    """Of the overlay with all components: that on GPUs leaves Prometheus and Grafana to the cluster's owner."""
    if overlay == "simulated":
        return kubernetes.build(K8S / "overlays" / overlay)
    return kubernetes.build(with_observe(K8S / "overlays" / overlay, tmp_path_factory.mktemp("everything")))


def with_observe(overlay: Path, folder: Path) -> Path:
    """A kustomization, in `folder`, of the overlay and the component that it leaves out."""
    root = Path(*[".."] * len(folder.resolve().parts[1:]))  # kustomize takes relative paths alone
    far = {"overlay": overlay, "components": K8S / "components"}
    text = EVERYTHING.format(**{name: root / path.relative_to("/") for name, path in far.items()})
    (folder / "kustomization.yaml").write_text(text, encoding="utf-8")
    return folder
