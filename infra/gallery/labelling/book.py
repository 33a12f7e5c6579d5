"""Who has labelled what, by the names of the labels alone; looked up again every few seconds."""

import threading
import time
from collections.abc import Callable, Mapping

from schemas.ports import Blobs
from streams import labels
from streams.labels import Label

LEAST_S = 5.0
SHARE = 20
"""Looking up takes this part of the time at most."""


class Book:
    """The raters of each labelled pair (`<triplet>-<attempt>`); what this process keeps is known at once."""

    def __init__(self, blobs: Blobs, clock: Callable[[], float] = time.monotonic) -> None:
        self._blobs, self._clock = blobs, clock
        self._raters: dict[str, frozenset[str]] = {}
        self._good_until = float("-inf")
        self._using = threading.Lock()

    def raters(self) -> Mapping[str, frozenset[str]]:
        """Who has labelled each pair."""
        with self._using:
            started = self._clock()
            if started >= self._good_until:
                self._raters = self._looked_up()
                now = self._clock()
                self._good_until = now + max(LEAST_S, SHARE * (now - started))
            return dict(self._raters)

    def keep(self, label: Label) -> None:
        """Keep a label, unless the rater's latest of that pair says just the same: a form sent twice is one opinion."""
        last = labels.of_rater(self._blobs, label.triplet_id, label.attempt, label.rater)
        if last is None or last.model_copy(update={"at": label.at}) != label:
            labels.keep(self._blobs, label)
        with self._using:
            pair = labels.pair(label.triplet_id, label.attempt)
            self._raters[pair] = self._raters.get(pair, frozenset()) | {label.rater}

    def _looked_up(self) -> dict[str, frozenset[str]]:
        found: dict[str, set[str]] = {}
        for key in self._blobs.list(labels.FOLDER):
            parts = key.split("/")
            if len(parts) == 5:
                found.setdefault(parts[2], set()).add(parts[3])
        return {pair: frozenset(raters) for pair, raters in found.items()}
