"""Labels summed up: how many each rater gave, how far raters agree where they met, and tables to take away."""

import csv
import io
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, groupby

from schemas.errors import NhrError
from schemas.ports import Blobs
from streams import audits
from streams.labels import Label
from streams.opinions import FORMULA

COLUMNS = {
    "triplet_id": "the pair: its triplet", "attempt": "and which attempt at it", "kind": "forward, inverse, composite",
    "operation": "what the edit does", "instruction": "as it was judged",
    "before": "SHA-256 of the picture before", "after": "and of the one after", "rater": "who labelled it",
    "adherence": "the rater's score, 1.0 to 5.0", "aesthetics": "the rater's score, 1.0 to 5.0", "note": "the rater's",
    "judge": "the recipe of the judge", "judged_adherence": "the judge's score",
    "judged_aesthetics": "the judge's score",
    "judged_preservation": "the judge's score, where it gives one", "accepted": "1 if that passed the bars, else 0",
    "job_id": "the judge's verdict", "at": "when it was labelled, Unix seconds",
}  # fmt: skip
"""Of the CSV file, with what they hold."""


@dataclass(slots=True)
class Met:
    """Differences between raters over the pairs that both labelled, added up."""

    pairs: int = 0
    adherence: float = 0.0
    aesthetics: float = 0.0
    higher: float = 0.0

    def add(self, one: Label, other: Label) -> None:
        """Compare two labels of one pair; `higher` tells how much higher `one` scores, over both scores."""
        by = (one.adherence - other.adherence, one.aesthetics - other.aesthetics)
        self.pairs += 1
        self.adherence += abs(by[0])
        self.aesthetics += abs(by[1])
        self.higher += sum(by) / 2

    def means(self) -> tuple[str, str, str]:
        """The mean absolute difference of each score, and the mean by which the one scores higher; "–" for none."""
        if not self.pairs:
            return "–", "–", "–"
        return (
            f"{self.adherence / self.pairs:.2f}", f"{self.aesthetics / self.pairs:.2f}",
            f"{self.higher / self.pairs:+.2f}",
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Summary:
    """(rater, labels, of them shared, how they differ from others) of each rater, and how any two raters differ."""

    labels: int
    pairs: int
    raters: Sequence[tuple[str, int, int, Met]]
    couples: Sequence[tuple[str, str, Met]]
    all: Met


def summed(labels: Iterable[Label]) -> Summary:
    """Sum up the latest labels, which come pair by pair, raters in order."""
    counts: dict[str, list[int]] = {}
    couples: dict[tuple[str, str], Met] = {}
    each: dict[str, Met] = {}
    total, pairs = Met(), 0
    for _, group in groupby(labels, key=lambda label: (label.triplet_id, label.attempt)):
        together = list(group)
        pairs += 1
        for label in together:
            count = counts.setdefault(label.rater, [0, 0])
            count[0] += 1
            count[1] += len(together) > 1
        for one, other in combinations(together, 2):
            couples.setdefault((one.rater, other.rater), Met()).add(one, other)
            each.setdefault(one.rater, Met()).add(one, other)
            each.setdefault(other.rater, Met()).add(other, one)
            total.add(one, other)
    raters = [(name, given, shared, each.get(name, Met())) for name, (given, shared) in sorted(counts.items())]
    told = [(one, other, met) for (one, other), met in sorted(couples.items())]
    return Summary(sum(count[0] for count in counts.values()), pairs, raters, told, total)


@dataclass(frozen=True, slots=True)
class Audited:
    """How far the audit of a week is: pairs `labelled` by anybody, of those `drawn`; or why it cannot be read."""

    week: str
    drawn: int = 0
    labelled: int = 0
    trouble: str = ""


def audited(blobs: Blobs, raters: Mapping[str, Collection[str]]) -> list[Audited]:
    """Every audit, the latest first; `raters` are those of each labelled pair."""
    found = []
    for week in reversed(audits.weeks(blobs)):
        try:
            pairs = audits.read(blobs, week).pairs
        except NhrError as error:
            found.append(Audited(week, trouble=str(error)))
        else:
            found.append(Audited(week, len(pairs), sum(bool(raters.get(pair)) for pair in pairs)))
    return found


def as_csv(labels: Iterable[Label]) -> str:
    """The labels as CSV; a text that a spreadsheet would run as a formula gets a quotation mark before it."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for one in labels:
        row = (
            one.triplet_id, one.attempt, one.kind, one.operation, one.instruction, one.before, one.after, one.rater,
            one.adherence, one.aesthetics, one.note, one.judge, one.judged.adherence, one.judged.aesthetics,
            one.judged.preservation, int(one.accepted), one.job_id, f"{one.at:.3f}",
        )  # fmt: skip
        writer.writerow([_inert(value) if isinstance(value, str) else value for value in row])
    return out.getvalue()


def as_jsonl(labels: Iterable[Label]) -> str:
    """The labels as JSON lines, as they are stored."""
    return "".join(f"{one.model_dump_json()}\n" for one in labels)


def _inert(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA) else text
