"""Made-up photographs, and the jobs the photographic plug-ins are given."""

from functools import cache

import cv2
import numpy as np

from schemas import ids
from schemas.messages import Candidate, EditJob, ImageRef, JudgeJob, Request, Source, Subject, TextJob
from schemas.ports import Image, Task
from workers.photographic.effect import Effect
from workers.pixelwise.arrays import Pixels


@cache
def _picture(width: int, height: int, seed: int) -> Pixels:
    rng = np.random.default_rng(seed)
    field = np.zeros((height, width, 3), np.float32)
    for sigma, weight in ((1.0, 5.0), (3.0, 9.0), (9.0, 14.0), (28.0, 22.0)):
        noise = cv2.GaussianBlur(rng.standard_normal((height, width, 3)).astype(np.float32), (0, 0), sigma)
        spread = float(np.std(noise))
        field += weight * np.asarray(noise).reshape(height, width, 3) / max(spread, 1e-6)
    down = np.linspace(0.0, 1.0, height, dtype=np.float32)[:, None, None]
    base = np.array([118, 146, 178], np.float32) * (1 - down) + np.array([128, 142, 70], np.float32) * down
    picture: Pixels = np.clip(base + field * (0.6 + 0.4 * down), 8, 238).astype(np.uint8)
    cv2.ellipse(
        picture, (round(0.48 * width), round(0.55 * height)), (width // 6, height // 5), 20, 0, 360, (196, 92, 64), -1
    )
    picture.flags.writeable = False
    return picture


def photograph(width: int = 320, height: int = 240, seed: int = 1) -> Pixels:
    """Sky over grass, texture at every scale, and a red thing off the middle; the same array for the same size."""
    return _picture(width, height, seed)


def subject(pixels: Pixels, text: str = "") -> Subject:
    height, width = pixels.shape[:2]
    image = ImageRef(key="scratch/x", sha256="0" * 64, width=width, height=height)
    return Subject(campaign="c", source_id="s", prompt_id="p", text=text, image=image, origin="photo")


def request(effect: Effect, instruction: str = "Do it.") -> Request:
    return Request(instruction=instruction, operation=effect.operation, effect=effect.dump())


def source(pixels: Pixels) -> Task[Source]:
    asked = (Request(instruction="Do it.", operation="exposure"),)
    return Task(Source(subject=subject(pixels), requests=asked), (Image(pixels),))


def edit(pixels: Pixels, asked: Request, attempt: int = 0) -> Task[EditJob]:
    name = ids.request_id("s", asked.instruction + asked.effect)
    job = EditJob(
        job_id=ids.job_id(name, "edit", attempt), policy_id="p", subject=subject(pixels), request=asked,
        request_id=name, attempt=attempt, seed=ids.attempt_seed(name, attempt),
    )  # fmt: skip
    return Task(job, (Image(pixels),))


def candidate(before: Pixels, after: Pixels) -> Task[Candidate]:
    asked = Request(instruction="Do it.", operation="recolor")
    ref = subject(after).image
    return Task(Candidate(job=edit(before, asked).job, image=ref), (Image(before), Image(after)))


def judgement(
    before: Pixels, after: Pixels, asked: Request, kind: ids.TripletKind = "forward", other: Request | None = None
) -> Task[JudgeJob]:
    job = JudgeJob(
        job_id="j", policy_id="p", triplet_id="t", subject=subject(before), kind=kind, request=asked, other=other,
        instruction=asked.instruction, before=subject(before).image, after=subject(after).image,
    )  # fmt: skip
    return Task(job, (Image(before), Image(after)))


def text(asked: Request, task: str = "inverse", **more: object) -> Task[TextJob]:
    fields = {"job_id": "j", "policy_id": "p", "triplet_id": "t", "subject": subject(photograph()), "kind": "inverse",
              "instruction": asked.instruction, "request": asked, "task": task}  # fmt: skip
    return Task(TextJob.model_validate({**fields, **more}))
