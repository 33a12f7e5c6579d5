"""Tiny pipelines, built once a session; hosts of each family, loaded once."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.diffusion.families import Family
from tests.tiny import pipeline
from workers import roster
from workers.diffusion.plugins import Diffusion

Load = Callable[..., Diffusion[Any]]


@pytest.fixture(scope="session")
def tiny_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tiny")


@pytest.fixture(scope="session")
def loaded(tiny_root: Path) -> Load:
    """A plug-in of a family with further settings; the same instance for the same ones."""
    kept: dict[str, Diffusion[Any]] = {}

    def load(family: Family, **settings: object) -> Diffusion[Any]:
        key = repr((family, settings))
        if key not in kept:
            kept[key] = fresh(tiny_root, family, **settings)
        return kept[key]

    return load


@pytest.fixture
def anew(tiny_root: Path) -> Load:
    """A plug-in of its own, for tests that break it."""

    def load(family: Family, **settings: object) -> Diffusion[Any]:
        return fresh(tiny_root, family, **settings)

    return load


def fresh(root: Path, family: Family, **settings: object) -> Diffusion[Any]:
    model = str(pipeline(root, family.pipeline))
    plugin = roster.build(family.kind, family.plugin, {"model": model, **family.settings, **settings})
    assert isinstance(plugin, Diffusion)
    plugin.load()
    return plugin
