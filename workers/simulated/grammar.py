"""The grammar: prompt number i in the paper's template, with requests that make the funnel the paper's."""

import random
from dataclasses import dataclass
from functools import lru_cache

from schemas.ids import digest
from schemas.messages import Request
from schemas.taxonomy import taxonomy
from workers.simulated.change import Change, apply, possible
from workers.simulated.phrases import CASUAL, a_thing, casually, picker, say, where
from workers.simulated.proposals import FINAL, WEIGHTS, new_thing, propose
from workers.simulated.reading import read_scene
from workers.simulated.scene import Scene, Thing
from workers.simulated.vocabulary import BACKDROPS, KINDS, LIGHTS, SEASONS, SURFACES, TEXTS, TIMES, WEATHERS

FOUR_REQUESTS = 0.7
"""Share of prompts with four requests, the others have three: makes composites 0.307 x (winners + inverses)."""
NO_INVERSE = 0.051
"""Share of requests that cannot be undone, so that 94.9 % of winners get an inverse."""
COMPOSITE = 0.5
"""Share of prompts with two or more things whose last request is two edits in one."""

VIEWS = (
    "wide shot at eye level", "centred composition, eye level", "slightly low angle",
    "balanced composition with open space", "wide angle with a deep background", "calm frontal view",
    "three-quarter view", "rule-of-thirds composition",
)  # fmt: skip
MOODS = (
    "clear fresh colours and a cheerful mood", "muted pastel tones and a quiet mood",
    "rich saturated palette, playful mood", "earthy palette, peaceful mood", "storybook colours, gentle mood",
    "crisp contrasts and an airy mood", "harmonious palette, nostalgic mood", "soft contrasts, dreamy mood",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Proposal:
    """A prompt and its requests, not yet of any campaign."""

    text: str
    style: str
    width: int
    height: int
    requests: tuple[Request, ...]


@lru_cache(maxsize=256)
def proposal(seed: int, number: int, megapixels: float) -> Proposal:
    """Proposal `number` of list `seed`; styles and numbers of things rotate, sizes are the paper's, scaled."""
    rng = random.Random(int(digest("grammar", seed, number), 16))
    styles = taxonomy().styles
    style = styles[number % len(styles)]
    width, height = _size(rng, megapixels)
    things = 1 + (number + number // len(styles)) % 5
    text = _prompt(rng, style, things)
    scene = read_scene(text, style, 0, width, height)
    return Proposal(text, style, width, height, _requests(rng, scene, (seed, number)))


def _size(rng: random.Random, megapixels: float) -> tuple[int, int]:
    size = rng.choice(taxonomy().sizes)
    scale = megapixels**0.5
    width, height = (max(32, round(side * scale / 32) * 32) for side in (size.width, size.height))
    return width, height


def _prompt(rng: random.Random, style: str, things: int) -> str:
    """[TECH/STYLE]: [SUBJECT+ACTION], [ENVIRONMENT], [COMPOSITION & CAMERA], [LIGHTING], [COLOUR & MOOD] (TEXT)."""
    backdrop = rng.choice(list(BACKDROPS))
    entry = BACKDROPS[backdrop]
    surfaces = [name for name, s in SURFACES.items() if s[2] == entry.indoors and name != "studio paper"]
    hour = rng.choice(("day", "day", "day", "dawn", "dusk", "dusk", "night"))
    skies = ("cloudy",) if hour == "night" else ("cloudy", "rain", "snow", "fog")
    scene = Scene(
        seed=0, width=64, height=64, backdrop=backdrop,
        surface=entry.surface if rng.random() < 0.6 else rng.choice(surfaces),
        time=hour, season=rng.choice(list(SEASONS)),
        weather="clear" if entry.indoors or rng.random() < 0.8 else rng.choice(skies),
        light="" if rng.random() < 0.85 else rng.choice(("golden", "cold")),
    )  # fmt: skip
    for _ in range(things):
        thing = new_thing(scene, rng)
        if thing is not None:
            thing = thing.model_copy(
                update={"count": 2 if rng.random() < 0.06 and KINDS[thing.kind].height < 0.8 else 1}
            )
            scene = scene.model_copy(update={"things": (*scene.things, thing)})
    sign = f', with a hanging sign that reads "{rng.choice(TEXTS)}"' if rng.random() < 0.14 else ""
    subject = _listed([_acting(thing, rng) for thing in scene.things])
    season = "" if entry.indoors else f" {SEASONS[scene.season][0]}"
    stage = f"before {entry.phrase}, on {SURFACES[scene.surface][0]}{season} {TIMES[scene.time][0]}"
    sky = "" if entry.indoors else f" {WEATHERS[scene.weather][0]}"
    head = style[0].upper() + style[1:]
    return f"{head}: {subject}, {stage}{sky}, {rng.choice(VIEWS)}, {LIGHTS[scene.light][0]}, {rng.choice(MOODS)}{sign}"


def _acting(thing: Thing, rng: random.Random) -> str:
    return f"{a_thing(thing)} {rng.choice(KINDS[thing.kind].action)} {where(thing)}"


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _requests(rng: random.Random, scene: Scene, key: tuple[int, int]) -> tuple[Request, ...]:
    """Three or four requests, all different, the last one often a composite."""
    wanted = 4 if rng.random() < FOUR_REQUESTS else 3
    made: dict[str, Request] = {}
    used: set[str] = set()
    with_composite = len(scene.things) >= 2 and rng.random() < COMPOSITE
    while len(made) < wanted:
        if with_composite and len(made) == wanted - 1:
            operation, change = "composite", _pair(rng, scene)
        else:
            operation = _operation(rng, used)
            change = propose(operation, scene, rng)
        if change is None:
            continue
        words = _worded(rng, say(change, scene, picker(*key, len(made))))
        if words not in made and len(change.packed()) <= 512:
            used.add(operation)
            made[words] = Request(instruction=words, operation=operation, effect=change.packed())
    return tuple(made.values())


def _operation(rng: random.Random, used: set[str]) -> str:
    weights = FINAL if rng.random() < NO_INVERSE * 0.97 else WEIGHTS
    names = [name for name in weights if name not in used or name in ("remove", "add")]
    return rng.choices(names, [weights[name] for name in names])[0] if names else "add"


def _pair(rng: random.Random, scene: Scene) -> Change | None:
    """Two edits of different things, or of one thing and the whole."""
    names = (
        "remove",
        "add",
        "recolor",
        "material",
        "texture",
        "resize_object",
        "move_object",
        "replace",
        "time_of_day",
        "text_add",
    )
    first = propose(rng.choice(names), scene, rng)
    if first is None:
        return None
    after = apply(scene, first)
    second = propose(rng.choice(names), after, rng)
    if second is None or set(first.targets) & set(second.targets) or not possible(scene, second):
        return None
    if set(first.scene) & set(second.scene) or (first.text is not None and second.text is not None):
        return None
    return Change(all=(first, second))


def _worded(rng: random.Random, sentence: str) -> str:
    """The sentence as it is, or now and then said casually."""
    if rng.random() >= 0.18:
        return sentence
    return casually(sentence, rng.choice(CASUAL))
