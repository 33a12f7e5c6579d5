"""Where things stand: named places become pixels, settled by the scene's seed and never by its other things."""

from dataclasses import dataclass

from workers.simulated.horizon import horizon_of, shore_of
from workers.simulated.indoors import floor_line
from workers.simulated.scene import Scene, Thing
from workers.simulated.vocabulary import BACKDROPS, KINDS, PLACES
from workers.simulated.weather import rng_of

SLOTS: dict[str, tuple[float, float]] = {
    "far left": (0.13, 0.16), "left": (0.31, 0.7), "middle": (0.5, 0.3), "right": (0.69, 0.76),
    "far right": (0.87, 0.2), "upper left": (0.21, 0.3), "upper middle": (0.5, 0.26), "upper right": (0.79, 0.32),
}  # fmt: skip
"""Place to (share of the width, nearness on the ground or share of the height)."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Foot (or middle, for what flies) of a thing in pixels, pixels to its unit length, drawing order."""

    x: float
    y: float
    unit: float
    near: float


def spot_of(thing: Thing, scene: Scene) -> Spot:
    """Where `thing` is in `scene`; an unknown place is the middle one of its kind."""
    where = KINDS[thing.kind].where
    names = PLACES[where]
    place = thing.place if thing.place in names else list(names)[len(names) // 2]
    x, depth = SLOTS[place]
    dx, dd = rng_of(scene, "spot", place).uniform(-1, 1, 2)
    x = (x + 0.02 * float(dx)) * scene.width
    tall = min(1.45, max(1.0, scene.height / scene.width))
    wide = min(1.2, max(1.0, scene.width / scene.height))
    unit = min(0.4 * scene.width * tall, 0.43 * scene.height * wide)
    if where == "sky":
        return Spot(x, (depth + 0.03 * float(dd)) * scene.height, unit * 0.8, -1.0)
    if where == "water" and BACKDROPS[scene.backdrop].water:
        return Spot(x, shore_of(scene) - scene.height * (0.035 + 0.012 * float(dd)), unit * 0.8, -0.5)
    indoor = BACKDROPS[scene.backdrop].indoors
    line = floor_line(scene) if indoor else horizon_of(scene)
    line = shore_of(scene) if BACKDROPS[scene.backdrop].water else line
    near = min(1.0, max(0.0, depth + 0.1 * float(dd)))
    y = line + (scene.height - line) * (0.14 + 0.72 * near)
    return Spot(x, y, unit * (0.82 + 0.34 * near), near)


def free_places(scene: Scene, kind: str) -> tuple[str, ...]:
    """Places of the kind's sort where nothing is yet, in a fixed order."""
    where = KINDS[kind].where
    sort = "sky" if where == "sky" else where
    taken = {spot_name(thing) for thing in scene.things if KINDS[thing.kind].where == where}
    return tuple(place for place in PLACES[sort] if place not in taken)


def spot_name(thing: Thing) -> str:
    """The thing's place, spelled out."""
    names = PLACES[KINDS[thing.kind].where]
    return thing.place if thing.place in names else list(names)[len(names) // 2]
