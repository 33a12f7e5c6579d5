"""Which drawing belongs to which kind of thing, and how a thing's colour and finish become a look."""

from collections.abc import Callable

from workers.simulated import animals, landmarks, objects, outings
from workers.simulated.pen import LEAF, Look, Pen, Rgb
from workers.simulated.scene import Scene, Thing
from workers.simulated.vocabulary import COLOURS, KINDS

DRAWINGS: dict[str, Callable[[Pen], None]] = {
    "tree": landmarks.tree, "pine": landmarks.pine, "house": landmarks.house, "lighthouse": landmarks.lighthouse,
    "windmill": landmarks.windmill, "castle": landmarks.castle, "tent": outings.tent, "bicycle": outings.bicycle,
    "car": outings.car, "bench": landmarks.bench, "lamp post": landmarks.lamp_post, "mushroom": landmarks.mushroom,
    "flower": landmarks.flower, "cactus": landmarks.cactus, "barrel": outings.barrel, "telescope": outings.telescope,
    "letter box": landmarks.letter_box, "cat": animals.cat, "dog": animals.dog, "rabbit": animals.rabbit,
    "owl": animals.owl, "robot": animals.robot, "umbrella": outings.umbrella, "suitcase": outings.suitcase,
    "chair": objects.chair, "balloon": outings.balloon, "kite": outings.kite, "bird": animals.bird,
    "airship": outings.airship, "paper plane": outings.paper_plane, "boat": outings.boat, "armchair": objects.armchair,
    "floor lamp": objects.floor_lamp, "vase": objects.vase, "teapot": objects.teapot, "cup": objects.cup,
    "guitar": objects.guitar, "globe": objects.globe, "clock": objects.clock, "plant": landmarks.plant,
    "fish bowl": animals.fish_bowl, "drum": objects.drum, "books": objects.books,
}  # fmt: skip

MATERIAL_COLOURS: dict[str, Rgb] = {
    "wooden": (168, 112, 66), "golden": (226, 174, 58), "silver": (186, 194, 204), "marble": (232, 228, 222),
    "glass": (120, 190, 222), "knitted": (206, 122, 104),
}  # fmt: skip
FURS: dict[str, Rgb] = {
    "orange": (226, 142, 66),
    "black": (62, 58, 66),
    "brown": (134, 90, 60),
    "grey": (150, 152, 160),
}
NATURAL: dict[str, Rgb] = {"pine": (52, 112, 84), "cactus": (86, 150, 96)}


def look_of(thing: Thing, scene: Scene) -> Look:
    """How `thing` looks in `scene`."""
    kind = KINDS[thing.kind]
    colour = thing.colour or kind.colours[0]
    furry = kind.colours == KINDS["cat"].colours
    main = (FURS if furry else {}).get(colour, COLOURS[colour][0])
    natural = colour == "green" and kind.noun in ("tree", "pine tree", "cactus")
    if natural:
        main = NATURAL.get(thing.kind, LEAF[scene.season])
    if thing.material:
        main = MATERIAL_COLOURS[thing.material]
    return Look(
        main=main,
        material=thing.material,
        pattern=thing.pattern,
        season=scene.season,
        lit=scene.time in ("night", "dusk"),
        natural=natural,
        seed=scene.seed,
    )


def draw(thing: Thing, scene: Scene, unit: float) -> Pen:
    """A pen that has drawn one `thing`, `unit` pixels to the kind's unit length."""
    kind = KINDS[thing.kind]
    height = max(16, round(kind.height * thing.size * unit))
    pen = Pen(max(12, round(height * kind.aspect) + 6), height + 4, look_of(thing, scene))
    DRAWINGS[thing.kind](pen)
    return pen
