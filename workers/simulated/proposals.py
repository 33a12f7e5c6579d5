"""Proposes edits of a scene, operation by operation: only such as show, by day or night and in the scene's style."""

import random
from collections.abc import Callable, Sequence

from workers.simulated.cast import FURS, MATERIAL_COLOURS
from workers.simulated.change import Change
from workers.simulated.grounds import TONES as GROUND_TONES
from workers.simulated.layout import free_places
from workers.simulated.scene import Scene, Thing
from workers.simulated.treatments import COLOURLESS, TREATMENT
from workers.simulated.vocabulary import BACKDROPS, COLOURS, KINDS, MATERIALS, PATTERNS, SURFACES, TEXTS, Rgb
from workers.simulated.weather import AMBIENT

Propose = Callable[[Scene, random.Random], Change | None]

WEIGHTS: dict[str, float] = {
    "remove": 6.0, "add": 6.0, "replace": 2.0, "recolor": 2.4, "material": 1.2, "texture": 1.2, "resize_object": 1.0,
    "move_object": 1.0, "rotate_object": 0.6, "count": 1.0, "background": 1.4, "surface": 1.0, "time_of_day": 1.4,
    "season": 1.2, "weather": 1.0, "lighting": 1.0, "text_add": 0.9, "text_remove": 2.0, "text_change": 1.6,
    "exposure": 0.5, "contrast": 0.4, "saturation": 0.4, "color_temperature": 0.5, "monochrome": 0.5, "tint": 0.5,
    "dim_surroundings": 0.4, "degrade": 0.4, "frame": 0.4, "flip": 0.3,
}  # fmt: skip
FINAL: dict[str, float] = {"style": 2.0, "vignette": 1.0, "zoom": 1.0}
"""Operations that no instruction undoes."""

HOURS = {"day": ("dusk", "night"), "dawn": ("night", "dusk"), "dusk": ("day", "night"), "night": ("day", "dusk")}
"""Times of day that look unlike each other."""


def propose(operation: str, scene: Scene, rng: random.Random) -> Change | None:
    """An edit of that operation that the scene allows, or None."""
    return PROPOSERS[operation](scene, rng)


def colourless(scene: Scene) -> bool:
    """Whether the scene's style shows no colours."""
    return TREATMENT.get(scene.style) in COLOURLESS or "monochrome" in scene.tones


def body_colour(thing: Thing) -> Rgb:
    """The colour that most of the thing has."""
    if thing.material:
        return MATERIAL_COLOURS[thing.material]
    colour = thing.colour or KINDS[thing.kind].colours[0]
    furry = KINDS[thing.kind].colours == KINDS["cat"].colours
    return FURS.get(colour, COLOURS[colour][0]) if furry else COLOURS[colour][0]


def _apart(a: Rgb, b: Rgb, scene: Scene) -> bool:
    """Whether two colours differ to the eye in the scene's light."""
    if colourless(scene):
        return abs(sum(a) - sum(b)) > 330
    return max(abs(x - y) * g for x, y, g in zip(a, b, AMBIENT[scene.time], strict=True)) > 85


def visible(scene: Scene) -> bool:
    """Whether the scene is bright and clear enough for edits of tone."""
    return scene.time != "night" and scene.weather not in ("fog",) and scene.light != "dramatic"


def _pick(rng: random.Random, options: Sequence[str]) -> str | None:
    return rng.choice(options) if options else None


def _remove(scene: Scene, rng: random.Random) -> Change | None:
    kind = _pick(rng, [thing.kind for thing in scene.things])
    return Change(remove=kind) if kind else None


def new_thing(scene: Scene, rng: random.Random, only: str = "") -> Thing | None:
    """A thing of a kind that the scene has not, at a free place; `only` limits where it stands."""
    entry = BACKDROPS[scene.backdrop]
    kinds = [
        name
        for name, kind in KINDS.items()
        if scene.find(name) is None
        and (kind.setting == "any" or (kind.setting == "in") == entry.indoors)
        and (kind.where != "water" or entry.water)
        and (not only or kind.where == only)
        and (only or free_places(scene, name))
    ]
    name = _pick(rng, kinds)
    if name is None:
        return None
    kind, finish = KINDS[name], rng.random()
    patterned = kind.looks in ("pattern", "both") and finish < 0.22
    made = kind.looks in ("material", "both") and finish > 0.84
    return Thing(
        kind=name,
        colour="" if made else rng.choice(kind.colours),
        pattern=rng.choice(list(PATTERNS)) if patterned else "",
        material=rng.choice([m for m in MATERIALS if m != "glass"]) if made else "",
        place=rng.choice(free_places(scene, name)) if not only else "",
        size=rng.choice((1.0, 1.0, 1.0, 1.0, 0.75, 1.3)),
    )


