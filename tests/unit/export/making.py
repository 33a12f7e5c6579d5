"""Shelves with pictures on them, to be exported."""

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image as Pictures

from infra.blobs.memory import MemoryBlobs
from schemas import messages as m
from streams import records
from streams.policies import policy_key
from streams.records import Event
from streams.rules import policy
from tests.unit.reading.making import (
    POLICY,
    delivered,
    judge,
    put_on_shelf,
    record,
    ref,
    request,
    screen,
    subject,
    triplet,
)

REMOVE, RECOLOR = request(), request("paint the door blue", "recolor")


def picture(shade: int) -> bytes:
    """A flat picture."""
    out = io.BytesIO()
    Pictures.new("RGB", (64, 48), (shade, 255 - shade, 90)).save(out, "PNG")
    return out.getvalue()


def noise(name: str) -> bytes:
    """A picture like no other, for another name."""
    out, chance = io.BytesIO(), np.random.default_rng(list(name.encode()))
    small = Pictures.fromarray(chance.integers(0, 256, (6, 8, 3), np.uint8))
    small.resize((64, 48), Pictures.Resampling.BICUBIC).save(out, "PNG")
    return out.getvalue()


def mined(sources: int = 2) -> MemoryBlobs:
    """Four triplets of each source: two edits, an inverse and a composite."""
    blobs = MemoryBlobs()
    for number in range(sources):
        shots = [picture(10 * number + step) for step in range(3)]
        shelve(blobs, subject(f"s{number}"), shots)
    return blobs


def varied(sources: int = 12, campaign: str = "harbour") -> MemoryBlobs:
    """The same with pictures that differ."""
    blobs = MemoryBlobs()
    for number in range(sources):
        shots = [noise(f"{number} {step}") for step in range(3)]
        shelve(blobs, subject(f"s{number}", campaign), shots)
    return blobs


def shelve(blobs: MemoryBlobs, of: m.Subject, shots: Sequence[bytes], scores: tuple[float, float] = (4.9, 4.8)) -> None:
    """Four triplets of one source."""
    data = {ref(shot).sha256: shot for shot in shots}
    original, removed, recolored = (ref(shot, kind="png") for shot in shots)
    of = of.model_copy(update={"image": original})
    put_on_shelf(
        blobs,
        triplet(of, REMOVE, removed, scores=scores, texts={"short": "no ball", "long": "take the red ball away"}),
        triplet(of, REMOVE, removed, kind="inverse", operation="add", instruction="add a red ball", scores=scores),
        triplet(of, RECOLOR, recolored, scores=scores),
        triplet(
            of, REMOVE, removed, kind="composite", operation="composite", instruction="add the ball, paint the door",
            second=(RECOLOR, recolored), scores=scores,
        ),
        data=data,
    )  # fmt: skip


def tried(blobs: MemoryBlobs, *events: Event, pictures: Sequence[bytes] = ()) -> None:
    """Record what was tried under a policy of that name, and keep those pictures of judged attempts."""
    blobs.put(policy_key(POLICY), policy.read("paper").model_dump_json().encode())
    record(blobs, delivered(events))
    for shot in pictures:
        blobs.put(records.record_image_key(ref(shot, kind="png")), shot)


def attempt(
    of: m.Subject, asked: m.Request, number: int, scores: tuple[float, float] | None, shot: bytes, reason: str = ""
) -> list[Event]:
    """An attempt that was screened and, with scores, judged."""
    image, measures = ref(shot, kind="png"), {} if scores else {"pixels.largest_component": 0.0}
    events = [screen(of, asked, number, measures, image)]
    return events + ([judge(of, asked, scores, number, image=image, reason=reason)] if scores else [])
