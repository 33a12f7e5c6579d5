"""Audits: week by week a random sample of what was accepted, for people to label; it is drawn once and then stands.

Format 1. `audits/<week>.json` (an ISO week, such as 2026-W48) is JSON of an `Audit`, created once and never changed.
"""

import heapq
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import blake2b
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from schemas import formats, ids
from schemas import messages as m
from schemas.errors import UserError
from schemas.ports import Blobs
from streams import labels, records, shelf
from streams.records import Event

FORMAT = 1
FOLDER = "audits/"
SIZE = 100
MOST = 10_000
"""Pairs of a sample: nobody labels more in a week."""
DAY_S = 86_400.0
WEEK_S = 7 * DAY_S
LATEST_S = 253_402_300_800.0
"""The year 10000: whoever tells a later time does not know it."""
EVERY = 256
"""Progress is told after so many triplets."""
_WEEK = re.compile(r"([0-9]{4})-W([0-9]{2})")

Progress = Callable[[int, int], None]
"""Told (triplets looked at, 0: nobody knows of how many)."""
Week = Annotated[str, Field(pattern=r"^[0-9]{4}-W[0-9]{2}$")]
Pair = Annotated[str, Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z_+-]{0,127}-[0-9]{1,19}$")]


class Audit(BaseModel):
    """The sample of a `week`: `pairs` as labels name them, in the order of their draw, out of `drawn_from` triplets.

    Those were accepted in that week by the records ("week"), or were in no audit before ("unaudited").
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    format: Literal[1] = 1
    week: Week
    of: Literal["week", "unaudited"]
    drawn_from: Annotated[int, Field(ge=1)]
    pairs: Annotated[tuple[Pair, ...], Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class Drawn:
    """The audit of a week, whether it is `new`, and of how many triplets no record tells when they were accepted."""

    audit: Audit
    new: bool
    timeless: int = 0


@dataclass
class Sample:
    """The `size` triplets with the lowest hashes of (week, id) among those offered, in whatever order they come."""

    week: str
    size: int
    offered: int = 0
    _lowest: list[tuple[int, str]] = field(default_factory=list)

    def offer(self, triplet: m.Triplet) -> None:
        """Take a triplet in, and perhaps another out."""
        self.offered += 1
        one = -int(ids.digest("audit", self.week, triplet.triplet_id), 16), labels.pair_of(triplet)
        if len(self._lowest) < self.size:
            heapq.heappush(self._lowest, one)
        else:
            heapq.heappushpop(self._lowest, one)

    @property
    def pairs(self) -> tuple[str, ...]:
        """The sample, lowest hash first."""
        return tuple(pair for _, pair in sorted(self._lowest, reverse=True))


def week_of(at: float) -> str:
    """The ISO week, in UTC, of a time in Unix seconds."""
    year, week, _ = datetime.fromtimestamp(at, UTC).isocalendar()
    return f"{year:04}-W{week:02}"


def is_week(text: str) -> bool:
    """Whether that is the name of an ISO week."""
    return _monday(text) is not None


def ends(week: str) -> float:
    """When a week ends, in Unix seconds; raises `UserError` for what is no ISO week."""
    if (monday := _monday(week)) is None:
        raise UserError(f"{week!r} is no week", "give an ISO week such as 2026-W48")
    return monday + WEEK_S


def key(week: str) -> str:
    """Where a week's audit is kept."""
    return f"{FOLDER}{week}.json"


def weeks(blobs: Blobs) -> list[str]:
    """The weeks that have an audit, in order."""
    names = (name[len(FOLDER) :].removesuffix(".json") for name in blobs.list(FOLDER))
    return [name for name in names if is_week(name)]


def read(blobs: Blobs, week: str) -> Audit:
    """The audit of a week that has one; raises `Missing`, or `UserError` for one that cannot be read."""
    where = key(week)
    hint = "restore it from a copy, or delete it to draw it anew"
    found = formats.parsed(Audit, where, blobs.get(where), FORMAT, "is no audit", hint)
    if found.week != week:
        raise UserError(f"{where} is the audit of {found.week}", "move it there")
    return found


