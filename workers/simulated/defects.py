"""Plants defects into a generated picture, so that the gate has something to refuse."""

import random

import numpy as np

from schemas.ids import digest
from workers import odds
from workers.simulated import damage
from workers.simulated.pen import Bytes
from workers.simulated.proposals import body_colour, colourless
from workers.simulated.render import outline, render
from workers.simulated.scene import Note, Scene
from workers.simulated.vocabulary import BACKDROPS, KINDS

SCENIC = ("missing", "missing", "wrong colour", "doubled", "wrong place")
DAMAGED = ("melted", "glitch")


def flawed(scene: Scene, source_id: str, faithful: float) -> Note:
    """The scene as the generator draws it for this source: as asked with chance `faithful`, else visibly wrong."""
    if odds.uniform("faithful", source_id) < faithful:
        return Note(scene=scene)
    rng = random.Random(int(digest("defect", source_id), 16))
    kinds = rng.sample((*SCENIC, *DAMAGED), 7)
    for kind in kinds:
        drawn = _scenic(scene, kind, rng) if kind in SCENIC else scene
        if drawn is not None:
            return Note(scene=drawn, defects=(kind,))
    return Note(scene=scene, defects=("melted",))


def _scenic(scene: Scene, kind: str, rng: random.Random) -> Scene | None:
    if not scene.things:
        return None
    thing = rng.choice(scene.things)
    if kind == "missing":
        return scene.without(thing.kind)
    if kind == "doubled":
        return (
            scene.swapped(thing.kind, thing.model_copy(update={"count": 4}))
            if thing.count == 1 and KINDS[thing.kind].aspect < 1.2
            else None
        )
    if kind == "wrong place":
        inside = BACKDROPS[scene.backdrop].indoors
        others = [name for name, b in BACKDROPS.items() if b.indoors != inside and not b.water]
        backdrop = rng.choice(others)
        return scene.model_copy(
            update={"backdrop": backdrop, "surface": BACKDROPS[backdrop].surface, "weather": "clear"}
        )
    if colourless(scene):
        return None
    now = body_colour(thing)
    far = [
        c
        for c in KINDS[thing.kind].colours
        if sum(
            abs(a - b)
            for a, b in zip(now, body_colour(thing.model_copy(update={"colour": c, "material": ""})), strict=True)
        )
        > 180
    ]
    return (
        scene.swapped(thing.kind, thing.model_copy(update={"colour": rng.choice(far), "material": ""})) if far else None
    )


def picture(note: Note) -> Bytes:
    """The pixels of a generated picture with its damage."""
    image = render(note.scene)
    chance = np.random.default_rng(note.scene.seed)
    for defect in note.defects:
        if defect in DAMAGED:
            things = note.scene.things
            box = (
                outline(note.scene, things[note.scene.seed % len(things)])
                if things
                else (0, 0, note.scene.width, note.scene.height)
            )
            image = (damage.melt if defect == "melted" else damage.glitch)(image, box, chance)
    return image


SAYS: dict[str, str] = {
    "missing": "something the prompt names is missing",
    "wrong colour": "something has another colour than the prompt says",
    "doubled": "there are more of one thing than the prompt says",
    "wrong place": "the surroundings are not the prompt's", "melted": "part of the picture is melted",
    "glitch": "part of the picture is torn into bands",
}  # fmt: skip
