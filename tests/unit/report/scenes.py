"""A small campaign with drawn pictures: what a report is made of, without any model."""

import hashlib
import io
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from PIL import Image as Pictures
from PIL import ImageDraw

from infra.blobs.memory import MemoryBlobs
from schemas import messages as m
from streams.records import Event
from streams.rules import policy
from tests.unit.reading.making import (
    POLICY,
    delivered,
    failure,
    gate,
    judge,
    put_on_shelf,
    record,
    request,
    screen,
    subject,
    triplet,
)

SIZES = [(512, 512), (640, 448), (448, 640), (704, 384), (384, 704), (576, 448), (800, 320), (320, 800)]
STYLES = ["watercolour", "flat design", "travel poster", "paper cut", "gouache", "vector illustration"]
SKIES = [("#f7d9b9", "#f2a07b"), ("#cfe6f5", "#8fbfe0"), ("#e9e2f4", "#b9a5d8"), ("#fbeec1", "#f0c674")]
HILLS = ["#5b8c6e", "#7a9e7e", "#46736b", "#98a86d", "#6d7f5e"]
WALLS = {"white": "#f6f1e7", "red": "#c8553d", "blue": "#3d6fa8", "yellow": "#e8b83f"}
OPERATIONS = {
    "remove": ("remove the balloon", "add", "float a balloon above the hills"),
    "recolor": ("paint the house blue", "recolor", "make the house white"),
    "time_of_day": ("turn it into a moonlit night", "time_of_day", "make it a bright day"),
    "add": ("put a tall pine next to the house", "remove", "remove the tall pine"),
}


@dataclass(frozen=True)
class Scene:
    """What is drawn; an edit changes a field or two."""

    size: tuple[int, int]
    seed: int
    balloon: bool = True
    wall: str = "white"
    night: bool = False
    pine: bool = False


def draw(scene: Scene) -> bytes:
    """The scene as WebP, drawn at twice its size."""
    width, height = (2 * side for side in scene.size)
    chance = random.Random(scene.seed)
    top, bottom = chance.choice(SKIES) if not scene.night else ("#0f1b3d", "#33477a")
    sky = Pictures.linear_gradient("L").resize((width, height))
    picture = Pictures.composite(
        Pictures.new("RGB", (width, height), bottom), Pictures.new("RGB", (width, height), top), sky
    )
    pen = ImageDraw.Draw(picture)
    _ball(pen, width * chance.uniform(0.15, 0.85), height * 0.2, height * 0.07, "#fdf6d8" if scene.night else "#fff3c4")
    for layer in range(3):
        _hill(pen, width, height, chance, 0.5 + 0.13 * layer, HILLS[(scene.seed + layer) % 5], scene.night)
    base, unit = height * 0.8, min(width, height) * 0.1
    x = width * chance.uniform(0.3, 0.6)
    pen.rectangle((x, base - unit, x + 1.6 * unit, base), fill=WALLS[scene.wall])
    roof = [(x - 0.2 * unit, base - unit), (x + 0.8 * unit, base - 1.8 * unit), (x + 1.8 * unit, base - unit)]
    pen.polygon(roof, fill="#7b3f2c")
    pen.rectangle((x + 0.6 * unit, base - 0.55 * unit, x + unit, base), fill="#4a3226")
    if scene.pine:
        pen.polygon(
            [(x + 2.1 * unit, base), (x + 2.7 * unit, base - 2.6 * unit), (x + 3.3 * unit, base)], fill="#1f4d3a"
        )
    if scene.balloon:
        bx, by = width * chance.uniform(0.2, 0.8), height * 0.38
        _ball(pen, bx, by, unit * 0.8, "#d1495b")
        pen.rectangle((bx - unit * 0.2, by + unit * 0.95, bx + unit * 0.2, by + unit * 1.25), fill="#8a5a3c")
    out = io.BytesIO()
    picture.resize(scene.size, Pictures.Resampling.LANCZOS).save(out, "WEBP", quality=90)
    return out.getvalue()


def _ball(pen: ImageDraw.ImageDraw, x: float, y: float, radius: float, colour: str) -> None:
    pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)


def _hill(
    pen: ImageDraw.ImageDraw, width: int, height: int, chance: random.Random, at: float, colour: str, night: bool
) -> None:
    crests = [height * (at + chance.uniform(-0.05, 0.05)) for _ in range(6)]
    points = [(width * index / 5, crest) for index, crest in enumerate(crests)]
    tone = "#1d2b4f" if night else colour
    pen.polygon([*points, (width, height), (0, height)], fill=tone)


