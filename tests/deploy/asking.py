"""Asks the tools' own code about our files, through the programs in composecheck/ and kubecheck/."""

import fcntl
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from typer.main import get_command

from infra import cli, settings

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
KEDA = "github.com/kedacore/keda/v2@v2.21.0"
"""The version whose schemas and scaler our objects are held against."""
DOCKERFILE = "infra/deploy/docker/Dockerfile"


class Refused(Exception):
    """What the program said against a file."""


class Program:
    """A program of ours, compiled."""

    def __init__(self, binary: Path) -> None:
        self._binary = binary

    def _ask(self, *words: str) -> Any:
        done = subprocess.run([self._binary, *words], capture_output=True, text=True, env={}, check=False)
        if done.returncode:
            raise Refused(done.stderr.strip())
        return json.loads(done.stdout)


class Checker(Program):
    """composecheck."""

    def project(
        self, profiles: Sequence[str] = (), given: Mapping[str, str] | None = None, file: Path | None = None
    ) -> dict[str, Any]:
        """docker-compose.yml (or `file`) as Compose understands it; no variables but those given."""
        words = [*(f"{name}={value}" for name, value in (given or {}).items()), *(f"--profile={p}" for p in profiles)]
        return dict(self._ask("compose", str(file or ROOT / "docker-compose.yml"), *words))

    def image(self, target: str, file: Path | None = None) -> dict[str, Any]:
        """The image and the lint of a target of the Dockerfile."""
        return dict(self._ask("dockerfile", str(file or ROOT / DOCKERFILE), target))

    def context(self) -> list[str]:
        """The files that a build from the root is sent."""
        return list(self._ask("context", str(ROOT)))


class Kubernetes(Program):
    """kubecheck."""

    def build(self, folder: Path) -> list[dict[str, Any]]:
        """The objects of a kustomization."""
        return list(self._ask("build", str(folder)))

    def formula(self, text: str, said: Mapping[str, float]) -> float:
        """What KEDA makes of a formula, given what the triggers say."""
        return float(self._ask("formula", text, *(f"{name}={value}" for name, value in said.items())))


def verb(service: Mapping[str, Any]) -> str:
    """The first word of a service's command."""
    return str((service["command"] or [""])[0])


def told(words: Sequence[str]) -> Callable[..., Any]:
    """What `nhr WORDS` would call; raises typer's own error for words that it does not take."""
    left: list[str] = list(words)
    command: Any = get_command(cli.app())
    while left and left[0] in getattr(command, "commands", {}):
        command = command.commands[left.pop(0)]
    command.make_context("nhr", left)
    called: Callable[..., Any] = command.callback
    return called


def compiled(name: str, into: Path) -> Path:
    """The program `name`, compiled into a folder by one process at a time; FileNotFoundError without Go."""
    go = _go()
    cache = settings.cache_home() / "nhr"
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # whoever comes second finds everything in Go's cache
        binary = into / name
        subprocess.run(
            [go, "build", "-mod=readonly", "-o", binary, "."], cwd=HERE / name, check=True, capture_output=True,
            env={**os.environ, "CGO_ENABLED": "0", "GOFLAGS": ""},
        )  # fmt: skip
    return binary


def source_of_keda() -> Path:
    """The folder of KEDA's source, fetched by Go once; FileNotFoundError without Go."""
    done = subprocess.run(
        [_go(), "mod", "download", "-json", KEDA], cwd=HERE, check=True, capture_output=True, text=True,
        env={**os.environ, "GOFLAGS": ""},
    )  # fmt: skip
    return Path(json.loads(done.stdout)["Dir"])


def _go() -> str:
    go = shutil.which("go")
    if go is None:
        raise FileNotFoundError("no Go: install the package golang (1.25 or newer)")
    return go