def _add(scene: Scene, rng: random.Random) -> Change | None:
    thing = new_thing(scene, rng)
    return Change(add=thing) if thing else None


def _replace(scene: Scene, rng: random.Random) -> Change | None:
    if not scene.things:
        return None
    old = rng.choice(scene.things)
    thing = new_thing(scene, rng, only=KINDS[old.kind].where)
    if thing is None:
        return None
    return Change(
        replace=old.kind, add=thing.model_copy(update={"place": old.place, "size": old.size, "count": old.count})
    )


def _recolor(scene: Scene, rng: random.Random) -> Change | None:
    things = [thing for thing in scene.things if not thing.material]
    if not things or colourless(scene):
        return None
    thing = rng.choice(things)
    now = body_colour(thing)
    options = [
        c for c in KINDS[thing.kind].colours if _apart(now, body_colour(thing.model_copy(update={"colour": c})), scene)
    ]
    colour = _pick(rng, options)
    return Change(of=thing.kind, colour=colour) if colour else None


def _material(scene: Scene, rng: random.Random) -> Change | None:
    things = [
        t for t in scene.things if not t.material and not t.pattern and KINDS[t.kind].looks in ("material", "both")
    ]
    if not things:
        return None
    thing = rng.choice(things)
    options = [m for m in MATERIALS if m != "glass" and _apart(body_colour(thing), MATERIAL_COLOURS[m], scene)]
    material = _pick(rng, options)
    return Change(of=thing.kind, material=material) if material else None


def _texture(scene: Scene, rng: random.Random) -> Change | None:
    things = [t for t in scene.things if not t.material and KINDS[t.kind].looks in ("pattern", "both")]
    if not things or not visible(scene):
        return None
    thing = rng.choice(things)
    return Change(of=thing.kind, pattern="" if thing.pattern else rng.choice(list(PATTERNS)))


def _resize(scene: Scene, rng: random.Random) -> Change | None:
    if not scene.things:
        return None
    thing = rng.choice(scene.things)
    return Change(of=thing.kind, size=0.6 if thing.size > 1.1 else rng.choice((0.55, 1.5)) if thing.size > 0.9 else 1.4)


def _move(scene: Scene, rng: random.Random) -> Change | None:
    if not scene.things:
        return None
    kind = rng.choice(scene.things).kind
    place = _pick(rng, free_places(scene, kind))
    return Change(of=kind, place=place) if place else None


def _rotate(scene: Scene, rng: random.Random) -> Change | None:
    kinds = [
        t.kind
        for t in scene.things
        if t.count == 1 and KINDS[t.kind].height > 0.5 and t.kind not in ("pine", "lighthouse", "boat")
    ]
    kind = _pick(rng, kinds)
    return Change(of=kind, angle=rng.choice((-32.0, 32.0))) if kind else None


def _count(scene: Scene, rng: random.Random) -> Change | None:
    things = [t for t in scene.things if KINDS[t.kind].height < 0.9 and KINDS[t.kind].aspect < 1.5 and not t.angle]
    if not things:
        return None
    thing = rng.choice(things)
    return Change(of=thing.kind, count=rng.choice([n for n in (1, 2, 3) if n != thing.count]))


def _background(scene: Scene, rng: random.Random) -> Change | None:
    now = BACKDROPS[scene.backdrop]
    if scene.weather == "fog":
        return None
    options = [
        n for n, b in BACKDROPS.items() if n != scene.backdrop and (b.indoors, b.water) == (now.indoors, now.water)
    ]
    backdrop = _pick(rng, options)
    return Change(scene={"backdrop": backdrop}) if backdrop else None


