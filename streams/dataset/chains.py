"""Multi-turn chains: edits of one source in a row, each on the picture of the turn before.

A triplet is a step between two pictures. A chain starts at the source picture, comes to no picture twice, and is as
long as it can be, up to five turns.
"""

from collections.abc import Container, Iterator, Mapping, Sequence
from itertools import islice

from schemas import ids
from schemas.messages import ImageRef, Triplet
from streams.dataset.rows import Row

FEWEST, MOST = 2, 5
"""Turns of a chain."""

Chain = tuple[Triplet, ...]
Steps = Mapping[str, Sequence[Triplet]]
"""The triplets that start at each picture, by its SHA-256."""


def chains(triplets: Sequence[Triplet], most: int) -> list[Chain]:
    """Up to `most` chains of one source, the same for the same triplets in any order.

    The best steps (geometric mean, then id) are gone first; chains with different first steps take turns, so that few
    chains do not all begin alike.
    """
    if not triplets:
        return []
    steps: dict[str, list[Triplet]] = {}
    for one in sorted(triplets, key=lambda one: (-one.scores.geometric_mean, one.triplet_id)):
        steps.setdefault(one.before.sha256, []).append(one)
    start = triplets[0].subject.image.sha256
    beginnings = [_onward(steps, (first,), {start, first.after.sha256}) for first in steps.get(start, [])]
    return list(islice(_in_turns(beginnings), most))


def pictures(chain: Chain) -> list[ImageRef]:
    """The source picture, then the picture after each turn."""
    return [chain[0].before, *(turn.after for turn in chain)]


def chain_row(chain: Chain, calibrated: Container[str] = frozenset()) -> Row:
    """The chain's row but for its pictures; `calibrated` holds the recipes of the judges that were calibrated."""
    subject, scores = chain[0].subject, [turn.scores for turn in chain]
    names, judges = [turn.triplet_id for turn in chain], sorted({turn.judge for turn in chain})
    return {
        "chain_id": ids.digest("chain", *names),
        "source_id": subject.source_id,
        "turns": len(chain),
        "instructions": [turn.instruction for turn in chain],
        "operations": [turn.operation for turn in chain],
        "kinds": [turn.kind for turn in chain],
        "triplet_ids": names,
        "width": subject.image.width,
        "height": subject.image.height,
        "style": subject.style,
        "adherence": min(one.adherence for one in scores),
        "aesthetics": min(one.aesthetics for one in scores),
        "geometric_mean": min(one.geometric_mean for one in scores),
        "judges": judges,
        "judge_calibrated": all(judge in calibrated for judge in judges),
        "editors": sorted({edit.editor for turn in chain for edit in turn.edits}),
        "generator": subject.made_by,
        "origin": subject.origin,
        "licence": subject.licence,
        "author": subject.author,
        "caption": subject.text,
        "campaign": subject.campaign,
    }


def _onward(steps: Steps, path: Chain, seen: set[str]) -> Iterator[Chain]:
    """The longest chains that begin with `path`; only what is asked for is walked."""
    onward = [step for step in steps.get(path[-1].after.sha256, ()) if step.after.sha256 not in seen]
    if len(path) == MOST or not onward:
        if len(path) >= FEWEST:
            yield path
        return
    for step in onward:
        yield from _onward(steps, (*path, step), seen | {step.after.sha256})


def _in_turns(beginnings: Sequence[Iterator[Chain]]) -> Iterator[Chain]:
    left = list(beginnings)
    while left:
        going = []
        for one in left:
            if (found := next(one, None)) is not None:
                going.append(one)
                yield found
        left = going
