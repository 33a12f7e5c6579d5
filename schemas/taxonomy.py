"""The operations, styles and sizes that prompts, quotas and reports share; the data is `taxonomy.toml`."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Measure = Literal["object", "region", "tone", "geometry", "overlay", "language"]


class Operation(BaseModel):
    """A kind of edit: its group, its inverse (None: it cannot be undone), how a machine could measure it.

    `measured` says what a pixel-exact check can look at: an object's presence or attributes, a region, the global
    tone, the geometry, an overlay; `language` means only a model that understands pictures can tell.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    group: str
    inverse: str | None = None
    measured: Measure
    meaning: str
    zh: str
    share: Annotated[float, Field(ge=0, le=1)] = 0.0


class Size(BaseModel):
    """A picture size in pixels."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    width: int
    height: int


class Taxonomy(BaseModel):
    """All that is declared in `taxonomy.toml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    operations: dict[str, Operation]
    styles: tuple[str, ...]
    sizes: tuple[Size, ...]

    def has_inverse(self, operation: str) -> bool:
        """Whether `operation` can be undone by an instruction; an operation unknown here cannot."""
        known = self.operations.get(operation)
        return known is not None and known.inverse is not None


@cache
def taxonomy() -> Taxonomy:
    """The taxonomy shipped with this version."""
    raw = tomllib.loads(Path(__file__).with_name("taxonomy.toml").read_text(encoding="utf-8"))
    raw["operations"] = {name: {"name": name, **entry} for name, entry in raw["operations"].items()}
    return Taxonomy.model_validate(raw)
