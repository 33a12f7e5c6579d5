"""Any text-to-image pipeline of diffusers: a folder or a repository with a `model_index.json`."""

from typing import ClassVar

from schemas.ports import Info
from workers.diffusion.options import AnyOptions
from workers.diffusion.plugins import DiffusionGenerator
from workers.diffusion.table import ANY, MODELS, Model, info
from workers.plugin import Options


class Generator(DiffusionGenerator[AnyOptions]):
    """`model=FOLDER`, `like=z-image-turbo` (see the table), or both: other weights, the same settings."""

    MODEL: ClassVar[Model] = ANY
    INFO: ClassVar[Info] = info(ANY, "generator", "Any text-to-image pipeline of diffusers, with a model_index.json")
    OPTIONS: ClassVar[type[Options]] = AnyOptions

    def __init__(self, options: AnyOptions) -> None:
        super().__init__(options)
        if options.like:
            self.__dict__["INFO"] = info(self.model(), "generator")

    def model(self) -> Model:
        """What the table knows of the model."""
        return MODELS.get(self.options.like, ANY)
