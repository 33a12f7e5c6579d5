"""Reads an instruction: operation and words become a change of a given scene, for requests that carry no effect."""

import re
from collections.abc import Callable, Mapping

from schemas.errors import Reject
from schemas.messages import Request
from workers.simulated.change import Change, parse
from workers.simulated.layout import free_places
from workers.simulated.reading import (
    LETTERING,
    MATERIAL_WORDS,
    PATTERN_WORDS,
    QUOTED,
    WORD,
    choose,
    mentions,
    read_part,
    seated,
)
from workers.simulated.scene import Scene, Thing
from workers.simulated.tone_words import TONES
from workers.simulated.vocabulary import (
    BACKDROPS,
    COLOUR_WORDS,
    COLOURS,
    KINDS,
    MATERIALS,
    NUMBERS,
    PATTERNS,
    PLACES,
    SURFACES,
    TEXTS,
)

PARTS = {
    "background": "backdrop",
    "surface": "surface",
    "time_of_day": "time",
    "season": "season",
    "weather": "weather",
    "lighting": "light",
}
CHOICES: dict[str, tuple[str, ...]] = {
    "time": ("dusk", "night", "day"), "season": ("winter", "autumn", "summer"), "weather": ("fog", "snow", "clear"),
    "light": ("golden", "neon", "cold"),
}  # fmt: skip
OPPOSITES = {
    "colorize": "monochrome",
    "restore": "aged",
    "remove_frame": "framed",
    "sharpen_background": "blurred",
    "light_surroundings": "dimmed",
}
DARKER = frozenset(
    {
        "darken",
        "darker",
        "lower",
        "dim",
        "dimmer",
        "reduce",
        "less",
        "mute",
        "muted",
        "soften",
        "flatten",
        "cool",
        "cooler",
        "colder",
        "blue",
        "desaturate",
        "tone",
        "drain",
    }
)
VERBS = {
    "remove": "remove", "erase": "remove", "delete": "remove", "add": "add", "put": "add", "place": "add",
    "replace": "replace", "swap": "replace", "paint": "recolor", "recolor": "recolor", "recolour": "recolor",
    "colour": "recolor", "color": "recolor", "move": "move_object", "shift": "move_object",
    "enlarge": "resize_object", "shrink": "resize_object", "darken": "exposure", "brighten": "exposure",
}  # fmt: skip


def change_of(request: Request, scene: Scene) -> Change:
    """What `request` asks of `scene`: its effect, or else what its words say.

    Raises `Reject` for operations that a drawn scene has nothing for (hair, age, poses, crops).
    """
    given = parse(request.effect)
    return given if given is not None else read_change(request.operation, request.instruction, scene)


def read_change(operation: str, words: str, scene: Scene) -> Change:
    """The change that `words` ask for under `operation`; what they leave open is settled by hash."""
    if operation == "composite":
        return _several(words, scene)
    if operation in PARTS:
        return _part(PARTS[operation], words, scene)
    if operation in OPPOSITES:
        return Change(untone=OPPOSITES[operation])
    if operation in READERS:
        return READERS[operation](words, scene)
    tones = [name for name, tone in TONES.items() if tone.operation == operation]
    if not tones:
        raise Reject(f"the simulated editor has nothing to do {operation!r} on in a drawn scene; use another editor")
    said = [name for name in tones if name in words.lower()]
    down = len(tones) > 1 and bool(DARKER.intersection(WORD.findall(words.lower())))
    return Change(tone=said[0] if said else tones[1 if down else 0])


def _several(words: str, scene: Scene) -> Change:
    halves = [half for half in re.split(r",? and (?:also |then )?|; |, then ", words) if half.strip()][:2]
    parts: list[Change] = []
    for half in halves:
        verb = next((VERBS[w] for w in WORD.findall(half.lower()) if w in VERBS), "recolor")
        parts.append(read_change(verb, half, scene))
    return Change(all=tuple(parts))


def _part(part: str, words: str, scene: Scene) -> Change:
    now = getattr(scene, part)
    read = read_part(part, words)
    if read is None or read == now:
        indoors = BACKDROPS[scene.backdrop].indoors
        options = CHOICES.get(part) or (
            tuple(n for n, b in BACKDROPS.items() if b.indoors == indoors)
            if part == "backdrop"
            else tuple(n for n, s in SURFACES.items() if s[2] == indoors)
        )
        read = choose([name for name in options if name != now], words, part)
    return Change(scene={part: read})


def _target(words: str, scene: Scene) -> str:
    """The kind that the words name, among the scene's things; any of them if they name none."""
    if not scene.things:
        raise Reject("there is nothing left in this drawn scene to edit; ask for an addition or a change of the whole")
    named = [m.thing.kind for m in mentions(words)]
    return next((k for k in named if scene.find(k)), choose([t.kind for t in scene.things], words, "target"))


