"""Tiny random-weight pipelines of every family, built here: half a megabyte each, 64 pixels in some 50 ms on one core.

Nothing is downloaded, and torch is imported only when the first one is asked for.
"""

import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SIDE = 64


def pipeline(root: Path, family: str) -> Path:
    """The folder of the family's pipeline, built unless it is there."""
    folder = root / family
    if not (folder / "model_index.json").exists():
        ready()
        from tests.tiny.pipelines import BUILDERS

        half = folder.with_name(f"{family}.half")
        shutil.rmtree(half, ignore_errors=True)
        BUILDERS[family](half)
        half.rename(folder)
    return folder


def options(root: Path) -> dict[tuple[str, str], dict[str, object]]:
    """Options with which each plug-in runs a tiny pipeline under the folder: see `build`."""
    short: dict[str, object] = {"steps": 2, "sizes": "64x64"}
    families = {
        ("generator", "flux"): "flux",
        ("generator", "flux2_klein"): "klein",
        ("generator", "diffusers"): "zimage",
        ("editor", "flux_kontext"): "kontext",
        ("editor", "flux2_klein"): "klein",
        ("editor", "instruct_pix2pix"): "pix2pix",
        ("editor", "qwen_image_edit"): "qwen_edit",
        ("editor", "diffusers"): "qwen_edit_plus",
    }
    return {plugin: {**short, "model": str(root / "tiny" / family)} for plugin, family in families.items()}


def build(given: Mapping[str, object]) -> None:
    """Build the tiny pipeline that options name, if they name one."""
    folder = Path(str(given.get("model", "")))
    if folder.parent.name == "tiny":
        folder.parent.mkdir(exist_ok=True)
        pipeline(folder.parent, folder.name)


def ready() -> None:
    """Offline, on one thread, without bars; the Qwen editors look at their sources at 64 pixels, not at a megapixel."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    import diffusers
    import diffusers.pipelines.qwenimage.pipeline_qwenimage_edit as edit
    import diffusers.pipelines.qwenimage.pipeline_qwenimage_edit_plus as plus
    import torch
    import transformers

    torch.set_num_threads(1)
    diffusers.utils.logging.disable_progress_bar()
    transformers.utils.logging.disable_progress_bar()
    for module in (edit, plus):
        if not isinstance(module.calculate_dimensions, Small):
            module.calculate_dimensions = Small(module.calculate_dimensions)


@dataclass
class Small:
    """The sides of an area, of 64 x 64 pixels at most."""

    real: Callable[[int, float], Any]

    def __call__(self, area: int, ratio: float) -> Any:
        return self.real(min(area, SIDE * SIDE), ratio)
