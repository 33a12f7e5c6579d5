"""Statistics of what was mined: which campaign is meant, and one walk over its records and shelf."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import merge
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from infra.bysource import Progress, by_source, shelf_by_source
from infra.place import Place
from schemas.errors import UserError
from schemas.messages import Triplet
from streams import policies, records
from streams.records import Event
from streams.rules import policy
from streams.statistics.counting import Counts


@dataclass(frozen=True, slots=True)
class Side:
    """A place and a campaign in it; "" means all of them together."""

    place: Place
    campaign: str = ""

    def __str__(self) -> str:
        return f"{self.place.name}:{self.campaign}" if self.campaign else self.place.name


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted of a side, and the policies that decided, by name; `stopping` ones send attempts in waves."""

    side: Side
    counts: Counts
    policies: Sequence[str]
    stopping: Sequence[str]


def sides(ours: Side, against: str, opened: Callable[[Path], Place]) -> tuple[Side, Side]:
    """What is compared: `against` is another campaign of our place, a folder, or FOLDER:CAMPAIGN."""
    here = _campaigns(ours.place)
    folder, colon, name = against.rpartition(":")
    if colon and Path(folder).expanduser().is_dir():
        theirs = Side(opened(Path(folder).expanduser()), name)
    elif against in here:
        theirs = Side(ours.place, against)
    elif Path(against).expanduser().is_dir():
        theirs = Side(opened(Path(against).expanduser()))
    else:
        raise UserError(f"--against {against!r} is no folder and no campaign of {ours.place.name}", _there_are(here))
    if theirs.place.same(ours.place):
        ours = _apart(ours, theirs, here)
    return ours, theirs


def count(side: Side, progress: Progress | None = None) -> Counted:
    """Count a campaign; raises `UserError` when there is no such campaign, or nothing of it yet."""
    blobs, here = side.place.blobs, _campaigns(side.place)
    if side.campaign and here and side.campaign not in here:
        raise UserError(f"there is no campaign {side.campaign!r} in {side.place.name}", _there_are(here))
    known = policies.kept(blobs)
    counts = Counts(policy.read("paper"), known, side.campaign)
    for events, triplets in _joined(by_source(blobs, side.campaign, progress), shelf_by_source(blobs, side.campaign)):
        counts.add(events, triplets)
    if not counts.campaigns:
        raise UserError(f"nothing is recorded in {side} yet", _there_are(here))
    used = {known[one].name if one in known else one[:8]: known.get(one) for one in counts.policies}
    stopping = [name for name, one in used.items() if one is not None and len(one.waves) > 1]
    return Counted(side, counts, sorted(used), sorted(stopping))


def _joined(
    recorded: Iterable[tuple[str, list[Event]]], shelved: Iterable[tuple[str, list[Triplet]]]
) -> Iterator[tuple[list[Event], list[Triplet]]]:
    """The events and triplets of each source; both come sorted by source."""
    told: Iterator[tuple[str, list[Event], list[Triplet]]] = ((source, events, []) for source, events in recorded)
    kept: Iterator[tuple[str, list[Event], list[Triplet]]] = ((source, [], triplets) for source, triplets in shelved)
    for _, parts in groupby(merge(told, kept, key=itemgetter(0)), key=itemgetter(0)):
        both = list(parts)
        yield [event for _, events, _ in both for event in events], [one for _, _, kept in both for one in kept]


def _apart(ours: Side, theirs: Side, here: Sequence[str]) -> Side:
    """Our side where both are in one place: another campaign than theirs."""
    others = [name for name in here if name != theirs.campaign]
    if ours.campaign and theirs.campaign and ours.campaign != theirs.campaign:
        return ours
    if not ours.campaign and theirs.campaign and len(others) == 1:
        return Side(ours.place, others[0])
    raise UserError(f"{theirs} and {ours} are not two campaigns", f"name both; {_there_are(here)}")


def _campaigns(place: Place) -> list[str]:
    return sorted(records.campaigns(place.blobs))


def _there_are(campaigns: Sequence[str]) -> str:
    return f"campaigns there: {', '.join(campaigns)}" if campaigns else "mine first (`nhr mine --help`)"
