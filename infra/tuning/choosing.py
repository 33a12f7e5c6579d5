"""Which labelled pairs are trained on and which are kept for validation, and how many of each score."""

from bisect import bisect
from collections import Counter
from collections.abc import Sequence

from infra.tuning.pairs import Labelled
from schemas.ids import digest

TRAIN, VALIDATION = "train", "validation"
SPLITS = (TRAIN, VALIDATION)
EDGES = (2.0, 3.0, 4.0, 4.5)
"""Where people's scores are cut into bins, of both scales: half as wide where the bars lie."""
_SPACE = 1 << 64


def split_of(group: str, share: float) -> str:
    """Where a source belongs, of whose kind a `share` is kept for validation: settled by its name alone."""
    return TRAIN if int(digest("split", group)[:16], 16) < (1 - share) * _SPACE else VALIDATION


def split(pairs: Sequence[Labelled], share: float) -> dict[str, list[Labelled]]:
    """The pairs of each split, in an order that says nothing."""
    found: dict[str, list[Labelled]] = {name: [] for name in SPLITS}
    for one in sorted(pairs, key=lambda one: digest("tune", one.pair)):
        found[split_of(one.group, share)].append(one)
    return found


def balanced(pairs: Sequence[Labelled], most: int) -> list[Labelled]:
    """At most so many pairs of each bin of both scores, those that come first."""
    counts: Counter[tuple[int, int]] = Counter()
    kept = []
    for one in pairs:
        place = bisect(EDGES, one.agreed.adherence), bisect(EDGES, one.agreed.aesthetics)
        counts[place] += 1
        if counts[place] <= most:
            kept.append(one)
    return kept
