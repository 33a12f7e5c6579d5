"""What is to be exported, and what came of it."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from schemas.errors import UserError
from streams.dataset.balancing import Shares
from streams.dataset.duplicates import MOST_BITS
from streams.dataset.splitting import Splits
from streams.dataset.tally import Tally

What = Literal["triplets", "preferences", "chains"]
Layout = Literal["nhr", "parquet", "webdataset"]
Prefer = Literal["random", "score"]
Format = Literal["keep", "jpeg", "webp", "png", "jxl"]
WHAT: Sequence[What] = get_args(What)
LAYOUTS: Sequence[Layout] = get_args(Layout)
FORMATS: Sequence[Format] = get_args(Format)

Told = Callable[[int, int], None]
"""Told (done, in all); in all is 0 while that is not known."""
Phases = Callable[[str], AbstractContextManager[Told]]
"""Opens the progress of one phase of the work, which is named by what it is done to."""


def silent(_what: str) -> AbstractContextManager[Told]:
    """Progress that nobody looks at."""
    return nullcontext(lambda _done, _total: None)


@dataclass(frozen=True, slots=True)
class Filters:
    """Which triplets are considered; what is empty lets all pass. `min_score`: of adherence and aesthetics each."""

    kinds: frozenset[str] = frozenset()
    operations: frozenset[str] = frozenset()
    campaigns: frozenset[str] = frozenset()
    min_score: float = 0.0
    only_calibrated: bool = False


@dataclass(frozen=True, slots=True)
class Dedup:
    """Which duplicates are left out: `exact` ones, and those whose hashes are up to `near` bits apart (None: none)."""

    exact: bool = False
    near: int | None = None

    @classmethod
    def parse(cls, text: str) -> "Dedup":
        """What "exact,phash:4" asks for; raises `UserError` for anything else."""
        exact, near = False, None
        for part in filter(None, (word.strip() for word in text.split(","))):
            name, _, bits = part.partition(":")
            if part == "exact":
                exact = True
            elif name == "phash" and bits.isdecimal() and int(bits) <= MOST_BITS:
                near = int(bits)
            else:
                hint = f"give exact, phash:N with N up to {MOST_BITS} bits, or both with a comma"
                raise UserError(f"--dedup: {part!r} is no way to find duplicates", hint)
        return cls(exact, near)


@dataclass(frozen=True, slots=True)
class Encoding:
    """How pictures are written: as they are, or in a format; `quality` (1 to 100) makes WebP and JPEG XL lossy."""

    format: Format = "keep"
    quality: int | None = None

    def __post_init__(self) -> None:
        if self.quality is not None and self.format in {"keep", "png"}:
            raise UserError(f"--quality means nothing for --images {self.format}", "choose jpeg, webp or jxl")


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be exported; `margin` and `pairs` are for preferences, `chains` (most of a source) for chains."""

    what: What = "triplets"
    layout: Layout = "nhr"
    splits: Splits = field(default_factory=lambda: Splits.parse("train=1"))
    filters: Filters = Filters()
    dedup: Dedup = Dedup()
    shares: Shares = field(default_factory=Shares)
    prefer: Prefer = "random"
    seed: int = 0
    encoding: Encoding = Encoding("jpeg")
    margin: float = 0.5
    pairs: int = 4
    chains: int = 8
    attempts: bool = True
    shard_bytes: int = 500_000_000

    def __post_init__(self) -> None:
        if self.layout == "nhr" and self.what != "triplets":
            raise UserError(f"the layout nhr cannot hold {self.what}", "choose --layout parquet or webdataset")
        if self.what == "preferences" and self.filters.kinds - {"forward"}:
            raise UserError("only forward triplets have rejected attempts", "leave --kind out")
        shared = self.shares.quotas or self.shares.alpha < 1 or self.shares.most_share < 1
        if self.what == "chains" and shared:
            raise UserError("a chain is of several operations, none of which it counts for", "choose by --operation")


@dataclass
class Result:
    """What was exported, or would be: rows by split and operation, and what was left out, by reason.

    `tallies` are by split; they and `files` (below the folder) are empty where nothing was written.
    """

    rows: int
    splits: Mapping[str, int]
    operations: Mapping[str, int]
    left_out: Mapping[str, int]
    tallies: Mapping[str, Tally] = field(default_factory=dict)
    files: Sequence[str] = ()

    def counts(self) -> dict[str, Any]:
        """Plain JSON values, without the tallies."""
        return {
            "rows": self.rows,
            "splits": dict(self.splits),
            "operations": dict(self.operations),
            "left_out": dict(self.left_out),
            "files": list(self.files),
        }
