"""Writes the golden files that do not exist yet: `python -m tests.golden.write`."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from infra import formats
from infra.blobs.memory import MemoryBlobs
from schemas import codec
from streams import records, shelf
from streams.dataset import manifests
from streams.rules import facts
from tests.golden import folder, samples

FOLDER = Path(__file__).with_name("v1")


def files() -> Mapping[str, Callable[[], bytes]]:
    """How each golden file was made, by name."""
    made: dict[str, Callable[[], bytes]] = {
        f"{name}.msgpack": partial(codec.encode, message) for name, message in samples.MESSAGES.items()
    }
    made["ledger.msgpack"] = lambda: facts.encode(samples.LEDGER)
    made["triplet.json"] = lambda: shelf.record_bytes(samples.TRIPLET)
    made["policy.json"] = lambda: samples.POLICY.model_dump_json(indent=1).encode()
    made["verdicts.seg"] = lambda: records.segment(samples.segment())
    made["campaign.json"] = lambda: samples.CAMPAIGN.model_dump_json(indent=1).encode()
    made["label.json"] = lambda: samples.LABEL.model_dump_json(indent=1).encode()
    made["manifest.json"] = lambda: manifests.encode(samples.MANIFEST)
    made["intent.json"] = lambda: samples.INTENT.model_dump_json().encode()
    made["retraction.json"] = lambda: samples.RETRACTION.model_dump_json(indent=1).encode()
    made["leftout.json"] = lambda: samples.LEFT_OUT.model_dump_json().encode()
    made["format.json"] = note
    made["folder.zip"] = folder.packed
    return made


def note() -> bytes:
    """The note in every data folder."""
    blobs = MemoryBlobs()
    formats.note(blobs)
    return blobs.get(formats.NOTE)


def write() -> list[str]:
    """Create the missing files; gives their names."""
    missing = [name for name in files() if not (FOLDER / name).exists()]
    for name in missing:
        data = files()[name]()
        with (FOLDER / name).open("xb") as file:
            file.write(data)
    return missing


if __name__ == "__main__":
    print("\n".join(write()) or "every sample has its file")
