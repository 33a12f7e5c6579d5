"""On a GPU: the families in bf16, compiled blocks, offload, and what a GPU says when it is full or gone."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.diffusion.conftest import fresh
from tests.diffusion.families import EDITORS, FLUX, GENERATORS, KONTEXT, Family, edit, prompt

pytest.importorskip("torch", reason="torch is not installed: make setup-models")


@pytest.fixture(scope="module", autouse=True)
def _gpu() -> None:
    import torch

    if not torch.cuda.is_available():
        pytest.skip("torch sees no GPU here")


@pytest.fixture(scope="session")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tiny")


def answers(plugin: Any, count: int = 4) -> list[Any]:
    if plugin.EDITS:
        return list(plugin.edit([edit(seed % 2, seed=seed) for seed in range(count)]))
    return list(plugin.generate([prompt(seed=seed) for seed in range(count)]))


def apart(one: Any, other: Any) -> int:
    return int(abs(one.pixels.astype(int) - other.pixels).max())


@pytest.mark.parametrize("family", [*GENERATORS, *EDITORS], ids=str)
def test_a_batch_in_bf16_gives_about_what_single_calls_give(family: Family, root: Path) -> None:
    plugin = fresh(root, family, device="cuda", batch=4)
    together = answers(plugin)
    plugin.host.batch = 1
    assert max(apart(*pair) for pair in zip(together, answers(plugin), strict=True)) <= 32


@pytest.mark.parametrize("family", [FLUX, KONTEXT], ids=str)
def test_fp32_on_a_gpu_gives_about_what_a_cpu_gives(family: Family, root: Path) -> None:
    pairs = (fresh(root, family, device=device, dtype="fp32") for device in ("cuda", "cpu"))
    one, other = (answers(plugin) for plugin in pairs)
    assert max(apart(*pair) for pair in zip(one, other, strict=True)) <= 4


@pytest.mark.parametrize("settings", [{"offload": "model"}, {"offload": "group"}, {"attention": "cudnn"}], ids=str)
def test_ways_to_run_give_about_the_same_pictures(settings: dict[str, object], root: Path) -> None:
    usual = answers(fresh(root, KONTEXT, device="cuda"))
    other = answers(fresh(root, KONTEXT, device="cuda", **settings))
    assert max(apart(*pair) for pair in zip(usual, other, strict=True)) <= 32


def test_compiled_blocks_give_about_the_same_pictures(root: Path) -> None:
    usual = answers(fresh(root, KONTEXT, device="cuda"))
    compiled = fresh(root, KONTEXT, device="cuda", compile="regional", sizes="64x64")
    assert max(apart(*pair) for pair in zip(usual, answers(compiled), strict=True)) <= 32


def test_a_full_gpu_halves_the_batch(root: Path) -> None:
    import torch

    plugin = fresh(root, FLUX, device="cuda", batch=8)
    allowed, transformer = 2, plugin.host.pipe.transformer

    def fill(_module: Any, _args: Any, out: Any) -> None:
        if len(out[0]) > allowed:
            torch.empty(1 << 50, dtype=torch.uint8, device="cuda")

    transformer.register_forward_hook(fill)
    assert all(type(answer).__name__ == "Image" for answer in answers(plugin, 8))
    assert plugin.host.calls[0] == 8
    assert 2 in plugin.host.calls


BREAK = """
import sys, torch
from pathlib import Path
from schemas.errors import Fatal
from tests.diffusion.conftest import fresh
from tests.diffusion.families import FLUX, prompt
plugin = fresh(Path(sys.argv[1]), FLUX, device="cuda")
def fail(_module, _args, out):
    torch.zeros(1, device="cuda")[torch.tensor([7], device="cuda")].cpu()
plugin.host.pipe.transformer.register_forward_hook(fail)
try:
    plugin.generate([prompt()])
except Fatal as error:
    print("fatal:", error)
"""


def test_a_gpu_that_asserts_ends_the_process(root: Path) -> None:
    done = subprocess.run([sys.executable, "-c", BREAK, str(root)], capture_output=True, text=True, check=False)
    assert done.stdout.startswith("fatal: the GPU failed"), done.stderr[-2000:]
