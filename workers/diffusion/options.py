"""What can be set of a diffusion model, and which settings do not go together: known before any model is loaded."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from workers.diffusion.sizes import Size, sizes
from workers.diffusion.table import MODELS
from workers.plugin import Options

Attention = Literal["native", "math", "cudnn", "flash", "flash3", "flex", "sage", "xformers"]
Quantise = Literal["none", "int8", "fp8"]
Offload = Literal["none", "model", "group"]
SizesText = Annotated[str, Field(max_length=400)]

MOST_ROWS = 16
"""Largest batch of one call."""


class DiffusionOptions(Options):
    """Settings of a model that runs here; what is not given is the model's own.

    `model`: a folder with a `model_index.json`, or a repository of the hub. `revision`: of the repository.
    `dtype`: auto is bf16 on a GPU and fp32 on a CPU. `device`: auto is the first GPU, else the CPU.
    `steps`, `guidance`, `true_cfg`, `negative`, `max_sequence_length`: of the call (0 or nothing: the model's own).
    `sizes`: the only sizes it draws at, such as "1024x1024+832x1216"; each is warmed up at the start. Nothing: the size
    that is asked for, cut to whole patches and to a megapixel. `batch`: most pictures of one call.
    `compile`: "regional" compiles the repeated blocks; batches are padded then. `attention`: which kernels.
    `quantise`: weights as int8 (torchao) or stored as fp8. `offload`: keep parts off the GPU. `vae_tiling`: decode
    large pictures in tiles.
    """

    TUNING: ClassVar[frozenset[str]] = frozenset({"device", "batch", "compile", "attention", "offload"})

    model: str = ""
    revision: str = ""
    dtype: Literal["auto", "bf16", "fp16", "fp32"] = "auto"
    device: Annotated[str, Field(pattern=r"^(auto|cpu|mps|cuda(:\d+)?)$")] = "auto"
    steps: Annotated[int, Field(ge=0, le=1000)] = 0
    guidance: Annotated[float, Field(ge=0, le=100)] | None = None
    true_cfg: Annotated[float, Field(ge=0, le=100)] | None = None
    negative: Annotated[str, Field(max_length=2000)] | None = None
    max_sequence_length: Annotated[int, Field(ge=0, le=4096)] = 0
    sizes: SizesText = ""
    batch: Annotated[int, Field(ge=1, le=MOST_ROWS)] = 4
    compile: Literal["off", "regional"] = "off"
    attention: Attention = "native"
    quantise: Quantise = "none"
    offload: Offload = "none"
    vae_tiling: bool = False

    @field_validator("sizes")
    @classmethod
    def _readable(cls, text: str) -> str:
        sizes(text)
        return text

    @model_validator(mode="after")
    def _together(self) -> "DiffusionOptions":
        for wrong, why in (
            (self.compile != "off" and not self.sizes, "compile=regional needs sizes=…: every size is compiled once"),
            (self.compile != "off" and self.offload != "none", "compile=regional and offload do not go together"),
            (self.compile != "off" and self.quantise == "fp8", "compile=regional and quantise=fp8 do not go together"),
            (self.quantise == "int8" and self.offload == "group", "quantise=int8 needs offload=none or model"),
            (self.device == "cpu" and self.dtype == "fp16", "dtype=fp16 needs a GPU: use fp32 or bf16 on a CPU"),
            (
                self.device == "cpu" and self.offload != "none",
                "offload spares a GPU's memory: leave device=cpu out",
            ),
        ):
            if wrong:
                raise ValueError(why)
        return self

    @property
    def drawn_at(self) -> tuple[Size, ...]:
        """The only sizes it draws at; nothing where it draws at any."""
        return sizes(self.sizes)


class AnyOptions(DiffusionOptions):
    """Settings of any pipeline. `like`: the name of a model in the table whose settings apply to other weights."""

    like: str = ""

    @field_validator("like")
    @classmethod
    def _known(cls, name: str) -> str:
        if name and name not in MODELS:
            raise ValueError(f"no model {name!r} in the table; choose one of: {', '.join(MODELS)}")
        return name


class Pix2PixOptions(DiffusionOptions):
    """Settings of InstructPix2Pix. `image_guidance`: how closely it keeps to the source."""

    image_guidance: Annotated[float, Field(ge=0, le=100)] | None = None
