"""Near-duplicates among texts: MinHash signatures over shingles, compared with those of the latest texts.

Broder, "On the resemblance and containment of documents" (1997): the share of equal places of two signatures estimates
the Jaccard similarity of the texts' shingles; with 128 places its standard deviation is at most 0.044.
"""

from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from workers.language.texts import HAN, plain

PLACES = 128
WINDOW = 1 << 16
"""Texts remembered, more than the paper's 63,292 prompts: 16 MiB; the oldest are forgotten first."""
ALIKE = 0.6
"""Estimated similarity from which a text is another one in other words."""
RUN = 3
"""Words in a row that make a shingle; Chinese characters count as words."""

_rng = np.random.default_rng(20250719)
_FACTORS = _rng.integers(1, 1 << 63, (PLACES, 1), dtype=np.uint64) * np.uint64(2) + np.uint64(1)
_TERMS = _rng.integers(0, 1 << 63, (PLACES, 1), dtype=np.uint64)

Signature = NDArray[np.uint16]


def signature(text: str) -> Signature:
    """The MinHash signature of a text's shingles (multiply-shift hashes, their upper 16 bits of the least)."""
    tokens = HAN.sub(lambda found: f" {found[0]} ", plain(text)).split()
    runs = {" ".join(tokens[at : at + RUN]) for at in range(max(1, len(tokens) - RUN + 1))}
    hashed = np.frombuffer(b"".join(blake2b(run.encode(), digest_size=8).digest() for run in sorted(runs)), np.uint64)
    least = (hashed * _FACTORS + _TERMS).min(axis=1)
    found: Signature = (least * np.uint64(0x9E3779B97F4A7C15) >> np.uint64(48)).astype(np.uint16)
    return found


class Seen:
    """The latest texts, by their signatures; for one thread."""

    def __init__(self, window: int = WINDOW, alike: float = ALIKE) -> None:
        self._kept = np.zeros((64, PLACES), np.uint16)
        self._window, self._alike, self._count = window, alike, 0

    def __len__(self) -> int:
        return min(self._count, self._window)

    def likeness(self, text: str) -> float:
        """Estimated similarity to the most similar of the texts seen: 0 to 1, 1 for one that came before."""
        if not self._count:
            return 0.0
        return float((self._kept[: len(self)] == signature(text)).mean(axis=1).max())

    def is_near(self, text: str) -> bool:
        """Whether the text, or nearly that text, was seen."""
        return self.likeness(text) >= self._alike

    def add(self, text: str) -> None:
        """Remember a text in place of the oldest one, once there is no more room."""
        if self._count >= len(self._kept) and len(self._kept) < self._window:
            grown = np.zeros((min(2 * len(self._kept), self._window), PLACES), np.uint16)
            grown[: len(self._kept)] = self._kept
            self._kept = grown
        self._kept[self._count % min(self._window, len(self._kept))] = signature(text)
        self._count += 1
