"""FLUX.2 [klein] 4B on this machine as a generator, 4 steps."""

from typing import ClassVar

from schemas.ports import Info
from workers.diffusion.options import DiffusionOptions
from workers.diffusion.plugins import DiffusionGenerator
from workers.diffusion.table import MODELS, Model, info
from workers.plugin import Options


class Generator(DiffusionGenerator[DiffusionOptions]):
    """Any FLUX.2 [klein] pipeline; seeds of a prompt share its embeddings."""

    MODEL: ClassVar[Model] = MODELS["flux2-klein"]
    INFO: ClassVar[Info] = info(MODEL, "generator")
    OPTIONS: ClassVar[type[Options]] = DiffusionOptions
