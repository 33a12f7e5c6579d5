"""The canary: a small fixed set of edits with known truth that a judge is shown again and again, to see it drift.

Everything in it is drawn and edited here: scenes of the simulated generator, with edits of its own (exact, or with a
flaw of known kind planted) and with exact photographic ones (done, done by halves, not done, or another one done).
"""

import hashlib
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np

from schemas import ids
from schemas.messages import ImageRef, JudgeJob, Request, Subject
from schemas.ports import Image, Task
from workers.photographic import choosing
from workers.photographic import operations as photographic
from workers.photographic.effect import Effect, parse
from workers.pixelwise.arrays import Pixels
from workers.simulated.defects import picture
from workers.simulated.flaws import Planted, plant
from workers.simulated.grammar import Proposal, proposal
from workers.simulated.instructions import change_of
from workers.simulated.reading import read_scene
from workers.simulated.scene import Note, Scene, Severity

VERSION = 1
SCENES = 10
MEGAPIXELS = 0.25
SEED = 20_250_714
PLANTED: tuple[Severity, ...] = ("blatant", "blatant", "subtle")
"""How bad the planted flaw is, in turn."""


class Truth(NamedTuple):
    """Scores that a sound judge would give; no more exact than half a point, but right in their order."""

    adherence: float
    aesthetics: float


GOOD = Truth(5.0, 5.0)
BY_HALVES, UNDONE = Truth(3.0, 5.0), Truth(1.0, 5.0)
FLAWED: dict[tuple[str, str], Truth] = {
    ("no-op", "blatant"): UNDONE,
    ("wrong object", "blatant"): Truth(1.0, 4.5),
    ("extra change", "blatant"): Truth(2.5, 4.5),
    ("extra change", "subtle"): Truth(4.0, 4.5),
    ("global shift", "blatant"): Truth(3.0, 3.0),
    ("colour cast", "blatant"): Truth(2.5, 2.5),
    ("residue", "blatant"): Truth(2.5, 2.0),
    ("residue", "subtle"): Truth(4.0, 3.5),
    ("artefact", "blatant"): Truth(3.0, 1.5),
    ("artefact", "subtle"): Truth(4.5, 3.5),
}


@dataclass(frozen=True, slots=True)
class Case:
    """One triplet to be judged, and what is true of it."""

    name: str
    task: Task[JudgeJob]
    truth: Truth


@cache
def cases() -> tuple[Case, ...]:
    """The whole set, always the same one: four cases a scene."""
    return tuple(case for number in range(SCENES) for case in _of_scene(number))


def set_name(found: Sequence[Case]) -> str:
    """The set's name by all that a judge sees of it, pixel for pixel: scores of other sets are not to be compared."""
    seen = hashlib.sha256(str(VERSION).encode())
    for case in found:
        seen.update(f"{case.name} {case.task.job.instruction} {case.truth}".encode())
        for image in case.task.images:
            seen.update(str(image.pixels.shape).encode())
            seen.update(image.pixels.tobytes())
    return seen.hexdigest()[:12]


def _of_scene(number: int) -> Iterator[Case]:
    made = proposal(SEED, number, MEGAPIXELS)
    scene = read_scene(made.text, made.style, number, made.width, made.height)
    source = Image(picture(Note(scene=scene)), Note(scene=scene).packed())
    yield from _drawn(number, made, scene, source)
    yield from _photographic(number, made, source)


def _drawn(number: int, made: Proposal, scene: Scene, source: Image) -> Iterator[Case]:
    """The scene's first edit as it should be, and with a flaw."""
    request = made.requests[0]
    change = change_of(request, scene)
    severities = ((None, "exact"), (PLANTED[number % len(PLANTED)], "flawed"))
    for severity, name in severities:
        planted = plant(scene, change, severity, random.Random(f"canary {number} {name}"))
        yield _case(f"drawn-{name}-{number}", made, request, source, _redrawn(number, planted, scene, source),
                    FLAWED[planted.flaw.kind, planted.flaw.severity] if planted.flaw else GOOD)  # fmt: skip


def _redrawn(number: int, planted: Planted, scene: Scene, source: Image) -> Image:
    note = Note(scene=planted.scene, flaws=(planted.flaw,) if planted.flaw else ())
    pixels = source.pixels if planted.scene == scene else picture(note)
    if planted.retouch:
        pixels = planted.retouch(source.pixels, pixels, np.random.default_rng(number))
    return Image(np.ascontiguousarray(pixels), note.packed())


def _photographic(number: int, made: Proposal, source: Image) -> Iterator[Case]:
    """A photographic edit of the drawn picture as it should be, and gone wrong."""
    request, other = choosing.requests(source.pixels, f"canary {number}", 2)
    effect, another = parse(request.effect), parse(other.effect)
    yield _case(f"tone-exact-{number}", made, request, source, _applied(source.pixels, effect), GOOD)
    match number % 3:
        case 0:
            astray = photographic.OPERATIONS[effect.operation].stray(effect, 0.1)
            name, edited, truth = "halved", _applied(source.pixels, astray), BY_HALVES
        case 1:
            name, edited, truth = "undone", Image(source.pixels), UNDONE
        case _:
            name, edited, truth = "other", _applied(source.pixels, another), UNDONE
    yield _case(f"tone-{name}-{number}", made, request, source, edited, truth)


def _applied(pixels: Pixels, effect: Effect) -> Image:
    return Image(np.ascontiguousarray(photographic.apply(pixels, effect, SEED)))


def _case(name: str, made: Proposal, request: Request, before: Image, after: Image, truth: Truth) -> Case:
    source = ids.digest("canary", name)
    triplet = ids.triplet_id(ids.request_id(source, request.instruction), "forward")
    subject = Subject(campaign="canary", source_id=source, prompt_id=name, text=made.text, image=_ref(before, source))
    job = JudgeJob(
        job_id=ids.job_id(triplet, "judge"), policy_id="canary", triplet_id=triplet, subject=subject, kind="forward",
        request=request, instruction=request.instruction, before=subject.image, after=_ref(after, f"{source}-after"),
    )  # fmt: skip
    return Case(name, Task(job, (before, after)), truth)


def _ref(image: Image, name: str) -> ImageRef:
    height, width = image.pixels.shape[:2]
    return ImageRef(key=f"canary/{name}.webp", sha256=ids.digest(name) * 2, width=width, height=height)