def keep(blobs: Blobs, audit: Audit) -> Audit:
    """Keep an audit unless the week has one; gives the one that stands."""
    created = blobs.put(key(audit.week), audit.model_dump_json(indent=1).encode())
    return audit if created else read(blobs, audit.week)


def draw(blobs: Blobs, week: str, size: int, everything: bool = False, progress: Progress | None = None) -> Drawn:
    """The week's audit as it stands, else a new one of `size` pairs, or of all where there are fewer.

    It is drawn from what was accepted in that week, or, with `everything` and where no record tells when anything was,
    from all that is in no audit yet; what was retracted is in none. Raises `UserError` where there is nothing to draw.
    Memory: `size` pairs, and some dozens of bytes a verdict.
    """
    ends(week)
    if blobs.has(key(week)):
        return Drawn(read(blobs, week), new=False)
    audited = frozenset(pair for other in weeks(blobs) for pair in read(blobs, other).pairs)
    accepted = {} if everything else times(records.events(blobs))
    of_week, rest, counts = Sample(week, size), Sample(week, size), Counter[str]()
    for triplet in _telling(shelf.triplets(blobs), progress):
        when = accepted.get(_said_of(triplet), "")
        counts[when] += 1
        if when == week:
            of_week.offer(triplet)
        if labels.pair_of(triplet) not in audited:
            rest.offer(triplet)
    found = of_week if set(counts) - {""} else rest
    if not found.offered:
        raise _nothing(week, counts)
    of: Literal["week", "unaudited"] = "week" if found is of_week else "unaudited"
    made = Audit(week=week, of=of, drawn_from=found.offered, pairs=found.pairs)
    kept = keep(blobs, made)
    return Drawn(kept, kept == made, counts[""] if found is of_week else 0)


def times(events: Iterable[Event]) -> dict[int, str]:
    """The week of every judge's verdict whose meter tells when it was given, by a fingerprint of what it says."""
    found: dict[int, str] = {}
    for event in events:
        if isinstance(event, m.JudgeVerdict) and 0 < event.meter.at < LATEST_S:
            said = _fingerprint(event.job.triplet_id, event.job.attempt, event.adherence, event.aesthetics)
            found.setdefault(said, _week_of_day(int(event.meter.at // DAY_S)))
    return found


def _monday(week: str) -> float | None:
    """When it begins, if it is one."""
    if match := _WEEK.fullmatch(week):
        with suppress(ValueError):
            return datetime.fromisocalendar(int(match[1]), int(match[2]), 1).replace(tzinfo=UTC).timestamp()
    return None


@lru_cache(maxsize=64)
def _week_of_day(day: int) -> str:
    return week_of(day * DAY_S)


def _said_of(triplet: m.Triplet) -> int:
    scores = triplet.scores
    return _fingerprint(triplet.triplet_id, labels.attempt_of(triplet), scores.adherence, scores.aesthetics)


def _fingerprint(triplet_id: str, attempt: int, adherence: float, aesthetics: float) -> int:
    """What tells the verdict by which a triplet was accepted from others on the same pair."""
    said = f"{triplet_id} {attempt} {adherence!r} {aesthetics!r}".encode()
    return int.from_bytes(blake2b(said, digest_size=8).digest(), "big")


def _telling(triplets: Iterable[m.Triplet], progress: Progress | None) -> Iterator[m.Triplet]:
    for number, triplet in enumerate(triplets, 1):
        if progress and number % EVERY == 0:
            progress(number, 0)
        yield triplet


def _nothing(week: str, counts: Mapping[str, int]) -> UserError:
    total, known = sum(counts.values()), sorted(name for name in counts if name)
    if not total:
        return UserError("the shelf is empty, there is nothing to draw from", "mine some triplets first: `nhr mine`")
    if not known:
        return UserError(f"all {total} triplets of the shelf are in an audit already", "mine more, or label those")
    told = ", ".join(f"{name} ({counts[name]})" for name in known[-5:])
    return UserError(f"nothing of the shelf was accepted in {week}", f"weeks with triplets: {told}; or give --all")
