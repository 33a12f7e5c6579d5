"""The records: every verdict there was, rejected attempts and failures too, as segments of the verdicts topic.

Format 1. `records/verdicts/<partition>/<first>-<last>.seg` (20-digit offsets) is zlib-compressed msgpack of
``{"format": 1, "events": [[offset, bytes], ...]}``, the bytes being the event's, verbatim. After a crash segments may
overlap, and several recorders may interleave their offsets; reading gives each event once, in offset order.
`records/images/<aa>/<sha256>.<ext>` are the images of judged attempts, `campaigns/<name>.json` says what a campaign was
started with, `policies/<policy_id>.json` what it decided by.
"""

import heapq
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from itertools import groupby
from typing import Annotated, Literal

import msgpack
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from schemas import codec, formats, topics
from schemas import messages as m
from schemas.errors import Undecodable, UserError
from schemas.ports import Blobs, Delivery
from streams.shelf import SUFFIXES

FORMAT = 1
MAX_BYTES = 512 << 20
"""Most bytes of an unpacked segment: twice a recorder's batch of the largest messages."""
VERDICTS = "records/verdicts/"
IMAGES = "records/images/"
CAMPAIGNS = "campaigns/"

_EVENTS = TypeAdapter(list[tuple[Annotated[int, Field(ge=0, strict=True)], Annotated[bytes, Field(strict=True)]]])

Event = m.GateVerdict | m.ScreenVerdict | m.JudgeVerdict | m.TextAnswer | m.Failure | m.Redrive


_TYPE_FIRST = re.compile(rb"[\x80-\x8f]\xa4type(?:\xa4(gate|text)|\xa5(judge)|\xa6(screen)|\xa7(failure|redrive))")