def _surface(scene: Scene, rng: random.Random) -> Change | None:
    inside = BACKDROPS[scene.backdrop].indoors
    if (
        colourless(scene)
        or scene.surface == "studio paper"
        or (not inside and (scene.season == "winter" or not visible(scene)))
    ):
        return None
    options = [n for n, s in SURFACES.items() if s[2] == inside and n not in (scene.surface, "studio paper")]
    if not inside:
        green: Rgb = (112, 172, 84)
        now = GROUND_TONES.get(scene.surface, green)
        options = [n for n in options if n == "tulip bed" or _apart(now, GROUND_TONES.get(n, green), scene)]
    surface = _pick(rng, options)
    return Change(scene={"surface": surface}) if surface else None


def _time(scene: Scene, rng: random.Random) -> Change | None:
    if BACKDROPS[scene.backdrop].indoors:
        return Change(scene={"time": "day" if scene.time == "night" else "night"})
    return Change(scene={"time": rng.choice(HOURS[scene.time])}) if scene.weather != "fog" else None


def _season(scene: Scene, rng: random.Random) -> Change | None:
    if BACKDROPS[scene.backdrop].indoors or not visible(scene) or colourless(scene):
        return None
    if scene.backdrop == "city" and scene.surface != "grass":
        return None
    green = scene.surface == "grass" or scene.backdrop in ("hills", "forest", "farmland")
    options = ["winter"] if scene.season != "winter" else ["summer", "autumn"]
    if green and scene.season in ("spring", "summer"):
        options.append("autumn")
    return Change(scene={"season": rng.choice(options)})


def _weather(scene: Scene, rng: random.Random) -> Change | None:
    if BACKDROPS[scene.backdrop].indoors or scene.time == "night":
        return None
    return Change(scene={"weather": rng.choice(("fog", "rain", "snow")) if scene.weather == "clear" else "clear"})


def _light(scene: Scene, rng: random.Random) -> Change | None:
    if scene.light or not visible(scene) or colourless(scene):
        return None
    return Change(scene={"light": rng.choice(("golden", "cold", "neon", "dramatic"))})


def _tone(*names: str, colour: bool = False, lightest: bool = True) -> Propose:
    def propose_tone(scene: Scene, rng: random.Random) -> Change | None:
        if (lightest and not visible(scene)) or (colour and colourless(scene)):
            return None
        return Change(tone=rng.choice(names))

    return propose_tone


def _exposure(scene: Scene, _rng: random.Random) -> Change | None:
    dark = scene.time in ("night", "dusk") or scene.light == "dramatic"
    return Change(tone="brighter" if dark else "darker")


def _text_add(scene: Scene, rng: random.Random) -> Change | None:
    return None if scene.text else Change(text=rng.choice(TEXTS))


def _text_remove(scene: Scene, _rng: random.Random) -> Change | None:
    return Change(text="") if scene.text else None


def _text_change(scene: Scene, rng: random.Random) -> Change | None:
    return Change(text=rng.choice([t for t in TEXTS if t != scene.text])) if scene.text else None


def _style(scene: Scene, rng: random.Random) -> Change | None:
    family = TREATMENT.get(scene.style, "")
    goals = [
        s
        for s in ("woodcut", "ink drawing", "blueprint", "bronze sculpture", "cyberpunk", "vaporwave")
        if TREATMENT[s] != family
    ]
    return None if family in COLOURLESS else Change(scene={"style": rng.choice(goals)})


PROPOSERS: dict[str, Propose] = {
    "remove": _remove, "add": _add, "replace": _replace, "recolor": _recolor, "material": _material,
    "texture": _texture, "resize_object": _resize, "move_object": _move, "rotate_object": _rotate, "count": _count,
    "background": _background, "surface": _surface, "time_of_day": _time, "season": _season, "weather": _weather,
    "lighting": _light, "text_add": _text_add, "text_remove": _text_remove, "text_change": _text_change,
    "exposure": _exposure, "contrast": _tone("faded"), "saturation": _tone("muted", colour=True),
    "color_temperature": _tone("warmer", "cooler", colour=True), "monochrome": _tone("monochrome", colour=True),
    "tint": _tone("sepia", "rose", colour=True), "dim_surroundings": _tone("dimmed"), "degrade": _tone("aged"),
    "frame": _tone("framed", lightest=False), "vignette": _tone("vignette"), "flip": lambda _scene,
    _rng: Change(mirrored=True), "zoom": lambda _scene, _rng: Change(zoom=1.6), "style": _style,
}  # fmt: skip
