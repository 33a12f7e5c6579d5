"""What is known of each model, from `models.toml`: where it comes from, what it costs and how it is called."""

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from typing import Literal

from pydantic import BaseModel, ConfigDict

from schemas.ports import Info


class Model(BaseModel):
    """One model. `commercial` as in `Info`; `call`: further arguments; `batching`: how jobs share a call.

    `steps`, `guidance`, `true_cfg` and `negative` are those its makers name. `memory_gb`: its weights in bf16, and a
    gigabyte or more to work in. `multiple`: pixels of its patches.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    summary: str
    role: Literal["generator", "editor", "both"]
    repository: str = ""
    revision: str = "main"
    licence: str = "the model's own"
    commercial: bool | None = None
    memory_gb: float = 16.0
    sizes: str = "about 1 megapixel"
    steps: int = 0
    guidance: float | None = None
    true_cfg: float | None = None
    image_guidance: float | None = None
    negative: str | None = None
    max_sequence_length: int = 0
    multiple: int = 16
    batching: Literal["", "listed", "repeated"] = ""
    call: Mapping[str, bool | int | float | str] = {}


def _read() -> dict[str, Model]:
    text = files("workers.diffusion").joinpath("models.toml").read_text(encoding="utf-8")
    return {name: Model.model_validate(given) for name, given in tomllib.loads(text).items()}


MODELS = _read()
ANY = Model(summary="Any diffusers pipeline: a folder or repository with a model_index.json", role="both")


def info(model: Model, role: Literal["generator", "editor"], summary: str = "") -> Info:
    """What a plug-in that runs the model says of itself."""
    return Info(
        summary=summary or model.summary,
        licence=model.licence,
        commercial=model.commercial,
        revision=model.revision,
        dear=True,
        reads_images=role == "editor",
        batch=16,
        memory_gb=model.memory_gb,
        repository=model.repository,
        steps=model.steps,
        sizes=model.sizes,
        accepts="a picture and an instruction" if role == "editor" else "a prompt",
        extra="models",
    )
