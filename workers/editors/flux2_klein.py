"""FLUX.2 [klein] 4B on this machine as an editor, 4 steps."""

from typing import ClassVar

from schemas.ports import Info
from workers.diffusion.options import DiffusionOptions
from workers.diffusion.plugins import DiffusionEditor
from workers.diffusion.table import MODELS, Model, info
from workers.plugin import Options


class Editor(DiffusionEditor[DiffusionOptions]):
    """Attempts share the embeddings of their text and the latents of their source, whatever else is in the batch."""

    MODEL: ClassVar[Model] = MODELS["flux2-klein"]
    INFO: ClassVar[Info] = info(MODEL, "editor")
    OPTIONS: ClassVar[type[Options]] = DiffusionOptions