EDITED = {
    "remove": {"balloon": False},
    "recolor": {"wall": "blue"},
    "time_of_day": {"night": True},
    "add": {"pine": True},
}


class Campaign:
    """Shelf and records of `sources` scenes under policy `paper`, with some attempts lost at every stage.

    Pictures are `smaller` times smaller than a gallery would have them.
    """

    def __init__(
        self, sources: int = 3, operations: Sequence[str] = tuple(OPERATIONS), name: str = "harbour", smaller: int = 1
    ) -> None:
        self._smaller = smaller
        self.blobs = MemoryBlobs()
        self.policy = policy.read("paper")
        self.triplets: list[m.Triplet] = []
        self.events: list[Event] = []
        for number in range(sources):
            self._source(number, operations, name)
        record(self.blobs, delivered(self.events))
        self.blobs.put(f"policies/{POLICY}.json", self.policy.model_dump_json().encode())

    def _source(self, number: int, operations: Sequence[str], name: str) -> None:
        width, height = SIZES[number % len(SIZES)]
        scene = Scene((width // self._smaller, height // self._smaller), number)
        style = STYLES[number % len(STYLES)]
        text = f"{style}: a small house among hills, a balloon overhead, soft light, scene {number}"
        of = subject(f"{name} {number}", name, style, text).model_copy(update={"image": self._store(scene)})
        if number % 7 == 6:
            of = of.model_copy(
                update={"origin": "photo", "licence": "CC0-1.0", "author": "NASA", "style": "photograph"}
            )
        self.events += [
            gate(of, measures={"truth": 1.0}),
            gate(subject(f"{name} no {number}", name), yes=False, reason="the house floats"),
        ]
        made = [self._request(of, scene, operation, number) for operation in operations]
        for (first, before), (second, after) in pairwise(made):
            one = triplet(of, first, before, "composite", f"{OPERATIONS[first.operation][2]} and {second.instruction}",
                          "composite", attempt=3, second=(second, after))  # fmt: skip
            self._release(one)
            self.events.append(judge(of, first, (4.9, 4.8), kind="composite", other=second))

    def _request(self, of: m.Subject, scene: Scene, operation: str, number: int) -> tuple[m.Request, m.ImageRef]:
        instruction, inverse_operation, inverse = OPERATIONS[operation]
        asked = request(instruction, operation)
        good = self._store(replace(scene, **EDITED[operation]))  # type: ignore[arg-type]
        flawed = self._store(replace(scene, **EDITED[operation], seed=scene.seed + 1))  # type: ignore[arg-type]
        bad = {"truth": 0.0, "pixels.changed": 0.31}
        self.events += [
            screen(of, asked, 0, bad | {"null.soft": 0.2}, flawed),
            screen(of, asked, 1, bad | {"pixels.null": 0.1}, flawed),
            screen(of, asked, 2, bad | {"null.soft": 0.9}, flawed),
            judge(of, asked, (3.1 + number % 9 / 10, 4.6), 2, reason="the hills changed", measures=bad, image=flawed),
            screen(of, asked, 3, {"truth": 1.0, "pixels.changed": 0.04, "null.soft": 0.8}, good),
            judge(of, asked, (4.9, 4.7 + number % 4 / 10), 3, measures={"truth": 1.0}, image=good),
            judge(of, asked, (4.8, 4.8), kind="inverse", image=good, instruction=inverse),
        ]  # fmt: skip
        if number % 5 == 4:
            self.events.append(failure(of, reason=f"the editor ran out of memory on {operation}"))
        texts = {"short": instruction.split(" the ")[0], "zh": "编辑这张图片"}
        self._release(triplet(of, asked, good, attempt=3, texts=texts, scores=(4.9, 4.7 + number % 4 / 10)))
        self._release(triplet(of, asked, good, "inverse", inverse, inverse_operation, (4.8, 4.8), 3))
        return asked, good

    def _store(self, scene: Scene) -> m.ImageRef:
        data = draw(scene)
        sha = hashlib.sha256(data).hexdigest()
        key = f"scratch/{sha}.webp"
        self.blobs.put(key, data)
        return m.ImageRef(key=key, sha256=sha, width=scene.size[0], height=scene.size[1], format="webp")

    def _release(self, one: m.Triplet) -> None:
        self.triplets.append(one)
        refs = (one.subject.image, one.before, one.after)
        put_on_shelf(self.blobs, one, data={ref.sha256: self.blobs.get(ref.key) for ref in refs})
