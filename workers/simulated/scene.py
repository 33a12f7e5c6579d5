"""What a drawn picture shows, as data: the scene, the damage done to it, and the note that travels inside the image."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from schemas.ports import Image

Severity = Literal["blatant", "subtle", "unseen"]
"""How a flaw strikes an observer: at once, on a close look, or not at all (only pixels tell)."""


class _Fact(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Thing(_Fact):
    """One named object (or `count` alike side by side) at a named place; the empty string means "as usual"."""

    kind: str
    colour: str = ""
    material: str = ""
    pattern: str = ""
    place: str = ""
    size: Annotated[float, Field(ge=0.4, le=2.0)] = 1.0
    angle: Annotated[float, Field(ge=-180, le=180)] = 0.0
    count: Annotated[int, Field(ge=1, le=4)] = 1


class Scene(_Fact):
    """Everything that is drawn, in words; `seed` settles the rest (layout, clouds, hills), so redrawing is stable."""

    seed: int
    width: Annotated[int, Field(ge=16)]
    height: Annotated[int, Field(ge=16)]
    style: str = ""
    backdrop: str = "hills"
    surface: str = ""
    time: str = "day"
    season: str = "summer"
    weather: str = "clear"
    light: str = ""
    things: tuple[Thing, ...] = ()
    text: str = ""
    tones: tuple[str, ...] = ()
    zoom: Annotated[float, Field(ge=1.0, le=3.0)] = 1.0
    mirrored: bool = False

    def find(self, kind: str) -> Thing | None:
        """The thing of that kind, if there is one."""
        return next((thing for thing in self.things if thing.kind == kind), None)

    def without(self, kind: str) -> "Scene":
        """The scene with that kind of thing taken out."""
        return self.model_copy(update={"things": tuple(t for t in self.things if t.kind != kind)})

    def swapped(self, kind: str, thing: Thing) -> "Scene":
        """The scene with `thing` instead of the one of that kind."""
        return self.model_copy(update={"things": tuple(thing if t.kind == kind else t for t in self.things)})


class Flaw(_Fact):
    """Something wrong with an edit that nobody asked for."""

    kind: str
    severity: Severity
    words: str


class Note(_Fact):
    """Ground truth of one picture: what is drawn, what is wrong with it, and which edit made it."""

    scene: Scene
    defects: tuple[str, ...] = ()
    edit: str = ""
    flaws: tuple[Flaw, ...] = ()

    @property
    def severity(self) -> Severity | None:
        """The worst flaw's severity; None for a flawless picture."""
        found = {flaw.severity for flaw in self.flaws}
        order: tuple[Severity, ...] = ("blatant", "unseen", "subtle")
        return next((severity for severity in order if severity in found), None)

    def packed(self) -> str:
        """The note as JSON."""
        return self.model_dump_json(exclude_defaults=True)


def read_note(image: Image) -> Note | None:
    """The ground truth inside `image`; None when it is not a drawn picture."""
    if not image.note:
        return None
    try:
        return Note.model_validate_json(image.note)
    except ValidationError:
        return None
