"""Says a change in natural English: short, plain imperatives, with the attributes of the changed thing only."""

from collections.abc import Callable, Sequence

from schemas.ids import digest
from workers.simulated.change import Change, apply
from workers.simulated.scene import Scene, Thing
from workers.simulated.tone_words import TONES
from workers.simulated.vocabulary import (
    BACKDROPS,
    KINDS,
    LIGHTS,
    MATERIALS,
    NUMBERS,
    PATTERNS,
    PLACES,
    SEASONS,
    SURFACES,
    TIMES,
    WEATHERS,
    article,
)

Pick = Callable[[Sequence[str]], str]

STYLE_NAMES: dict[str, str] = {
    "woodcut": "a woodcut", "ink drawing": "an ink drawing", "charcoal drawing": "a charcoal drawing",
    "blueprint": "a blueprint", "bronze sculpture": "a bronze relief", "cyberpunk": "a cyberpunk picture",
    "marble sculpture": "a marble relief", "vaporwave": "a vaporwave picture", "film noir": "a film noir still",
}  # fmt: skip
CASUAL = ("Could you {}, please?", "Please {}.", "I'd like you to {}.", "Let's {}.", "Now {}.")
"""Frames that some instructions are said in."""
HOURS = {"dawn": "dawn", "day": "midday", "dusk": "dusk", "night": "night"}
SKIES = {"clear": "a clear sky", "cloudy": "heavy clouds", "rain": "rain", "snow": "falling snow", "fog": "thick fog"}


def picker(*key: str | int) -> Pick:
    """Chooses among wordings, the same one for the same key and choices."""
    return lambda options: options[int(digest("wording", *key, *options)[:8], 16) % len(options)]


def small(thing: Thing) -> str:
    """The size as an adjective, if it is unusual."""
    return "small" if thing.size < 0.85 else "large" if thing.size > 1.15 else ""


def noun_phrase(thing: Thing) -> str:
    """The thing with its attributes and no article: "small red striped kite"."""
    kind = KINDS[thing.kind]
    words = (small(thing), "" if thing.material else thing.colour, thing.pattern, thing.material)
    return " ".join([*(w for w in words if w), kind.many if thing.count > 1 else kind.noun])


def a_thing(thing: Thing) -> str:
    """The thing as something new: "a small red kite", "three red mushrooms"."""
    return f"{NUMBERS[thing.count]} {noun_phrase(thing)}" if thing.count > 1 else article(noun_phrase(thing))


def where(thing: Thing) -> str:
    """Where the thing is, in words."""
    return PLACES[KINDS[thing.kind].where].get(thing.place, "")


def the(kind: str, scene: Scene, pick: Pick) -> str:
    """The thing as something known, with or without its colour."""
    thing = scene.find(kind)
    if thing is None:
        return f"the {KINDS[kind].noun}"
    plain = KINDS[kind].many if thing.count > 1 else KINDS[kind].noun
    look = thing.material or thing.colour
    return pick((f"the {plain}", f"the {look} {plain}" if look else f"the {plain}"))


def say(change: Change, scene: Scene, pick: Pick) -> str:
    """The instruction that asks for `change` of `scene` (the scene before it)."""
    clause = _clause(change, scene, pick)
    return clause[0].upper() + clause[1:] + "."


def _clause(change: Change, scene: Scene, pick: Pick) -> str:
    if change.all:
        parts, now = [], scene
        for part in change.all:
            parts.append(_clause(part, now, pick))
            now = apply(now, part)
        return join(parts[0], parts[1]) if len(parts) == 2 else ", ".join(parts)
    if change.remove:
        name = the(change.remove, scene, pick)
        return pick(
            (f"remove {name}", f"take {name} out of the picture", f"get rid of {name}", f"erase {name} from the scene")
        )
    if change.add:
        return _new(change, change.add, scene, pick)
    if change.of:
        return _altered(change, scene, pick)
    return _staged(change, scene, pick)


def casually(sentence: str, frame: str) -> str:
    """The instruction in one of the `CASUAL` frames."""
    return frame.format(_lower(sentence).rstrip("."))


def plain(sentence: str) -> str:
    """The instruction without its full stop and without a casual frame, in lower case."""
    bare = sentence.strip().rstrip(".!?。 ")
    for frame in CASUAL:
        before, _, after = frame.rstrip(".?").partition("{}")
        if bare.startswith(before) and bare.endswith(after):
            return bare[len(before) : len(bare) - len(after)]
    return _lower(bare) if bare[1:2].islower() else bare


def join(first: str, second: str) -> str:
    """Two instructions as one sentence: "inverse(i) and forward(j)"; frames, full stops and capitals are mended."""
    head, tail = plain(first), plain(second)
    link = ", and also " if " and " in head or " and " in tail else ", and " if "," in head else " and "
    return f"{head}{link}{tail}"


def _new(change: Change, thing: Thing, scene: Scene, pick: Pick) -> str:
    if change.replace:
        old = the(change.replace, scene, pick)
        return pick((f"replace {old} with {a_thing(thing)}", f"swap {old} for {a_thing(thing)}"))
    return f"{pick(('add', 'put', 'place'))} {a_thing(thing)} {where(thing)}".rstrip()


