"""Samples whose true rates are known: sources that hang together, as many as wanted."""

from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np

from streams.statistics.clusters import Sample, group_of

COLUMNS = ("attempts", "survivors", "extras")


def sample_of(rows: Sequence[Mapping[str, float]], columns: Sequence[str] = COLUMNS) -> Sample:
    """A sample with a prompt for each row."""
    sample = Sample(columns)
    for number, row in enumerate(rows):
        sample.add(_group(number), row)
    return sample


@cache
def _group(number: int) -> int:
    return group_of(f"prompt {number}")


def clustered(random: np.random.Generator, sources: int, share: float, hold: float = 3.0) -> list[dict[str, float]]:
    """Attempts and survivors of sources, each with a difficulty of its own: Beta(`hold` share, `hold` (1 - share)).

    A source has 15 or 20 attempts; the smaller `hold`, the more its attempts hang together.
    """
    attempts = random.choice([15, 20], size=sources, p=[0.3, 0.7])
    difficulty = random.beta(hold * share, hold * (1 - share), size=sources)
    survivors = random.binomial(attempts, difficulty)
    extras = random.poisson(0.3 * survivors)
    return [
        {"attempts": int(made), "survivors": int(kept), "extras": int(more)}
        for made, kept, more in zip(attempts, survivors, extras, strict=True)
    ]
