"""What a call of the prompt engineer is to write for: operations by quota, styles, viewpoints, sizes, object counts.

Pure: the same seed, call number, options and acceptance give the same plan.
"""

import random
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from schemas.ids import digest
from schemas.taxonomy import Size, taxonomy
from workers.language.texts import Language

COMPOSITE = "composite"
MOST_OBJECTS = 5
GOLDEN = 0.6180339887498949
VIEWPOINTS = (
    "eye level", "low angle", "high angle", "bird's-eye view", "worm's-eye view", "close-up", "extreme close-up",
    "medium shot", "wide shot", "over the shoulder", "three-quarter view", "side view", "view from behind",
    "through a window or doorway",
)  # fmt: skip

T = TypeVar("T")


class Slot(BaseModel):
    """One scene to be written: `operations` are its edits in order; `language` is that of their instructions."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    style: str
    viewpoint: str
    width: int
    height: int
    objects: Annotated[int, Field(ge=1, le=MOST_OBJECTS)]
    language: Language
    operations: tuple[str, ...]


def wanted(text: str) -> dict[str, float]:
    """Wanted shares of all operations from "remove=0.2;add=0.2"; raises `ValueError` for what is wrong.

    Those that are not named share the rest, in proportion to the taxonomy's shares (where it gives none: evenly).
    """
    given: dict[str, float] = {}
    for part in filter(None, (part.strip() for part in text.split(";"))):
        name, separator, share = (piece.strip() for piece in part.partition("="))
        if not separator or name not in taxonomy().operations:
            raise ValueError(f"{part!r} is not OPERATION=SHARE (`nhr models --operations` lists them)")
        given[name] = float(share)
        if not 0 <= given[name] <= 1:
            raise ValueError(f"{part!r}: a share is 0 to 1")
    usual = _usual()
    rest, others = 1.0 - sum(given.values()), sum(share for name, share in usual.items() if name not in given)
    if rest < -1e-9 or (others == 0 and abs(rest) > 1e-9):
        raise ValueError(f"the shares make {sum(given.values()):g}, not 1")
    return {name: given.get(name, max(0.0, rest) * share / (others or 1.0)) for name, share in usual.items()}


def _usual() -> dict[str, float]:
    """The taxonomy's shares; operations without one have the rest, evenly."""
    operations = taxonomy().operations.values()
    rest = 1.0 - sum(one.share for one in operations)
    bare = sum(not one.share for one in operations)
    return {one.name: one.share or rest / bare for one in operations}


def asked(shares: Mapping[str, float], acceptance: Mapping[str, float], attempts: int, most: float) -> dict[str, float]:
    """Which shares to ask for so that what is *released* has the wanted `shares`; they make 1.

    A request wins when one of its `attempts` is accepted: with accepted share p, 1 - (1 - p)^attempts of requests do.
    An operation is asked for in proportion to wanted / winning, at most `most` times as much, or as little, as it
    would be without; one that nothing is known of counts as an average one.
    """
    wins = {name: 1.0 - (1.0 - min(1.0, max(0.0, p))) ** attempts for name, p in acceptance.items() if name in shares}
    weight = sum(shares[name] for name in wins)
    if weight <= 0:
        return dict(shares)
    average = sum(shares[name] * win for name, win in wins.items()) / weight
    factors = {name: average / win if win else most for name, win in wins.items()} if average else {}
    raised = {name: share * min(most, max(1.0 / most, factors.get(name, 1.0))) for name, share in shares.items()}
    whole = sum(raised.values())
    return {name: share / whole for name, share in raised.items()}


def counted(shares: Mapping[str, float], total: int, offset: float) -> dict[str, int]:
    """`total` divided by shares, each part rounded up or down (systematic sampling with `offset`, 0 to 1).

    Over offsets that are spread evenly every part comes to its share, however small.
    """
    whole = sum(shares.values())
    names = [name for name, share in shares.items() if share > 0]
    counts, reached, before = {}, 0.0, 0
    for name in names:
        reached += shares[name] / whole * total
        upto = total if name == names[-1] else int(reached + offset)
        counts[name], before = upto - before, upto
    return {name: count for name, count in counts.items() if count}


