"""Reads words: a scene out of any prompt, a change out of any instruction; what is not said is settled by hash."""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from schemas.ids import digest
from workers.simulated.layout import free_places
from workers.simulated.scene import Scene, Thing
from workers.simulated.vocabulary import (
    BACKDROPS,
    COLOUR_WORDS,
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

WORD = re.compile(r"[a-z][a-z'-]*")
LETTERING = re.compile(
    r"""(?:reads?|reading|says?|saying|words?|text|sign)\s+["“”'‘]([^"“”'‘’]{1,16})["“”'’]""", re.IGNORECASE
)
QUOTED = re.compile(r"""["“]([^"“”]{1,16})["”]""")
SIZES = {"small": 0.75, "tiny": 0.65, "little": 0.75, "large": 1.3, "big": 1.3, "huge": 1.5, "giant": 1.5}
NUMERALS = {"two": 2, "three": 3, "four": 4, "several": 3, "pair": 2}
PATTERN_WORDS = {
    "spotted": "polka-dotted",
    "dotted": "polka-dotted",
    "plaid": "checked",
    "chequered": "checked",
    "stripy": "striped",
    "stripes": "striped",
    "dots": "polka-dotted",
    "checks": "checked",
}
MATERIAL_WORDS = {
    "metal": "silver",
    "steel": "silver",
    "stone": "marble",
    "woollen": "knitted",
    "woolen": "knitted",
    "wood": "wooden",
    "gold": "golden",
    "wool": "knitted",
}
HINTS: dict[str, dict[str, tuple[str, ...]]] = {
    "time": {
        "night": ("night", "midnight", "moonlit", "moonlight", "starry"),
        "dusk": ("dusk", "sunset", "evening", "twilight"),
        "dawn": ("dawn", "sunrise", "morning"),
        "day": ("daylight", "noon", "midday", "afternoon", "day"),
    },
    "season": {
        "winter": ("winter", "wintry", "snowy", "icy"),
        "autumn": ("autumn", "fall", "autumnal", "october"),
        "spring": ("spring", "blossom", "blossoming"),
        "summer": ("summer",),
    },
    "weather": {
        "rain": ("rain", "rainy", "raining", "storm"),
        "snow": ("snowing", "snowfall", "blizzard"),
        "fog": ("fog", "foggy", "mist", "misty"),
        "cloudy": ("clouds", "cloudy", "overcast"),
        "clear": ("clear", "sunny", "sunshine"),
    },
    "light": {"golden": ("golden-hour",), "dramatic": ("spotlight",), "neon": ("neon",)},
}
SAID: dict[str, dict[str, str]] = {
    "backdrop": {name: entry.phrase for name, entry in BACKDROPS.items()},
    "surface": {name: entry[0] for name, entry in SURFACES.items()},
    "time": {name: entry[0] for name, entry in TIMES.items()},
    "season": {name: entry[0] for name, entry in SEASONS.items()},
    "weather": {name: entry[0] for name, entry in WEATHERS.items()},
    "light": {name: entry[0] for name, entry in LIGHTS.items()},
}  # fmt: skip
"""How the grammar says each part of a scene."""


class Mention(NamedTuple):
    """A thing found in a text, at word number `at`."""

    thing: Thing
    at: int


def choose(options: Sequence[str], *key: str | int) -> str:
    """One of `options`, settled by `key`."""
    return options[int(digest("reading", *key)[:8], 16) % len(options)]


@lru_cache(maxsize=1)
def _nouns() -> Mapping[tuple[str, ...], tuple[str, int]]:
    """Every noun as words -> (kind, least count)."""
    found: dict[tuple[str, ...], tuple[str, int]] = {}
    for name, kind in KINDS.items():
        for noun in (kind.noun, name, *kind.others):
            found.setdefault(tuple(WORD.findall(noun)), (name, 1))
            found.setdefault(tuple(WORD.findall(f"{noun}s")), (name, 2))
        found.setdefault(tuple(WORD.findall(kind.many)), (name, 2))
    return found


def mentions(text: str) -> list[Mention]:
    """Known things in a text, in order, with the adjectives before and the place after each."""
    words = WORD.findall(text.lower())
    spans: list[tuple[int, int, str, int]] = []
    at = 0
    while at < len(words):
        for long in (3, 2, 1):
            hit = _nouns().get(tuple(words[at : at + long]))
            if hit and at + long <= len(words):
                spans.append((at, at + long, *hit))
                at += long - 1
                break
        at += 1
    bounds = [start for start, *_ in spans[1:]] + [len(words)] * bool(spans)
    return [
        Mention(_described(kind, least, words[max(0, start - 5) : start], " ".join(words[end:until])), start)
        for (start, end, kind, least), until in zip(spans, bounds, strict=True)
    ]


def _described(kind: str, least: int, before: Sequence[str], after: str) -> Thing:
    entry: dict[str, str | float | int] = {}
    count = 1
    for word in reversed(before):
        plain = COLOUR_WORDS.get(word, word)
        if word in MATERIALS or (word in MATERIAL_WORDS and word not in COLOUR_WORDS):
            entry.setdefault("material", MATERIAL_WORDS.get(word, word))
        elif plain in COLOURS:
            entry.setdefault("colour", plain)
        elif word in PATTERNS or word in PATTERN_WORDS:
            entry.setdefault("pattern", PATTERN_WORDS.get(word, word))
        elif word in SIZES:
            entry.setdefault("size", SIZES[word])
        elif word in NUMERALS:
            count = NUMERALS[word]
        else:
            break
    places = PLACES[KINDS[kind].where]
    place = next((name for name in sorted(places, key=len, reverse=True) if places[name] in after), "")
    if least > 1:
        count = max(count, 2)
    return Thing.model_validate({"kind": kind, "count": count, "place": place, **entry})


def read_part(part: str, text: str) -> str | None:
    """What a text says of one part of a scene, in the grammar's words or common ones; None if nothing."""
    lowered = text.lower()
    said = [name for name, phrase in SAID[part].items() if phrase in lowered]
    if said:
        return max(said, key=lambda name: len(SAID[part][name]))
    words = set(WORD.findall(lowered))
    hints = {name: entry.hints for name, entry in BACKDROPS.items()} if part == "backdrop" else HINTS.get(part, {})
    return next((name for name, hint in hints.items() if words.intersection(hint)), None)


def _unstaged(text: str) -> str:
    """The text without its words for the scene's parts, so that "a bed of tulips" is no flower."""
    lowered = text.lower()
    for phrases in SAID.values():
        for phrase in phrases.values():
            lowered = lowered.replace(phrase, "·")
    return LETTERING.sub("·", lowered)


def read_scene(text: str, style: str, seed: int, width: int, height: int) -> Scene:
    """The scene that a prompt tells of, laid out by `seed`; any text at all gives one."""
    head, colon, rest = text.partition(":")
    told = rest if colon and head.lower() == style.lower() else text
    found = _distinct(mention.thing for mention in mentions(_unstaged(told)))
    backdrop = read_part("backdrop", text)
    if backdrop is None:
        inside = bool(found) and KINDS[found[0].kind].setting == "in"
        at_sea = any(KINDS[thing.kind].where == "water" for thing in found)
        backdrop = choose(
            [n for n, b in BACKDROPS.items() if b.indoors == inside and (b.water or not at_sea)], text, "backdrop"
        )
    entry = BACKDROPS[backdrop]
    lettering = LETTERING.search(text) or QUOTED.search(text)
    scene = Scene(
        seed=int(digest("layout", text, seed)[:7], 16),
        width=width,
        height=height,
        style=style,
        backdrop=backdrop,
        surface=read_part("surface", text) or entry.surface,
        time=read_part("time", text) or choose(("day", "day", "dawn", "dusk"), text, "time"),
        season=read_part("season", text) or choose(tuple(SEASONS), text, "season"),
        weather="clear" if entry.indoors else read_part("weather", text) or "clear",
        light=read_part("light", text) or "",
        text=lettering.group(1).upper() if lettering else "",
    )
    for thing in found or _invented(text, entry.indoors):
        scene = seated(scene, thing)
    return scene


def _distinct(things: Iterable[Thing]) -> list[Thing]:
    kept: dict[str, Thing] = {}
    for thing in things:
        kept.setdefault(thing.kind, thing)
    return list(kept.values())[:7]


def _invented(text: str, indoors: bool) -> list[Thing]:
    """One to three things for a text that names none the drawer knows."""
    fit = [n for n, k in KINDS.items() if k.where != "water" and k.setting in ("any", "in" if indoors else "out")]
    kinds = [choose(fit, text, "thing", i) for i in range(1 + int(digest("how many", text)[:4], 16) % 3)]
    return _distinct(Thing(kind=kind) for kind in kinds)


def seated(scene: Scene, thing: Thing) -> Scene:
    """The scene with `thing` in it, at its place or else a free one, with its usual colour unless one was said."""
    free = free_places(scene, thing.kind)
    if not free:
        return scene
    place = thing.place or choose(free, scene.seed, thing.kind)
    colour = thing.colour or (
        "" if thing.material else choose(KINDS[thing.kind].colours, scene.seed, thing.kind, "colour")
    )
    placed = thing.model_copy(update={"place": place, "colour": colour})
    return scene.model_copy(update={"things": (*scene.things, placed)})
