"""How many rows of each operation an export takes: quotas, tempering, a sample, and no operation above a share."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import islice

from schemas.errors import UserError

Counts = Mapping[str, int]
"""Rows by operation."""


@dataclass(frozen=True, slots=True)
class Shares:
    """What is asked of the operations' numbers.

    `quotas`: most rows of an operation. `alpha`: rows in proportion to (rows there are)^alpha, from 1 (as they are) to
    0 (all operations alike). `limit`: rows in all. `most_share`: the largest share of any operation, 0 to 1.
    """

    quotas: Counts = field(default_factory=dict)
    alpha: float = 1.0
    limit: int | None = None
    most_share: Fraction = Fraction(1)


@dataclass(frozen=True, slots=True)
class Allotted:
    """Rows to take of each operation, and how many each rule left out."""

    rows: Counts
    left_out: Counts


def allot(there: Counts, shares: Shares) -> Allotted:
    """How many rows to take of each operation; raises `UserError` for a share that these operations cannot keep."""
    steps = (
        ("quota", lambda now: {name: min(count, shares.quotas.get(name, count)) for name, count in now.items()}),
        ("balance", lambda now: tempered(now, shares.alpha)),
        ("limit", lambda now: sampled(now, shares.limit)),
        ("share", lambda now: capped(now, shares.most_share)),
    )
    now, left_out = dict(there), {}
    for why, step in steps:
        after = step(now)
        if (fewer := sum(now.values()) - sum(after.values())) > 0:
            left_out[why] = fewer
        now = after
    return Allotted(now, left_out)


def tempered(there: Counts, alpha: float) -> dict[str, int]:
    """Counts in proportion to count^alpha, as many as there are rows for: the rarest operation is taken whole."""
    rarest = min((count for count in there.values() if count), default=0)
    if alpha >= 1 or not rarest:
        return dict(there)
    return {
        name: min(count, max(1, round(rarest ** (1 - alpha) * count**alpha))) if count else 0
        for name, count in there.items()
    }


def sampled(there: Counts, limit: int | None) -> dict[str, int]:
    """Counts of a sample of `limit` rows in which every operation has its share, to within a row."""
    total = sum(there.values())
    if limit is None or limit >= total:
        return dict(there)
    taken = {name: count * limit // total for name, count in there.items()}
    rest = sorted(there, key=lambda name: (-(there[name] * limit % total), name))
    for name in islice(rest, limit - sum(taken.values())):
        taken[name] += 1
    return taken


def capped(there: Counts, most_share: Fraction) -> dict[str, int]:
    """Counts cut at the highest level at which none is above `most_share` of their sum."""
    counts = [count for count in there.values() if count]
    if not counts or max(counts) <= most_share * sum(counts):
        return dict(there)
    if most_share * len(counts) < 1:
        least = f"of {len(counts)} operations, one has at least {1 / len(counts):.3g} of the rows"
        raise UserError(f"no operation can be kept to a share of {float(most_share):g}: {least}", "give a larger share")
    low, high = 1, max(counts)  # cut at `low` the share holds, at `high` it does not; what is cut off grows in between
    while high - low > 1:
        level = (low + high) // 2
        holds = level <= most_share * sum(min(count, level) for count in counts)
        low, high = (level, high) if holds else (low, level)
    return {name: min(count, low) for name, count in there.items()}
