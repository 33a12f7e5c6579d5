"""Gathers what a calibration rests on: labels of a place or a file, and what the records say of the same judges."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import numpy as np

from infra.place import Place
from schemas import messages as m
from schemas.errors import UserError
from schemas.messages import Scores
from streams import labels, opinion_tables, opinions, records, retractions
from streams.calibrating import knees
from streams.calibrating.findings import Records
from streams.calibrating.samples import BINS, Array, Sample, cell_of, samples
from streams.consensus import Panel, agreed
from streams.opinions import Opinion
from streams.retractions import Retractions, Target

AT_ONCE = 1000
Progress = Callable[[int, int], None]
Item = TypeVar("Item")


@dataclass(frozen=True)
class Gathered:
    """The raters, the sample of each judge, how many labels and raters it has, and what the records hold of it.

    `retracted` labels are of pairs that were taken back; they are left out.
    """

    panel: Panel
    samples: Mapping[str, Sample]
    labels: Mapping[str, int]
    raters: Mapping[str, int]
    records: Mapping[str, Records]
    retracted: int


def gather(place: Place | None, file: Path | None, judge: str, recorded: bool, progress: Progress) -> Gathered:
    """What is known of the judges whose recipe or name is `judge` ("": of all).

    `recorded`: read the records too, for what the judges said of everything, labelled or not; labels then count for
    any judge that judged the same pair. Raises `UserError` where there is nothing to calibrate by.
    """
    given = _read(place, file, progress)
    taken_back = retractions.load(place.blobs) if place else Retractions()
    kept = [one for one in given if taken_back.among(_names(one)) is None]
    seen = _Seen({one.pair for one in kept}, taken_back)
    if place and (recorded or any(one.target == "source" for one in taken_back)):
        seen.walk(place, progress)
    kept = [one for one in kept if one.pair not in seen.retracted]
    if not kept:
        raise UserError(*_nothing(place, file, bool(given)))
    found = samples(kept, panel := agreed(kept), seen.scores if recorded else None)
    wanted = {name: one for name, one in found.items() if judge in {"", name, name.partition("@")[0]}}
    if not wanted:
        raise UserError(f"nobody labelled what {judge!r} judged", f"judges there: {', '.join(found)}")
    by_pair: dict[str, set[str]] = {}
    for one in kept:
        by_pair.setdefault(one.pair, set()).add(one.rater)
    told = {name: [by_pair[pair] for pair in one.pairs] for name, one in wanted.items()}
    return Gathered(
        panel, wanted, {name: sum(len(one) for one in sets) for name, sets in told.items()},
        {name: len(set().union(*sets)) for name, sets in told.items()},
        seen.counted() if recorded else {}, len(given) - len(kept),
    )  # fmt: skip


def _read(place: Place | None, file: Path | None, progress: Progress) -> list[Opinion]:
    if file is not None:
        return opinions.latest(_counted(opinion_tables.from_file(file), progress))
    if place is None:
        raise ValueError("labels are read from a place or from a file")
    return opinions.latest(opinions.from_labels(_counted(labels.latest(place.blobs), progress)))


def _counted(items: Iterable[Item], progress: Progress) -> Iterator[Item]:
    for number, item in enumerate(items, 1):
        if not number % AT_ONCE:
            progress(number, 0)
        yield item


def _nothing(place: Place | None, file: Path | None, retracted: bool) -> tuple[str, str]:
    where = str(file or (place.name if place else ""))
    if retracted:
        return f"every label in {where} is of a pair that was taken back", "label others (`nhr gallery`, label mode)"
    return f"there are no labels of judged pairs in {where}", "give some in the gallery (`nhr gallery`, label mode)"


def _names(one: Opinion) -> Sequence[tuple[Target, str]]:
    return ("triplet", one.triplet_id), ("sha256", one.before), ("sha256", one.after)


@dataclass
class _Seen:
    """What the records tell of the judges: counts of all they judged, and their scores of the labelled pairs."""

    labelled: set[str]
    taken_back: Retractions
    scores: dict[str, dict[str, Scores]] = field(default_factory=dict)
    retracted: set[str] = field(default_factory=set)
    _cells: dict[str, Array] = field(default_factory=dict)
    _counts: dict[str, Array] = field(default_factory=dict)

    def walk(self, place: Place, progress: Progress) -> None:
        """Read every verdict of a judge, in fixed memory but for those of labelled pairs."""
        for event in _counted(records.events(place.blobs), progress):
            if isinstance(event, m.JudgeVerdict) and event.by:
                self._add(event)

    def counted(self) -> dict[str, Records]:
        """What each judge judged."""
        return {name: Records(cells, self._counts[name]) for name, cells in self._cells.items()}

    def _add(self, verdict: m.JudgeVerdict) -> None:
        job = verdict.job
        pair = labels.pair(job.triplet_id, job.attempt)
        if self.taken_back.among(_names_of(job)) is not None:
            self.retracted |= self.labelled & {pair}
            return
        scores = Scores(adherence=verdict.adherence, aesthetics=verdict.aesthetics)
        if pair in self.labelled:
            self.scores.setdefault(verdict.by, {})[pair] = scores
        self._cells.setdefault(verdict.by, np.zeros(BINS * BINS))[cell_of(scores)] += 1
        self._counts.setdefault(verdict.by, np.zeros(knees.GRID))[knees.place(scores)] += 1


def _names_of(job: m.JudgeJob) -> Sequence[tuple[Target, str]]:
    pictures = (job.subject.image, job.before, job.after)
    return (
        ("triplet", job.triplet_id), ("source", job.subject.source_id),
        *(("sha256", ref.sha256) for ref in pictures),
    )  # fmt: skip