class Campaign(BaseModel):
    """What `nhr mine` noted when a campaign began; fields it does not know are kept out of the way."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    format: Literal[1] = 1
    campaign: str
    prompts: str = ""
    policy: str = ""
    policy_id: str = ""
    plugins: Mapping[str, str] = Field(default_factory=dict)


def segment_key(partition: int, first: int, last: int) -> str:
    """Where the segment of these offsets (both included) lies; keys of a partition sort by first offset."""
    return f"{VERDICTS}{partition}/{first:020d}-{last:020d}.seg"


def segment(deliveries: Sequence[Delivery]) -> bytes:
    """The bytes of a segment: the deliveries of one partition, sorted by offset."""
    if len({delivery.partition for delivery in deliveries}) != 1:
        raise ValueError("a segment holds the deliveries of one partition, at least one")
    events = sorted((delivery.offset, delivery.value) for delivery in deliveries)
    packed: bytes = msgpack.packb({"format": FORMAT, "events": events})
    return zlib.compress(packed, 3)


def keep(blobs: Blobs, deliveries: Sequence[Delivery]) -> str:
    """Store a segment and say where. Keeping the same deliveries again does nothing.

    When other deliveries of the same first and last offset stand already (two recorders took turns), the segment
    goes beside them under a name that ends in its content, so that nothing is lost.
    """
    data = segment(deliveries)
    offsets = [delivery.offset for delivery in deliveries]
    key = segment_key(deliveries[0].partition, min(offsets), max(offsets))
    if not blobs.put(key, data) and blobs.get(key) != data:
        key = key.replace(".seg", f"-{blake2b(data, digest_size=8).hexdigest()}.seg")
        blobs.put(key, data)
    return key


def kind_of(data: bytes) -> str:
    """The type that encoded event bytes claim, without decoding the rest; raises `Undecodable` for no such map."""
    found = _TYPE_FIRST.match(data)  # as our own encoder writes it
    if found:
        return found[found.lastindex or 0].decode()
    try:
        return str(msgpack.unpackb(data)["type"])
    except (ValueError, TypeError, KeyError, RecursionError, msgpack.exceptions.UnpackException) as error:
        raise Undecodable(f"no event ({type(error).__name__})") from None


def record_image_key(ref: m.ImageRef) -> str:
    """Where the records keep the image of a judged attempt, by its content."""
    return f"{IMAGES}{ref.sha256[:2]}/{ref.sha256}.{SUFFIXES[ref.format]}"


def events(blobs: Blobs, about: str = "", segments: Iterable[str] | None = None) -> Iterator[Event]:
    """Every recorded event, by partition and offset; of several answers to one job the first stands.

    `about`: only events whose bytes hold this text (an id), told apart without decoding the others; `segments`: only
    those of these keys. Memory: a few dozen bytes per event, for telling repetitions. Raises `UserError` naming a
    segment that cannot be read.
    """
    seen: set[bytes] = set()
    needle = about.encode()
    wanted = blobs.list(VERDICTS) if segments is None else sorted(segments)
    for _, keys in groupby(wanted, key=lambda key: key.split("/")[2]):
        for _, raw in _in_order(blobs, list(keys)):
            if needle not in raw or (event := decoded(raw)) is None:
                continue
            name = name_of(event)
            if name not in seen:
                seen.add(name)
                yield event


def decoded(raw: bytes) -> Event | None:
    """The event in these bytes; None for what is none: it is kept verbatim, and the director made it a dead letter."""
    try:
        event: Event = codec.decode(topics.VERDICTS, raw)
    except Undecodable:
        return None
    return event


def name_of(event: Event) -> bytes:
    """12 bytes that are the same for every answer to one job, of which the first stands."""
    retry = str(event.retry) if isinstance(event, m.Redrive) else ""
    return blake2b(f"{event.type}:{event.job_id}:{retry}".encode(), digest_size=12).digest()


def campaigns(blobs: Blobs) -> dict[str, Campaign]:
    """What is noted of each campaign; empty where nothing was."""
    noted = (_campaign(blobs, key) for key in blobs.list(CAMPAIGNS) if key.endswith(".json"))
    return {campaign.campaign: campaign for campaign in noted}


def _in_order(blobs: Blobs, keys: Sequence[str]) -> Iterator[tuple[int, bytes]]:
    """Offsets of one partition, ascending, each once; holds only segments that overlap at one point in memory.

    Where a bus began anew in the same folder, one offset may have two events: both are given.
    """
    waiting = iter(keys)
    upcoming = next(waiting, None)
    open_at: list[tuple[int, int, Iterator[tuple[int, bytes]], bytes]] = []
    last = -1
    told: set[bytes] = set()
    number = 0
    while upcoming is not None or open_at:
        if upcoming is not None and (not open_at or _first(upcoming) <= open_at[0][0]):
            number += 1
            _advance(open_at, iter(read_segment(blobs, upcoming)), number)
            upcoming = next(waiting, None)
            continue
        offset, order, rest, raw = heapq.heappop(open_at)
        _advance(open_at, rest, order)
        if offset > last:
            last, told = offset, set()
        if raw not in told:
            told.add(raw)
            yield offset, raw


def _advance(
    heap: list[tuple[int, int, Iterator[tuple[int, bytes]], bytes]], rest: Iterator[tuple[int, bytes]], order: int
) -> None:
    following = next(rest, None)
    if following is not None:
        heapq.heappush(heap, (following[0], order, rest, following[1]))


def _first(key: str) -> int:
    found = re.fullmatch(r"[0-9]{20}", key.rsplit("/", 1)[1].partition("-")[0])
    if found is None:
        raise UserError(f"{key} is no segment of records by its name", "move it away")
    return int(found[0])


def read_segment(blobs: Blobs, key: str) -> list[tuple[int, bytes]]:
    """The offsets and event bytes of a segment, in order; raises `UserError` naming one that cannot be read."""
    with formats.readable(f"{key} is no segment of records", "restore it from a copy or delete it"):
        raw = msgpack.unpackb(_inflated(blobs.get(key)))
        formats.check(key, raw, FORMAT)
        events: list[tuple[int, bytes]] = _EVENTS.validate_python(raw["events"])
        return sorted(events)


def _inflated(data: bytes) -> bytes:
    inflater = zlib.decompressobj()
    try:
        packed = inflater.decompress(data, MAX_BYTES)
    except zlib.error as error:
        raise ValueError(str(error)) from None
    if not inflater.eof or inflater.unused_data:
        raise ValueError("cut short, too large, or with something at its end")
    return packed


def _campaign(blobs: Blobs, key: str) -> Campaign:
    try:
        return Campaign.model_validate_json(data := blobs.get(key))
    except ValidationError as error:
        formats.check_json(key, data, FORMAT)
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "document"
        raise UserError(f"{key}: {where}: {first['msg']}", "restore the file") from None
