"""FLUX.1 [schnell] on this machine: the paper's generator, 4 steps."""

from typing import ClassVar

from schemas.ports import Info
from workers.diffusion.options import DiffusionOptions
from workers.diffusion.plugins import DiffusionGenerator
from workers.diffusion.table import MODELS, Model, info
from workers.plugin import Options


class Generator(DiffusionGenerator[DiffusionOptions]):
    """Any FLUX.1 pipeline; seeds of a prompt share its embeddings."""

    MODEL: ClassVar[Model] = MODELS["flux-schnell"]
    INFO: ClassVar[Info] = info(MODEL, "generator")
    OPTIONS: ClassVar[type[Options]] = DiffusionOptions
