"""Gives a rater the next pair of a sample and keeps what is said of it."""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

from infra.gallery.gallery import Gallery
from infra.gallery.index import judged
from infra.gallery.index.judged import Judged
from infra.gallery.labelling import sample
from infra.gallery.labelling.book import Book
from infra.gallery.labelling.choice import Choice
from infra.gallery.labelling.sample import Drawn
from infra.gallery.pages.pictures import known
from schemas.errors import Missing
from schemas.ids import digest
from schemas.messages import ImageRef
from streams import audits, labels, records, shelf
from streams.labels import Label

LEAST_S = 15.0
"""Seconds for which a drawn sample is good; what was taken back meanwhile is found out pair by pair."""
SHARE = 100
"""Drawing takes this part of the time at most: seconds, where there are hundreds of thousands of verdicts."""
MOST_SAMPLES = 32


@dataclass(frozen=True, slots=True)
class Progress:
    """Of one rater in a sample of `size`: pairs `done`, those of them that `shared` others did too, those `left`."""

    size: int
    done: int
    shared: int

    @property
    def left(self) -> int:
        """Pairs still to be labelled."""
        return self.size - self.done


@dataclass(frozen=True, slots=True)
class Laid:
    """A pair laid before a rater; `previous` is the job of the one before it ("": none)."""

    judged: Judged
    before: ImageRef
    after: ImageRef
    previous: str


class Desk:
    """Where raters sit."""

    def __init__(self, gallery: Gallery) -> None:
        self._gallery, self.book = gallery, Book(gallery.blobs)
        self._samples: dict[Choice, tuple[float, list[Drawn]]] = {}
        self._gone: set[str] = set()
        self._using = threading.Lock()

    def progress(self, choice: Choice, rater: str) -> Progress:
        """How far the rater is."""
        raters = self.book.raters()
        offered = self._offered(choice, rater)
        mine = [raters[one.pair] for one in offered if rater in raters.get(one.pair, ())]
        return Progress(len(offered), len(mine), sum(len(one) > 1 for one in mine))

    def upcoming(self, choice: Choice, rater: str, after: str = "") -> Laid | None:
        """The first pair behind the job `after` that the rater has not labelled; None when there is none."""
        raters, order = self.book.raters(), self._offered(choice, rater)
        start = _place(order, after) + 1
        for number in range(start, len(order)):
            if rater not in raters.get(order[number].pair, ()) and (laid := self._laid(order, number)):
                return laid
        return None

    def laid(self, choice: Choice, rater: str, job: str) -> Laid | None:
        """The pair of that job; None for one that is unknown, was taken back, or has lost its pictures."""
        order = self._offered(choice, rater)
        number = _place(order, job)
        return self._laid(order, number) if number >= 0 else self._laid([Drawn(job, "")], 0)

    def said(self, job: str, rater: str) -> tuple[Judged, Label] | None:
        """A pair with what the rater said of it, once they did."""
        with self._gallery.asked() as index:
            found = judged.find(index, job)
        label = labels.of_rater(self._gallery.blobs, found.triplet, found.attempt, rater) if found else None
        return (found, label) if found and label else None

    def _offered(self, choice: Choice, rater: str) -> list[Drawn]:
        """The sample without pairs that were found to have lost their pictures; of an audit in the rater's own order.

        So whoever stops half-way has labelled a random half, and not the one that everybody has.
        """
        found = [one for one in self._drawn(choice) if one.job not in self._gone]
        return sorted(found, key=lambda one: digest(rater, choice.week, one.pair)) if choice.week else found

    def _drawn(self, choice: Choice) -> list[Drawn]:
        with self._using:  # one draws, the others wait for it
            started = time.monotonic()
            good_until, drawn = self._samples.get(choice, (float("-inf"), []))
            if started >= good_until or not drawn:
                drawn = self._draw(choice)
                now = time.monotonic()
                if len(self._samples) >= MOST_SAMPLES:
                    self._samples.clear()
                self._samples[choice] = now + max(LEAST_S, SHARE * (now - started)), drawn
        return drawn

    def _draw(self, choice: Choice) -> list[Drawn]:
        try:
            pairs = audits.read(self._gallery.blobs, choice.week).pairs if choice.week else ()
        except Missing:
            return []
        with self._gallery.asked() as index:
            return sample.named(index, pairs) if choice.week else sample.draw(index, choice, self.book.raters())

    def _laid(self, order: Sequence[Drawn], number: int) -> Laid | None:
        with self._gallery.asked() as index:
            found = judged.find(index, order[number].job)
            before, after = (known(index, name) if found else None for name in _pictures(found))
        if found is None or before is None or after is None:
            return None
        if not (self._there(before) and self._there(after)):
            self._gone.add(found.job)
            return None
        return Laid(found, before, after, order[number - 1].job if number else "")

    def _there(self, ref: ImageRef) -> bool:
        keys = (shelf.image_key(ref), records.record_image_key(ref), ref.key)
        return any(self._gallery.blobs.has(key) for key in keys)


def _place(order: Sequence[Drawn], job: str) -> int:
    return next((number for number, one in enumerate(order) if one.job == job), -1)


def _pictures(found: Judged | None) -> tuple[str, str]:
    return (found.before, found.after) if found else ("", "")
