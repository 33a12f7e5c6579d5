"""The records' segments: readable, named by what they hold, and none missing between them."""

import re
from collections.abc import Iterable, Iterator

from infra.looking import Queues, kept
from infra.verify.findings import Findings, Stage
from schemas import topics
from schemas.deadletters import read_letter
from schemas.errors import UserError
from schemas.ports import Blobs
from streams import records
from streams.ahead import ahead

SEGMENTS = "segments"
THREADS = 4
"""Segments read at once: one may be large."""
_NAME = re.compile(rf"{records.VERDICTS}([0-9]+)/([0-9]{{20}})-([0-9]{{20}})(-[0-9a-f]{{16}})?\.seg")

Run = tuple[int, int]
"""First and last offset, both included."""


def check_segments(blobs: Blobs, queues: Queues | None, findings: Findings, stage: Stage) -> bool:
    """Check every segment; says whether all could be read."""
    done = queues.bus.floors(topics.VERDICTS.name) if queues else {}  # all below was recorded before this
    runs: dict[int, list[Run]] = {partition: [] for partition in done}
    total = sum(1 for _ in blobs.list(records.VERDICTS))
    whole = True
    with stage("segments") as told:
        every = ahead(lambda key: _read(blobs, key), blobs.list(records.VERDICTS), THREADS, THREADS)
        for number, (key, read) in enumerate(every, 1):
            told(number, total)
            findings.checked[SEGMENTS] += 1
            try:
                partition, offsets = read()
            except UserError as error:
                blobs.has(key)  # raises where all of the store is away
                findings.told(SEGMENTS, str(error))
                whole = False
            else:
                runs.setdefault(partition, []).extend(_runs(offsets))
    excused = _dead(queues) if queues else set()
    for partition, found in sorted(runs.items()):
        start, end = (0, done[partition]) if partition in done else (min(found)[0], max(last for _, last in found) + 1)
        for first, last in _gaps(found, start, end):
            missing = [offset for offset in range(first, last + 1) if (partition, offset) not in excused]
            if missing:
                what = f"lacks {len(missing):,} events from offset {missing[0]} to {missing[-1]}"
                findings.bad(SEGMENTS, f"{records.VERDICTS}{partition}", what, "restore that segment from a copy")
    return whole


def _read(blobs: Blobs, key: str) -> tuple[int, list[int]]:
    """Partition and offsets of a segment; raises `UserError` where its name does not fit."""
    name = _NAME.fullmatch(key)
    if name is None:
        raise UserError(f"{key} is no segment of records by its name", "move it away")
    offsets = [offset for offset, _ in records.read_segment(blobs, key)]
    if not offsets or (offsets[0], offsets[-1]) != (int(name[2]), int(name[3])):
        held = f"offsets {offsets[0]} to {offsets[-1]}" if offsets else "nothing"
        raise UserError(f"{key} holds {held}", "restore it from a copy")
    return int(name[1]), offsets


def _runs(offsets: Iterable[int]) -> Iterator[Run]:
    """Ascending offsets as unbroken runs."""
    first = last = -1
    for offset in offsets:
        if first >= 0 and offset > last + 1:
            yield first, last
            first = offset
        first = offset if first < 0 else first
        last = offset
    yield first, last


def _gaps(runs: Iterable[Run], start: int, end: int) -> Iterator[Run]:
    """What no run covers of the offsets from `start` to before `end`."""
    upto = start
    for first, last in sorted(runs):
        if first > upto and upto < end:
            yield upto, min(first, end) - 1
        upto = max(upto, last + 1)
    if upto < end:
        yield upto, end - 1


def _dead(queues: Queues) -> set[tuple[int, int]]:
    """(partition, offset) of events that nobody could decode: they are dead letters, and not recorded."""
    letters = (read_letter(delivery) for delivery in kept(queues.bus, topics.DEAD_LETTERS.name))
    places = (letter.origin.split("/")[1:] for letter in letters if letter.topic == topics.VERDICTS.name)
    return {(int(place[0]), int(place[1])) for place in places if len(place) == 2 and all(map(str.isdigit, place))}
