"""Qwen-Image-Edit on this machine; with model=Qwen/Qwen-Image-Edit-2509 and the like, one source a call."""

from typing import ClassVar

from schemas.ports import Info
from workers.diffusion.options import DiffusionOptions
from workers.diffusion.plugins import DiffusionEditor
from workers.diffusion.table import MODELS, Model, info
from workers.plugin import Options


class Editor(DiffusionEditor[DiffusionOptions]):
    """Attempts share what was read of text and source together, and the latents of their source."""

    MODEL: ClassVar[Model] = MODELS["qwen-image-edit"]
    INFO: ClassVar[Info] = info(MODEL, "editor")
    OPTIONS: ClassVar[type[Options]] = DiffusionOptions
