"""A data folder decided anew under another policy: every source of it, one after the other, no model called."""

import heapq
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import chain, groupby

from infra.bysource import Progress, by_source, shelf_by_source
from schemas import messages as m
from schemas.errors import UserError
from schemas.ports import Blobs
from streams import policies, records, retractions, shelf
from streams.records import Campaign, Event
from streams.redeciding.changes import asked_under, changes
from streams.redeciding.differences import Differences
from streams.redeciding.fold import Redecided, pictures_of, redecide
from streams.rules.policy import Policy

Keep = Callable[[Redecided], None]
"""Told each source as it is decided now."""


REMEMBERED = 1 << 16


class Pictures:
    """Where a place keeps a picture, whoever put it there; what was found there stays."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs
        self._found: dict[tuple[str, str], str] = {}

    def find(self, ref: m.ImageRef) -> str | None:
        """The key of a stored copy; None where none is left."""
        name = (ref.sha256, ref.key)
        if name not in self._found:
            places = (shelf.image_key(ref), records.record_image_key(ref), ref.key)
            key = next((key for key in places if self._blobs.has(key)), None)
            if key is None:
                return None
            if len(self._found) >= REMEMBERED:
                self._found.clear()
            self._found[name] = key
        return self._found[name]

    def all_kept(self, refs: Iterable[m.ImageRef]) -> bool:
        """Whether a copy of each is left."""
        return all(self.find(ref) for ref in refs)


def decide_anew(
    blobs: Blobs,
    policy: Policy,
    campaign: str = "",
    examples: int = 3,
    keep: Keep | None = None,
    progress: Progress | None = None,
    more: Iterable[Event] = (),
) -> Differences:
    """Decide every source recorded in `blobs` (of `campaign`, or of all) under `policy`; what changes thereby.

    Retracted triplets are left out of every count; `keep` is told of each source with them. `more` events were told,
    but not recorded yet.
    """
    known, taken_back, pictures = policies.kept(blobs), retractions.load(blobs), Pictures(blobs)
    result = Differences(most=examples)
    for source_id, events, shelved in _sources(blobs, campaign, progress, more):
        now = redecide(source_id, events, policy, known, lambda ref: pictures.find(ref) is not None)
        if keep:
            keep(now)
        standing = {name: triplet for name, triplet in now.triplets.items() if not taken_back.of(triplet)}
        asked = known.get(asked_under(events))
        for change in changes(shelved, replace(now, triplets=standing), policy, asked):
            result.add(change)
            if change.after and not pictures.all_kept(named_by(change.after)):
                result.bare += 1
        gone = [job for job in now.undecided if not pictures.all_kept(pictures_of(job))]
        result.add_calls([job for job in now.undecided if job not in gone], gone)
        result.parked += len(now.parked)
        result.sources += 1
    return result


def named_by(triplet: m.Triplet) -> tuple[m.ImageRef, ...]:
    """The pictures that a triplet's record names."""
    return triplet.subject.image, triplet.before, triplet.after


def campaign_notes(blobs: Blobs, campaign: str = "") -> list[Campaign]:
    """What is noted of the campaign, or of all; raises `UserError` where nothing is."""
    noted = records.campaigns(blobs)
    if campaign and campaign not in noted:
        raise UserError(f"no campaign {campaign!r} here", f"campaigns: {', '.join(sorted(noted)) or 'none'}")
    if not noted:
        raise UserError("no campaign is noted here", "mine first (`nhr mine --help`) or give its --out")
    return [noted[name] for name in sorted(noted) if campaign in {"", name}]


def noted_policy(blobs: Blobs, notes: Iterable[Campaign]) -> Policy:
    """The policy that the campaigns were begun with; raises `UserError` when that is not one."""
    names = sorted({note.policy_id for note in notes})
    if len(names) != 1:
        raise UserError("campaigns of several policies are here", "give --campaign or --policy")
    return policies.Policies(blobs).get(names[0])


Source = tuple[str, list[Event], list[m.Triplet]]
"""A source's id, what was recorded of it, what is on the shelf."""


def _sources(blobs: Blobs, campaign: str, progress: Progress | None, more: Iterable[Event]) -> Iterator[Source]:
    """Every source that was recorded or is on the shelf, sorted by id."""
    recorded: Iterator[Source] = ((name, events, []) for name, events in by_source(blobs, campaign, progress, more))
    shelved: Iterator[Source] = ((name, [], triplets) for name, triplets in shelf_by_source(blobs, campaign))
    joined = heapq.merge(recorded, shelved, key=lambda source: source[0])
    for name, parts in groupby(joined, key=lambda source: source[0]):
        _, events, triplets = zip(*parts, strict=True)
        yield name, list(chain.from_iterable(events)), list(chain.from_iterable(triplets))
