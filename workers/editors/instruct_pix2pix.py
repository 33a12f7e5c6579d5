"""InstructPix2Pix on this machine: small and old, but quick."""

from typing import Any, ClassVar

from schemas.ports import Info
from workers.diffusion.options import Pix2PixOptions
from workers.diffusion.plugins import DiffusionEditor
from workers.diffusion.table import MODELS, Model, info
from workers.plugin import Options


class Editor(DiffusionEditor[Pix2PixOptions]):
    """Attempts share the embeddings of their text and the latents of their source, whatever else is in the batch."""

    MODEL: ClassVar[Model] = MODELS["instruct-pix2pix"]
    INFO: ClassVar[Info] = info(MODEL, "editor")
    OPTIONS: ClassVar[type[Options]] = Pix2PixOptions

    def extra(self) -> dict[str, Any]:
        """How closely it keeps to the source."""
        return {"image_guidance_scale": self.options.image_guidance}