def _thing(words: str, scene: Scene, skip: str = "") -> Thing:
    """The new thing that the words name, seated where there is room."""
    named = [m.thing for m in mentions(words) if m.thing.kind != skip and scene.find(m.thing.kind) is None]
    indoors = BACKDROPS[scene.backdrop].indoors
    fit = [
        k
        for k, entry in KINDS.items()
        if entry.where == "ground" and entry.setting in ("any", "in" if indoors else "out")
    ]
    fit = [k for k in fit if scene.find(k) is None]
    new = named[-1] if named else Thing(kind=choose(fit, words, "new"))
    return next((t for t in seated(scene, new).things if t.kind == new.kind), new)


def _remove(words: str, scene: Scene) -> Change:
    return Change(remove=_target(words, scene))


def _add(words: str, scene: Scene) -> Change:
    return Change(add=_thing(words, scene))


def _replace(words: str, scene: Scene) -> Change:
    old = _target(words, scene)
    new, place = _thing(words, scene.without(old), skip=old), (scene.find(old) or Thing(kind=old)).place
    same = KINDS[new.kind].where == KINDS[old].where
    return Change(replace=old, add=new.model_copy(update={"place": place}) if same else new)


def _colours(words: str) -> list[str]:
    plain = [COLOUR_WORDS.get(word, word) for word in WORD.findall(words.lower())]
    return [word for word in plain if word in COLOURS]


def _recolor(words: str, scene: Scene) -> Change:
    kind = _target(words, scene)
    now = (scene.find(kind) or Thing(kind=kind)).colour
    said = [colour for colour in _colours(words) if colour != now]
    colour = said[-1] if said else choose([c for c in ("red", "blue", "yellow", "purple") if c != now], words, "colour")
    return Change(of=kind, colour=colour, material="" if (scene.find(kind) or Thing(kind=kind)).material else None)


def _finish(part: str, options: Mapping[str, object], known: Mapping[str, str]) -> Callable[[str, Scene], Change]:
    def read(words: str, scene: Scene) -> Change:
        kind = _target(words, scene)
        said = [name for word in WORD.findall(words.lower()) if (name := known.get(word, word)) in options]
        return Change.model_validate({"of": kind, part: said[-1] if said else choose(list(options), words, part)})

    return read


def _resize(words: str, scene: Scene) -> Change:
    kind = _target(words, scene)
    now = (scene.find(kind) or Thing(kind=kind)).size
    less = bool({"small", "smaller", "shrink", "tiny", "reduce"}.intersection(WORD.findall(words.lower())))
    return Change(of=kind, size=max(0.4, now * 0.6) if less else min(2.0, now * 1.55))


def _move(words: str, scene: Scene) -> Change:
    kind = _target(words, scene)
    free = free_places(scene, kind)
    if not free:
        raise Reject(f"there is no free place to move the {KINDS[kind].noun} to in this drawn scene")
    places = PLACES[KINDS[kind].where]
    said = [p for p in sorted(places, key=len, reverse=True) if p.removeprefix("upper ") in words.lower() and p in free]
    return Change(of=kind, place=said[0] if said else choose(free, words, "place"))


def _turn(words: str, scene: Scene) -> Change:
    return Change(of=_target(words, scene), angle=-28.0 if "right" in words.lower() else 28.0)


def _count(words: str, scene: Scene) -> Change:
    kind = _target(words, scene)
    now = (scene.find(kind) or Thing(kind=kind)).count
    said = [n for n, word in NUMBERS.items() if n != now and word in WORD.findall(words.lower())]
    return Change(of=kind, count=said[0] if said else 3 if now != 3 else 2)


def _style(words: str, _scene: Scene) -> Change:
    styles = (
        "woodcut",
        "blueprint",
        "bronze sculpture",
        "cyberpunk",
        "ink drawing",
        "watercolour",
        "oil painting",
        "pixel art",
    )
    said = [style for style in styles if style in words.lower()]
    return Change(scene={"style": said[0] if said else choose(styles, words, "style")})


def _write(words: str, scene: Scene) -> Change:
    found = LETTERING.search(words) or QUOTED.search(words)
    return Change(
        text=found.group(1).upper() if found else choose([t for t in TEXTS if t != scene.text], words, "text")
    )


READERS: dict[str, Callable[[str, Scene], Change]] = {
    "remove": _remove, "add": _add, "replace": _replace, "recolor": _recolor, "resize_object": _resize,
    "move_object": _move, "rotate_object": _turn, "count": _count,
    "material": _finish("material", MATERIALS, MATERIAL_WORDS),
    "texture": _finish("pattern", PATTERNS, PATTERN_WORDS), "style": _style, "text_add": _write, "text_change": _write,
    "text_remove": lambda _words, _scene: Change(text=""), "flip": lambda _words,
    scene: Change(mirrored=not scene.mirrored), "zoom": lambda _words, _scene: Change(zoom=1.6),
}  # fmt: skip
OPERATIONS = frozenset({*READERS, *PARTS, *OPPOSITES, "composite", *(tone.operation for tone in TONES.values())})
"""Every operation that can be done to a drawn scene."""
