"""A place with a packed data set of a few real pictures, and what was recorded of them."""

import io
from pathlib import Path

import pytest
from PIL import Image as Pictures

from infra.blobs.folder import FolderBlobs
from infra.blobs.memory import MemoryBlobs
from infra.card import put, readme
from infra.card.contents import packed
from infra.card.facts import Facts, gather
from infra.card.writing import BesideShards
from schemas.ports import Blobs
from streams import records
from streams.dataset import manifests
from tests.unit.card.making import pack
from tests.unit.reading.making import delivered, gate, judge, put_on_shelf, ref, request, screen, subject, triplet

REMOVE, RECOLOR = request(), request("paint the door blue", "recolor")
SOURCES = 3
ROWS = 4 * SOURCES
PER_SHARD = 5


def picture(shade: int) -> bytes:
    out = io.BytesIO()
    Pictures.new("RGB", (64, 48), (shade, 255 - shade, 90)).save(out, "PNG")
    return out.getvalue()


def mine(blobs: Blobs, sources: int = SOURCES) -> None:
    """Four triplets a source, and a rejected attempt at the first of its requests."""
    events = []
    for number in range(sources):
        shots = [picture(10 * number + step) for step in range(3)]
        data = {ref(shot).sha256: shot for shot in shots}
        original, removed, recolored = (ref(shot, kind="png") for shot in shots)
        of = subject(f"s{number}").model_copy(update={"image": original})
        put_on_shelf(
            blobs,
            triplet(of, REMOVE, removed, texts={"short": "no ball", "zh": "移除红球"}),
            triplet(of, REMOVE, removed, kind="inverse", operation="add", instruction="add a red ball"),
            triplet(of, RECOLOR, recolored, scores=(4.7, 4.8)),
            triplet(of, REMOVE, removed, kind="composite", operation="composite", second=(RECOLOR, recolored)),
            data=data,
        )
        lost = ref(picture(200 + number), kind="png")
        blobs.put(records.record_image_key(lost), picture(200 + number))
        events += [
            gate(of), screen(of, REMOVE, 0, image=removed), judge(of, REMOVE, (4.9, 4.8), 0, image=removed),
            screen(of, REMOVE, 1, image=lost), judge(of, REMOVE, (3.0, 4.0), 1, reason="too much", image=lost),
            screen(of, RECOLOR, image=recolored), judge(of, RECOLOR, (4.7, 4.8), image=recolored),
        ]  # fmt: skip
    sent = delivered(events)
    blobs.put(records.segment_key(0, 0, len(sent) - 1), records.segment(sent))


def facts_of(blobs: Blobs, title: str = "Harbour edits", licence: str = "") -> Facts:
    contents, state = packed(blobs)
    return gather(blobs, contents, state, title, licence)


def text_of(blobs: Blobs, title: str = "Harbour edits", licence: str = "") -> str:
    """The README that a card would have, without its plots, which take their time."""
    return readme.render(facts_of(blobs, title, licence), [])


def card(blobs: Blobs) -> None:
    """Write the card beside the shards."""
    put(facts_of(blobs), BesideShards(blobs, manifests.FOLDER))


@pytest.fixture
def blobs(tmp_path: Path) -> MemoryBlobs:
    """What was mined and packed, in three shards."""
    found = MemoryBlobs()
    mine(found)
    pack(found, tmp_path, PER_SHARD)
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same in a folder, with its card; to be left as it is."""
    out = tmp_path_factory.mktemp("carded")
    found = FolderBlobs(out / "data", fsync=False)
    mine(found)
    pack(found, out, PER_SHARD)
    card(found)
    return out / "data" / "packed"