def _altered(change: Change, scene: Scene, pick: Pick) -> str:
    kind, thing = KINDS[change.of], scene.find(change.of) or Thing(kind=change.of)
    after = thing.model_copy(update=change.attributes)
    name = f"the {kind.many if thing.count > 1 else kind.noun}"
    if change.material is not None:
        if change.material:
            stuff = MATERIALS[change.material][0]
            return pick((f"make {name} out of {stuff}", f"turn {name} into {stuff}"))
        return f"paint {name} plain {after.colour or kind.colours[0]} instead of {MATERIALS[thing.material][0]}"
    if change.pattern is not None:
        if change.pattern:
            marks = PATTERNS[change.pattern][0]
            return pick((f"give {name} {marks}", f"cover {name} in {marks}"))
        return f"make {name} plain {after.colour or kind.colours[0]}, without {PATTERNS[thing.pattern][0]}"
    if change.colour is not None:
        colour = change.colour or kind.colours[0]
        if "grey" in kind.colours and "brown" in kind.colours:
            return pick((f"make {name} {colour}", f"change the colour of {name} to {colour}"))
        return pick((f"make {name} {colour}", f"paint {name} {colour}", f"change the colour of {name} to {colour}"))
    if change.count is not None:
        return _counted(name, thing, change.count)
    return _posed(change, name, thing, pick)


def _counted(name: str, thing: Thing, count: int) -> str:
    kind = KINDS[thing.kind]
    if count == 1:
        return f"leave only one {kind.noun} in place of the {NUMBERS[thing.count]}"
    if count < thing.count:
        return f"reduce {name} to {NUMBERS[count]}"
    return f"make it {NUMBERS[count]} {kind.many} instead of {NUMBERS[thing.count]}"


def _posed(change: Change, name: str, thing: Thing, pick: Pick) -> str:
    if change.size is not None:
        if change.size > thing.size:
            return pick((f"make {name} much larger", f"enlarge {name} clearly"))
        return pick((f"make {name} much smaller", f"shrink {name} clearly"))
    if change.angle is not None:
        if change.angle == 0:
            return pick((f"set {name} upright", f"straighten {name}"))
        return f"tilt {name} to the {'left' if change.angle > 0 else 'right'}"
    goal = "high up in the middle" if change.place == "upper middle" else f"to the {change.place}"
    if KINDS[thing.kind].where == "water":
        goal = f"to the {(change.place or 'middle').removeprefix('upper ')} of the water"
    return pick((f"move {name} {goal}", f"shift {name} {goal}"))


def _staged(change: Change, scene: Scene, pick: Pick) -> str:
    if change.tone or change.untone:
        tone = TONES[change.tone or change.untone]
        words = tone.say if change.tone else tone.unsay
        return _lower(pick(words or tone.say))
    if change.text is not None:
        return _lettered(change.text, scene.text, pick)
    if change.zoom is not None:
        return "zoom in on the middle of the picture" if change.zoom > scene.zoom else "show the whole picture"
    if change.mirrored is not None:
        return pick(("mirror the picture left to right", "flip the picture horizontally"))
    part, value = next(iter(change.scene.items()), ("light", ""))
    floor = "floor" if BACKDROPS[scene.backdrop].indoors else "ground"
    wordings: dict[str, tuple[str, ...]] = {
        "backdrop": tuple(
            f"{verb} {phrase}"
            for verb in ("replace the background with", "change the background to")
            for phrase in [_backdrop(value)]
        ),
        "surface": tuple(
            f"{verb} {SURFACES.get(value, ('',))[0]}"
            for verb in (f"change the {floor} to", f"replace the {floor} with")
        ),
        "time": (f"show the scene {TIMES.get(value, ('',))[0]}", f"change the time of day to {HOURS.get(value, '')}"),
        "season": (f"set the scene {SEASONS.get(value, ('',))[0]}", f"make it {value}"),
        "weather": (f"show the scene {WEATHERS.get(value, ('',))[0]}", f"change the weather to {SKIES.get(value, '')}"),
        "light": (
            f"light the scene with {LIGHTS.get(value, ('',))[0]}",
            f"change the lighting to {LIGHTS.get(value, ('',))[0]}",
        ),
        "style": (f"turn the picture into {STYLE_NAMES.get(value, 'a picture in the style of ' + value)}",),
    }
    return pick(wordings[part])


def _backdrop(value: str) -> str:
    return BACKDROPS[value].phrase if value in BACKDROPS else value


def _lettered(text: str, before: str, pick: Pick) -> str:
    if not text:
        return pick((f'remove the sign that reads "{before}"', f'take down the "{before}" sign'))
    if before:
        return pick((f'change the sign to read "{text}"', f'replace "{before}" on the sign with "{text}"'))
    return pick(
        (f'hang a sign that reads "{text}" at the top', f'add a hanging sign with the word "{text}" at the top')
    )


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
