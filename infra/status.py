"""How a data folder stands: queues, ledgers, campaigns, what was made, and the disk; read without its lock."""

import json
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from infra import disk
from infra.blobs.folder import FolderBlobs
from infra.looking import Queues, is_mined, kept, looked_into
from infra.settings import Settings
from infra.wiring import DATABASE
from schemas import topics
from schemas.deadletters import read_letter
from schemas.errors import Missing
from schemas.ports import Lag
from streams import records, retractions, shelf
from streams.parked import parked
from streams.policies import Policies
from streams.retractions import Retractions, Target
from streams.rules import facts

LEAST_DAYS = 7.0
LEAST_FREE = 0.05
AT_ONCE = 256
UNREADABLE = "?"

Sight = tuple[str, bool]
"""A record's campaign, and whether it was retracted."""


@dataclass(frozen=True)
class CampaignStatus:
    """A campaign: what it was begun with, and its triplets, those retracted left out."""

    name: str
    prompts: str
    policy: str
    triplets: int


@dataclass(frozen=True)
class Work:
    """What is to be done: messages by group, ledgers, dead letters by group; and what was made, by messages sent."""

    lags: Mapping[str, Lag]
    open: int
    parked: int
    closed: int
    dead_letters: Mapping[str, int]
    sources: int
    edits: int
    judged: int


@dataclass(frozen=True)
class Status:
    """Everything that `nhr status` tells. `work` is None where the folder has no queues."""

    out: Path
    at: float
    mining: bool
    campaigns: Sequence[CampaignStatus]
    triplets: int
    retracted: int
    retractions: Mapping[str, int]
    usage: disk.Usage
    work: Work | None
    unreadable: int = 0

    @property
    def per_triplet(self) -> float | None:
        """Bytes of the whole folder for each triplet on the shelf."""
        made = self.triplets + self.retracted
        return self.usage.bytes / made if made else None

    def warnings(self) -> list[str]:
        """What somebody should look after."""
        found = []
        days, free = self.usage.full_in_days, self.usage.free / max(1, self.usage.total)
        if days is not None and days < LEAST_DAYS:
            found.append(f"the disk is full in {days:.1f} days at this rate; see `nhr gc --dry-run`")
        if free < LEAST_FREE:
            found.append(f"only {free:.1%} of the disk is free; see `nhr gc --dry-run`")
        if self.unreadable:
            found.append(f"{self.unreadable:,} records of the shelf cannot be read; see `nhr verify`")
        return found

    def as_dict(self) -> dict[str, object]:
        """Plain JSON values."""
        use, work = self.usage, self.work
        return {
            "out": str(self.out), "at": round(self.at, 3), "mining": self.mining,
            "campaigns": [vars(one) for one in self.campaigns],
            "triplets": self.triplets, "retracted": self.retracted, "retractions": dict(self.retractions),
            "queues": {name: lag._asdict() for name, lag in work.lags.items()} if work else None,
            "ledgers": {"open": work.open, "parked": work.parked, "closed": work.closed} if work else None,
            "dead_letters": dict(work.dead_letters) if work else None,
            "funnel": {
                "sources": work.sources, "ledgers": work.open + work.closed, "edits": work.edits,
                "judged": work.judged, "triplets": self.triplets,
            } if work else None,
            "disk": {
                "areas": [vars(area) for area in use.areas], "bytes": use.bytes, "free": use.free, "total": use.total,
                "span_s": round(use.span_s, 3), "per_day": use.per_day, "full_in_days": use.full_in_days,
                "per_triplet": self.per_triplet,
            },
            "warnings": self.warnings(),
        }  # fmt: skip


@dataclass
class Observer:
    """Looks at a folder again and again; what cannot have changed is read once."""

    out: Path
    settings: Settings
    _sights: dict[str, Sight] = field(default_factory=dict)
    _taken_back: frozenset[tuple[Target, str]] = frozenset()
    _letters: Counter[str] = field(default_factory=Counter)
    _next_letter: int = 0

    def look(self, now: float | None = None) -> Status:
        """How it stands now; raises `UserError` for what cannot be read."""
        at = time.time() if now is None else now
        blobs = FolderBlobs(self.out)
        known = retractions.load(blobs)
        counts, retracted = self._shelf(blobs, known)
        with looked_into(self.out, self.settings) as queues:
            work = self._work(queues, blobs) if queues else None
        return Status(
            out=self.out, at=at, mining=is_mined(self.out), campaigns=_campaigns(blobs, counts),
            triplets=counts.total() - counts[UNREADABLE], retracted=retracted,
            retractions=Counter(one.target for one in known),
            usage=disk.usage(self.out, DATABASE, at), work=work, unreadable=counts[UNREADABLE],
        )  # fmt: skip

    def _shelf(self, blobs: FolderBlobs, known: Retractions) -> tuple[Counter[str], int]:
        """Triplets by campaign, and how many were retracted."""
        names = frozenset((one.target, one.value) for one in known)
        if names != self._taken_back:
            self._taken_back = names
            self._sights.clear()
        counts: Counter[str] = Counter()
        retracted = 0
        for key in blobs.list(shelf.TRIPLETS):
            sight = self._sights.get(key)
            if sight is None:
                sight = self._sights[key] = _seen(blobs, key, known)
            retracted += sight[1]
            counts[sight[0]] += not sight[1]
        return counts, retracted

    def _work(self, queues: Queues, blobs: FolderBlobs) -> Work:
        for delivery in kept(queues.bus, topics.DEAD_LETTERS.name, {0: self._next_letter}):
            self._letters[read_letter(delivery).group] += 1
            self._next_letter = delivery.offset + 1
        sent = queues.bus.ends()
        return Work(
            lags={group: lag for (_, group), lag in queues.bus.lag().items()},
            open=queues.ledgers.count("open"), parked=_parked(queues, Policies(blobs)),
            closed=queues.ledgers.count("closed"), dead_letters=dict(sorted(self._letters.items())),
            sources=sent[topics.SOURCES.name], edits=sent[topics.CANDIDATES.name], judged=sent[topics.JUDGE_JOBS.name],
        )  # fmt: skip


def _seen(blobs: FolderBlobs, key: str, known: Retractions) -> Sight:
    """What a record tells, without the rest of it being checked."""
    try:
        raw = json.loads(blobs.get(key))
        subject = raw["subject"]
        names: list[tuple[Target, str]] = [("triplet", raw["triplet_id"]), ("source", subject["source_id"])]
        names += [("sha256", ref["sha256"]) for ref in (subject["image"], raw["before"], raw["after"])]
        return str(subject["campaign"]), known.among(names) is not None
    except (ValueError, LookupError, TypeError, RecursionError, Missing):
        return UNREADABLE, False


def _campaigns(blobs: FolderBlobs, counts: Mapping[str, int]) -> list[CampaignStatus]:
    noted = records.campaigns(blobs)
    names = sorted({*noted, *counts} - {UNREADABLE})
    notes = {name: noted.get(name, records.Campaign(campaign=name)) for name in names}
    return [CampaignStatus(name, note.prompts, note.policy, counts.get(name, 0)) for name, note in notes.items()]


def _parked(queues: Queues, policies: Policies) -> int:
    """Open ledgers that a failure holds up."""
    found = 0
    names = queues.ledgers.names("open")
    while chunk := list(islice(names, AT_ONCE)):
        for saved in queues.ledgers.load(chunk).values():
            found += bool(parked(facts.decode(saved.data), policies))
    return found