def offered(shares: Mapping[str, float], count: int, key: str) -> tuple[str, ...]:
    """Up to `count` different operations drawn by their shares, always the same ones for `key`; none is composite.

    By the least exponential waiting times (Efraimidis and Spirakis, 2006), a draw without replacement.
    """
    rng = random.Random(digest("offered", key))
    waits = {name: rng.expovariate(1.0) for name in sorted(shares)}
    able = [name for name, share in shares.items() if share > 0 and name != COMPOSITE]
    return tuple(sorted(able, key=lambda name: waits[name] / shares[name])[:count])


def plan(
    seed: int, call: int, pairs: int, edits: int, shares: Mapping[str, float], languages: Sequence[Language],
    megapixels: float,
) -> tuple[Slot, ...]:  # fmt: skip
    """The slots of a call, `pairs` of them with `edits` edits each.

    Styles, viewpoints, sizes, numbers of objects and languages rotate over all calls. Where a scene of two objects and
    more has a composite edit, that is its last one.
    """
    rng = random.Random(digest("plan", seed, call))
    turns = [_Turns(seed, call * pairs + at) for at in range(pairs)]
    objects = [turn.of("objects", range(1, MOST_OBJECTS + 1)) for turn in turns]
    operations = _dealt(shares, objects, edits, (GOLDEN * (call + 1) + seed * GOLDEN**2) % 1.0, rng)
    sizes = [_scaled(size, megapixels) for size in taxonomy().sizes]
    return tuple(
        Slot(
            style=turn.of("style", taxonomy().styles), viewpoint=turn.of("viewpoint", VIEWPOINTS),
            width=(size := turn.of("size", sizes)).width, height=size.height, objects=objects[at],
            language=turn.of("language", languages), operations=operations[at],
        )
        for at, turn in enumerate(turns)
    )  # fmt: skip


class _Turns:
    """Turn number `at` of rotations: each value once in every round, each round in an order of its own."""

    def __init__(self, seed: int, at: int) -> None:
        self._seed, self._at = seed, at

    def of(self, what: str, values: Sequence[T]) -> T:
        """The value whose turn it is."""
        number, place = divmod(self._at, len(values))
        return values[_order(self._seed, what, number, len(values))[place]]


@lru_cache(maxsize=1 << 6)
def _order(seed: int, what: str, number: int, values: int) -> tuple[int, ...]:
    order = list(range(values))
    random.Random(digest("turn", seed, what, number)).shuffle(order)
    return tuple(order)


def _dealt(
    shares: Mapping[str, float], objects: Sequence[int], edits: int, offset: float, rng: random.Random
) -> list[tuple[str, ...]]:
    """The operations of each scene: different ones as far as they reach, repeated ones where there is most to edit."""
    total = len(objects) * edits
    able = [at for at, number in enumerate(objects) if number > 1]
    composites = min(counted(shares, total, offset).get(COMPOSITE, 0), len(able))
    others = {name: share for name, share in shares.items() if name != COMPOSITE and share > 0}
    if not others:
        composites, others = len(able), {"remove": 1.0}
    lasts = frozenset(rng.sample(able, composites))
    dealt: list[list[str]] = [[] for _ in objects]
    for name, count in counted(others, total - composites, offset).items():
        for _ in range(count):
            open_ones = [at for at, done in enumerate(dealt) if len(done) < edits - (at in lasts)]
            _to_one(name, open_ones, dealt, objects, rng)
    for done in dealt:
        rng.shuffle(done)
    return [(*done, COMPOSITE) if at in lasts else tuple(done) for at, done in enumerate(dealt)]


def _to_one(
    name: str, open_ones: Sequence[int], dealt: Sequence[list[str]], objects: Sequence[int], rng: random.Random
) -> None:
    """Give the operation to a scene that has least of it; a second one goes where there are most objects."""

    def rank(at: int) -> tuple[int, int, int, float]:
        again = dealt[at].count(name)
        return again, -objects[at] if again else 0, len(dealt[at]), rng.random()

    dealt[min(open_ones, key=rank)].append(name)


def _scaled(size: Size, megapixels: float) -> Size:
    if megapixels == 1.0:
        return size
    width, height = (max(64, round(side * megapixels**0.5 / 16) * 16) for side in (size.width, size.height))
    return Size(width=width, height=height)
