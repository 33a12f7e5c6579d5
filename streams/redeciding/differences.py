"""The sum of all changes: counts by kind and operation, the calls it would take, a few examples."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from schemas import messages as m
from streams.redeciding.changes import FATES, Change, Fate
from streams.redeciding.fold import stage_of

KINDS = ("forward", "inverse", "composite")


@dataclass
class Differences:
    """Everything counted so far; `examples` is the most changes kept of each fate.

    `calls` are the jobs that no recorded answer settles, by stage; `gone` those of them whose picture is no longer
    kept, so that they cannot be done. `bare`: triplets decided on whose pictures are no longer kept.
    """

    most: int = 3
    sources: int = 0
    by_kind: Counter[tuple[Fate, str]] = field(default_factory=Counter)
    by_operation: Counter[tuple[Fate, str]] = field(default_factory=Counter)
    calls: Counter[str] = field(default_factory=Counter)
    gone: Counter[str] = field(default_factory=Counter)
    parked: int = 0
    bare: int = 0
    examples: dict[Fate, list[Change]] = field(default_factory=dict)

    def add(self, change: Change) -> None:
        """Count a change."""
        triplet = change.triplet
        self.by_kind[change.fate, triplet.kind] += 1
        self.by_operation[change.fate, triplet.operation] += 1
        kept = self.examples.setdefault(change.fate, [])
        if change.fate != "kept" and len(kept) < self.most:
            kept.append(change)

    def add_calls(self, undecided: Iterable[m.Message], gone: Iterable[m.Message]) -> None:
        """Count a source's open jobs: those that can be done and those that cannot."""
        self.calls.update(stage_of(job) for job in undecided)
        self.gone.update(stage_of(job) for job in gone)

    def total(self, fate: Fate) -> int:
        """Triplets of that fate, of every kind."""
        return sum(self.by_kind[fate, kind] for kind in KINDS)

    @property
    def before(self) -> int:
        """Triplets on the shelf."""
        return sum(self.total(fate) for fate in FATES if fate != "gained")

    @property
    def after(self) -> int:
        """Triplets decided on."""
        return sum(self.total(fate) for fate in ("kept", "gained", "swapped"))

    def operations(self) -> list[str]:
        """Operations that change, those that change most first."""
        moved: Counter[str] = Counter()
        for (fate, operation), count in self.by_operation.items():
            moved[operation] += count * (fate != "kept")
        return sorted((name for name, count in moved.items() if count), key=lambda name: (-moved[name], name))

    def as_dict(self) -> dict[str, object]:
        """Everything counted, as plain JSON values."""
        return {
            "sources": self.sources,
            "before": self.before,
            "after": self.after,
            **{fate: self.total(fate) for fate in FATES},
            "kinds": {kind: {fate: self.by_kind[fate, kind] for fate in FATES} for kind in KINDS},
            "operations": {name: {fate: self.by_operation[fate, name] for fate in FATES} for name in self.operations()},
            "calls": dict(sorted(self.calls.items())),
            "gone": dict(sorted(self.gone.items())),
            "parked": self.parked,
            "bare": self.bare,
            "examples": [_example(change) for fate in FATES for change in self.examples.get(fate, [])],
        }


def _example(change: Change) -> dict[str, object]:
    return {
        "fate": change.fate,
        "triplet_id": change.triplet.triplet_id,
        "kind": change.triplet.kind,
        "operation": change.triplet.operation,
        "before": _scores(change.before),
        "after": _scores(change.after),
        "why": change.why,
    }


def _scores(triplet: m.Triplet | None) -> list[float] | None:
    return [triplet.scores.adherence, triplet.scores.aesthetics] if triplet else None
