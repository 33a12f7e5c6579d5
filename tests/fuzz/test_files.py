"""Whatever a file or a database holds, its reader understands it or says in one line what is wrong with it."""

import random
import threading
import zlib
from collections.abc import Callable
from functools import partial
from io import BytesIO
from pathlib import Path

import msgpack
import numpy as np
import PIL.Image
import pytest

from infra import formats, images
from infra.blobs.memory import MemoryBlobs
from infra.bus.memory import MemoryBus
from infra.ledgers.memory import MemoryLedgers
from infra.metrics import Metrics
from infra.runtime.backlog import Backlog
from infra.runtime.inhand import InHand
from infra.runtime.intake import Intake
from infra.runtime.pictures import Pictures
from infra.runtime.worker import Worker
from schemas import codec
from schemas.errors import NhrError, UserError
from schemas.messages import Triplet
from schemas.ports import Change, Image
from streams import policies, records, retractions, shelf
from streams.retractions import Retraction
from streams.rules import facts, policy
from streams.rules.plan import plan
from tests.contract.clocks import FakeClock
from tests.fuzz.cases import chances
from tests.fuzz.mutating import broken, fuzzed_json, fuzzed_msgpack
from tests.golden import samples
from tests.unit.runtime import fakes
from workers import roster
from workers.photographic.reading import MIN_SIDE, Unusable, read
from workers.plugin import Skipped

PAPER, THRIFTY = policy.read("paper"), policy.read("thrifty")
LEDGER, SEGMENT = facts.encode(samples.LEDGER), zlib.decompress(records.segment(samples.segment()))
RECORD = shelf.record_bytes(samples.TRIPLET)
CAMPAIGN = records.Campaign(campaign="c", prompts="null", policy="paper", plugins={"gate": "null@1"}).model_dump_json()
RETRACTION = Retraction(target="triplet", value=samples.TRIPLET_ID, reason="blurred", at=1.0)
LINE = (
    b'{"text": "a red boat", "style": "photo", "width": 64, "height": 64, "seed": 1, "seeds": 2, "prompt_id": "p",'
    b' "requests": [{"instruction": "Make it blue.", "operation": "recolor", "effect": ""}]}'
)
NOISY = np.random.default_rng(7).integers(0, 256, (MIN_SIDE + 6, MIN_SIDE + 2, 3), np.uint8)


def held(key: str, data: bytes) -> MemoryBlobs:
    """A store that holds one blob."""
    blobs = MemoryBlobs()
    blobs.put(key, data)
    return blobs


def a_policy_file(rng: random.Random, folder: Path) -> None:
    toml, other = (text.encode() for text in (policy.text("paper"), policy.text("thrifty")))
    as_json = rng.random() < 0.3
    path = folder / ("mine.json" if as_json else "mine.toml")
    path.write_bytes(
        fuzzed_json(rng, PAPER.model_dump_json().encode(), THRIFTY.model_dump_json().encode())
        if as_json
        else rng.choice((toml.replace(b"5", rng.choice((b"9" * 5000, b"1e999", b"{}", b"nan")), 1), b""))
        if rng.random() < 0.2
        else broken(rng, toml, other)
    )
    policy.read(str(path))


def a_kept_policy(rng: random.Random, _folder: Path) -> None:
    data = fuzzed_json(rng, PAPER.model_dump_json().encode(), THRIFTY.model_dump_json().encode())
    policies.kept(held(policies.policy_key("a"), data))


def a_prompts_file(rng: random.Random, folder: Path) -> None:
    """Through the prompter and the intake: each line is published or skipped."""
    path = folder / "prompts.jsonl"
    path.write_bytes(b"\n".join(fuzzed_json(rng, LINE, CAMPAIGN.encode()) for _ in range(4)))
    prompter, bus, skipped = roster.prompter(str(path)), MemoryBus(FakeClock()), list[Skipped]()
    Intake(
        prompter, "c", bus, Pictures(MemoryBlobs()), MemoryLedgers(), threading.Event(),
        Backlog(bus, FakeClock(), 1 << 20), skipped=skipped.append,
    ).run()  # fmt: skip
    for item in skipped:
        assert len(item.reason.splitlines()) == 1, item


def a_cursor(rng: random.Random, _folder: Path) -> None:
    cursors = MemoryLedgers()
    cursors.save([Change("c", fuzzed_msgpack(rng, msgpack.packb({"format": 1, "cursor": 7}), LEDGER), 0)])
    bus = MemoryBus(FakeClock())
    backlog = Backlog(bus, FakeClock(), 16)
    Intake(roster.prompter("null"), "c", bus, Pictures(MemoryBlobs()), cursors, threading.Event(), backlog)


def a_note_of_jobs_in_hand(rng: random.Random, _folder: Path) -> None:
    note = msgpack.packb({"format": 1, "deaths": {"a": 1}, "held": ["a", "b"], "alone": "c"})
    notes = MemoryLedgers()
    notes.save([Change("/in-hand", fuzzed_msgpack(rng, note, LEDGER), 0)])
    in_hand = InHand(notes)
    with in_hand.together(["a"]):
        in_hand.deaths("a")


def a_ledger(rng: random.Random, _folder: Path) -> None:
    ledger = facts.decode(fuzzed_msgpack(rng, LEDGER, SEGMENT))
    planned = plan(ledger, PAPER, {})
    for build in planned.messages.values():
        build()


def a_segment(rng: random.Random, _folder: Path) -> None:
    data = fuzzed_msgpack(rng, SEGMENT, LEDGER)
    data = broken(rng, zlib.compress(SEGMENT), LEDGER) if rng.random() < 0.3 else zlib.compress(data, 1)
    name = "records/verdicts/3/odd.seg" if rng.random() < 0.02 else records.segment_key(3, 40, 45)
    for event in records.events(held(name, data)):
        facts.Ledger("p").add(event)


