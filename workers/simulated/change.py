"""One edit as data: what it does to a scene, whether it can be done there, and the edit that leads from its result."""

from collections.abc import Collection
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from schemas.errors import Reject
from workers.simulated.layout import free_places
from workers.simulated.scene import Scene, Thing
from workers.simulated.tone_words import TONES
from workers.simulated.vocabulary import (
    BACKDROPS,
    COLOURS,
    KINDS,
    LIGHTS,
    MATERIALS,
    PATTERNS,
    PLACES,
    SEASONS,
    SURFACES,
    TIMES,
    WEATHERS,
)

PARTS: dict[str, Collection[str]] = {
    "backdrop": BACKDROPS, "surface": SURFACES, "time": TIMES, "season": SEASONS, "weather": WEATHERS, "light": LIGHTS,
    "style": (),
}  # fmt: skip
"""Parts of a scene and what each may be; a style may be any."""
ATTRIBUTES = ("colour", "material", "pattern", "place", "size", "angle", "count")


class Change(BaseModel):
    """One of: `remove`, `add`, `replace` by `add`, attributes `of` a thing, `scene` parts, tone, text, `all`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    remove: str = ""
    add: Thing | None = None
    replace: str = ""
    of: str = ""
    colour: str | None = None
    material: str | None = None
    pattern: str | None = None
    place: str | None = None
    size: Annotated[float, Field(ge=0.4, le=2.0)] | None = None
    angle: Annotated[float, Field(ge=-180, le=180)] | None = None
    count: Annotated[int, Field(ge=1, le=4)] | None = None
    scene: dict[str, str] = Field(default_factory=dict)
    tone: str = ""
    untone: str = ""
    text: Annotated[str, Field(max_length=24)] | None = None
    zoom: Annotated[float, Field(ge=1.0, le=3.0)] | None = None
    mirrored: bool | None = None
    all: tuple["Change", ...] = ()

    def packed(self) -> str:
        """The change as compact JSON, as a request's `effect` carries it."""
        return self.model_dump_json(exclude_defaults=True)

    @property
    def attributes(self) -> dict[str, str | float | int]:
        """The attributes given for the thing `of`."""
        return {name: value for name in ATTRIBUTES if (value := getattr(self, name)) is not None}

    @property
    def targets(self) -> tuple[str, ...]:
        """Kinds of thing that the change names."""
        inner = tuple(kind for part in self.all for kind in part.targets)
        named = (self.remove, self.replace, self.of, self.add.kind if self.add else "")
        return tuple(kind for kind in named if kind) + inner


def parse(effect: str) -> Change | None:
    """The change in a request's `effect`; None when that is empty; raises `Reject` for anything else."""
    if not effect:
        return None
    try:
        change = Change.model_validate_json(effect)
    except ValidationError:
        raise Reject("the request's effect is not one of a drawn scene; leave it empty to go by the words") from None
    strange = unknown_word(change)
    if strange:
        raise Reject(f"the request's effect says {strange!r}, which is no word of the drawn world; leave it empty")
    return change


def unknown_word(change: Change) -> str:
    """The first word of the change that nothing could be drawn for, or ""."""
    said: list[tuple[str, Collection[str]]] = [(kind, KINDS) for kind in change.targets]
    for look in (change, change.add):
        if look is not None:
            said += [(look.colour or "", COLOURS), (look.material or "", MATERIALS), (look.pattern or "", PATTERNS)]
            said += [(look.place or "", [place for places in PLACES.values() for place in places])]
    said += [(part, PARTS) for part in change.scene]
    said += [(value, PARTS[part]) for part, value in change.scene.items() if part in PARTS and part != "style"]
    said += [("(empty)", ()) for part, value in change.scene.items() if not value and part not in ("light", "style")]
    said += [(change.tone, TONES), (change.untone, TONES)]
    inner = next((word for part in change.all if (word := unknown_word(part))), "")
    return next((word for word, known in said if word and word not in known), inner)


def possible(scene: Scene, change: Change) -> bool:
    """Whether the things that the change names are there (or, for additions, are not yet)."""
    if change.all:
        return all(possible(scene, part) for part in change.all)
    if change.add and not change.replace:
        return scene.find(change.add.kind) is None
    target = change.remove or change.replace or change.of
    return not target or scene.find(target) is not None


def apply(scene: Scene, change: Change) -> Scene:
    """The scene after the change; whatever cannot be done leaves the scene as it is."""
    for part in change.all:
        scene = apply(scene, part)
    if change.all or not possible(scene, change):
        return scene
    if change.remove:
        return scene.without(change.remove)
    if change.add:
        return scene.swapped(change.replace, change.add) if change.replace else _added(scene, change.add)
    if change.of:
        thing = scene.find(change.of)
        return scene if thing is None else scene.swapped(change.of, thing.model_copy(update=change.attributes))
    return _restaged(scene, change)


def _added(scene: Scene, thing: Thing) -> Scene:
    if not thing.place:
        free = free_places(scene, thing.kind)
        thing = thing.model_copy(update={"place": free[0]}) if free else thing
    return scene.model_copy(update={"things": (*scene.things, thing)})


def _restaged(scene: Scene, change: Change) -> Scene:
    update: dict[str, object] = dict(change.scene)
    if change.tone:
        update["tones"] = (*(t for t in scene.tones if t != change.tone), change.tone)
    if change.untone:
        update["tones"] = tuple(t for t in scene.tones if t != change.untone)
    for name in ("text", "zoom", "mirrored"):
        value = getattr(change, name)
        if value is not None:
            update[name] = value
    return Scene.model_validate(scene.model_dump() | update)


def undo(scene: Scene, change: Change) -> Change:
    """The change that leads from `apply(scene, change)` to `scene`; parts of several come in reverse order."""
    if change.all:
        steps, now = [], scene
        for part in change.all:
            steps.append(undo(now, part))
            now = apply(now, part)
        return Change(all=tuple(reversed(steps)))
    target = scene.find(change.remove or change.replace or change.of)
    if change.remove:
        return Change(add=target) if target else Change()
    if change.add:
        return Change(replace=change.add.kind, add=target) if change.replace else Change(remove=change.add.kind)
    if change.of:
        return (
            Change(of=change.of, **{name: getattr(target, name) for name in change.attributes}) if target else Change()
        )
    return Change(
        scene={name: getattr(scene, name) for name in change.scene},
        tone=change.untone,
        untone=change.tone,
        text=None if change.text is None else scene.text,
        zoom=None if change.zoom is None else scene.zoom,
        mirrored=None if change.mirrored is None else scene.mirrored,
    )
