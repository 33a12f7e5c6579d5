"""Shelves with pictures on them, to be exported."""

import io

from PIL import Image as Pictures

from infra.blobs.memory import MemoryBlobs
from tests.unit.reading.making import put_on_shelf, ref, request, subject, triplet

REMOVE, RECOLOR = request(), request("paint the door blue", "recolor")


def picture(shade: int) -> bytes:
    out = io.BytesIO()
    Pictures.new("RGB", (64, 48), (shade, 255 - shade, 90)).save(out, "PNG")
    return out.getvalue()


def mined(sources: int = 2) -> MemoryBlobs:
    blobs = MemoryBlobs()
    for number in range(sources):
        shots = [picture(10 * number + step) for step in range(3)]
        data = {ref(shot).sha256: shot for shot in shots}
        original, removed, recolored = (ref(shot, kind="png") for shot in shots)
        of = subject(f"s{number}").model_copy(update={"image": original})
        put_on_shelf(
            blobs,
            triplet(of, REMOVE, removed, texts={"short": "no ball", "long": "take the red ball away"}),
            triplet(of, REMOVE, removed, kind="inverse", operation="add", instruction="add a red ball"),
            triplet(of, RECOLOR, recolored),
            triplet(of, REMOVE, removed, kind="composite", operation="composite", second=(RECOLOR, recolored)),
            data=data,
        )
    return blobs