def a_record(rng: random.Random, _folder: Path) -> None:
    record = fuzzed_json(rng, RECORD, CAMPAIGN.encode())
    found = shelf.parse(shelf.triplet_key(samples.TRIPLET_ID), record)
    assert isinstance(found, Triplet)
    assert shelf.images(found)
    assert shelf.record_bytes(found)


def an_answer(rng: random.Random, _folder: Path) -> None:
    """One that stands, of a dear model: published as it is, if it can be read."""
    (job,) = jobs = fakes.deliveries(samples.SOURCE)
    key = f"answers/gate/{samples.SOURCE.job_id[:2]}/{samples.SOURCE.job_id}.{fakes.RECIPE}"
    blobs = held(key, fuzzed_msgpack(rng, codec.encode(samples.GATE_VERDICT), codec.encode(samples.FAILURE)))
    plugin = fakes.Scripted("gate", fakes.yes, fakes.DEAR)
    in_hand = InHand(MemoryLedgers())
    worker = Worker(plugin.kind, plugin, fakes.RECIPE, blobs, Pictures(blobs), FakeClock(), Metrics(), in_hand)
    told = fakes.work(worker, jobs)
    assert (len(told.answers), told.letters, told.done) == (1, [], [job.offset])


def a_campaign(rng: random.Random, _folder: Path) -> None:
    records.campaigns(held(f"{records.CAMPAIGNS}c.json", fuzzed_json(rng, CAMPAIGN.encode(), RECORD)))


def a_retraction(rng: random.Random, _folder: Path) -> None:
    data = fuzzed_json(rng, RETRACTION.model_dump_json().encode(), RECORD)
    retractions.load(held(RETRACTION.key, data)).of(samples.TRIPLET)


def a_note_of_formats(rng: random.Random, folder: Path) -> None:
    (folder / formats.NOTE).write_bytes(fuzzed_json(rng, b'{"format": 1, "nhr": "0.1.0"}', RECORD))
    formats.check(folder)


def a_stored_picture(rng: random.Random, _folder: Path) -> None:
    data = broken(rng, PICTURES[rng.choice(("png", "webp", "jpeg", "noted", "noted png"))], PICTURES["png"])
    if rng.random() < 0.5:
        data = with_true_checksums(data)
    found = images.decode(data)
    assert found.pixels.size
    images.stored("scratch/a.webp", data)


def with_true_checksums(data: bytes) -> bytes:
    """A PNG file, so damaged that its checksums do not tell."""
    made, at = data[:8], 8
    while at + 12 <= len(data) and data.startswith(b"\x89PNG"):
        size = int.from_bytes(data[at : at + 4], "big") % (len(data) - at - 11)
        body = data[at + 4 : at + 8 + size]
        made += size.to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")
        at += 12 + size
    return made + data[at:]


def a_photograph(rng: random.Random, _folder: Path) -> None:
    name = rng.choice(sorted(PICTURES))
    try:
        assert read(broken(rng, PICTURES[name], PICTURES[rng.choice(sorted(PICTURES))]), 1.0).pixels.size
    except Unusable as error:
        raise UserError(str(error)) from None


def a_sidecar(rng: random.Random, folder: Path) -> None:
    """Beside a good photograph: that is taken, or skipped with one line."""
    (folder / "a.png").write_bytes(PICTURES["png"])
    note = b'{"licence": "CC0", "author": "nobody", "caption": "noise"}'
    (folder / "a.json").write_bytes(fuzzed_json(rng, note, RECORD))
    (item,) = roster.prompter(f"photos:path={folder},match=a.png").intake("c", 0)
    assert not isinstance(item, Skipped) or len(item.reason.splitlines()) == 1


def _pictures() -> dict[str, bytes]:
    picture, files = PIL.Image.fromarray(NOISY), dict[str, bytes]()
    for name in ("png", "webp", "jpeg", "tiff", "gif", "bmp"):
        out = BytesIO()
        picture.save(out, name)
        files[name] = out.getvalue()
    small = Image(NOISY[:8, :8].copy(), note='{"a": "<&>"}')
    return files | {"noted": images.encode(small), "noted png": images.encode(small, "png")}


PICTURES = _pictures()
READERS: dict[Callable[[random.Random, Path], None], float] = {
    a_policy_file: 0.02, a_kept_policy: 0.03, a_prompts_file: 0.04, a_cursor: 0.02, a_note_of_jobs_in_hand: 0.02,
    a_ledger: 0.05, an_answer: 0.04, a_segment: 0.04, a_record: 0.06, a_campaign: 0.02, a_retraction: 0.02,
    a_note_of_formats: 0.02, a_stored_picture: 0.08, a_photograph: 0.06, a_sidecar: 0.02,
}  # fmt: skip
"""Each with its share of all cases."""


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.__name__)
def test_fuzzed_files_are_understood_or_refused_in_one_line(
    tmp_path: Path, reader: Callable[[random.Random, Path], None]
) -> None:
    for seed, rng in chances(reader.__name__, READERS[reader]):
        said = told(seed, partial(reader, rng, tmp_path))
        assert len(said.splitlines()) <= 1, f"{seed}: {said}"


def told(seed: str, read_it: Callable[[], None]) -> str:
    """What the user is told of what cannot be read."""
    try:
        read_it()
    except NhrError as error:
        return str(error)
    except Exception as error:
        raise AssertionError(f"{seed}: {type(error).__name__}: {error}") from error
    return ""
