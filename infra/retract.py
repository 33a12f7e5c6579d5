"""Taking back: what a retraction covers on the shelf, and what rests on the same edits and stays."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from schemas.messages import Triplet
from schemas.ports import Blobs
from streams import retractions, shelf
from streams.retractions import Retraction, Target

Progress = Callable[[int, int], None]
"""Told (records read, records in all)."""


@dataclass
class Taking:
    """What is to be kept as retractions, and the triplets it takes back by kind; `before`: taken back already.

    `related` counts triplets that rest on the same edits as a single one that was named, and that stay.
    """

    kept: list[Retraction]
    taken: Counter[str] = field(default_factory=Counter)
    before: int = 0
    related: Counter[str] = field(default_factory=Counter)


def survey(
    blobs: Blobs, wanted: Retraction, base: Triplet | None, with_derived: bool, progress: Progress | None = None
) -> Taking:
    """What retracting `wanted` does; `base` is the triplet where it names one, `with_derived` takes its kin as well.

    Derived triplets are taken one by one, by their ids.
    """
    taking = Taking([wanted])
    known, name = retractions.load(blobs), (wanted.target, wanted.value)
    edits = {edit.request_id for edit in base.edits} if base else set()
    total = sum(1 for _ in blobs.list(shelf.TRIPLETS)) if progress else 0
    for number, triplet in enumerate(shelf.all_triplets(blobs), 1):
        if progress:
            progress(number, total)
        covered = name in retractions.names_of(triplet)
        if not covered and not any(edit.request_id in edits for edit in triplet.edits):
            continue
        if known.of(triplet):
            taking.before += covered
        elif covered:
            taking.taken[triplet.kind] += 1
        elif with_derived:
            taking.kept.append(wanted.model_copy(update={"target": "triplet", "value": triplet.triplet_id}))
            taking.taken[triplet.kind] += 1
        else:
            taking.related[triplet.kind] += 1
    return taking


def covered(
    blobs: Blobs, known: Sequence[Retraction], progress: Progress | None = None
) -> dict[tuple[Target, str], int]:
    """How many triplets on the shelf each retraction names."""
    counts: dict[tuple[Target, str], int] = {(one.target, one.value): 0 for one in known}
    total = sum(1 for _ in blobs.list(shelf.TRIPLETS)) if progress else 0
    for number, triplet in enumerate(shelf.all_triplets(blobs), 1):
        for name in {*retractions.names_of(triplet)} & counts.keys():
            counts[name] += 1
        if progress:
            progress(number, total)
    return counts
