"""Rates: how much of what comes along each stage accepts, by operation, style and model, over hopping windows.

Pure: Faust keeps the panes (`streams/app/`), this module says what is counted and where. A window is the sum of its
panes, which are as long as the window's hop, so an event is written once for each window and not once for each of the
ten or thirty-six windows that hold it. Everything can be counted anew from the verdicts; it feeds metrics and quotas.

Stages: `gate` (plausible), `screen` (misses no bar), `judge` (forward triplets above the bars), `inverse` and
`composite` (the same of those kinds), `text` (whatever was written), `generate` and `edit` (whatever was made, told
with the verdict on it; neither accepts anything). What answers cost is counted with them. An event belongs to the time
its answer was metered at, or else to its arrival.
"""

import json
import operator
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from schemas import messages as m
from schemas.errors import Undecodable
from schemas.ports import Change, Ledgers
from schemas.taxonomy import taxonomy
from streams.funnel import Bars, accepted
from streams.records import Event

NAME = "/rates"
"""Of the document among the cursors; no campaign is called so."""
FORMAT = 1
GROUP = "rates"
STALE_S = 60.0
"""A member that has not told its counts for so long is gone: others count its partitions anew."""
OTHER = "other"
MAKERS = frozenset({"generate", "edit"})
"""Stages that are counted for what they cost alone."""
SPENDING = frozenset({"all", "model"})
"""Where it is counted what answers cost as well."""
MOST_NAMES = 32
"""Names of a dimension without a taxonomy (models) that a pane tells apart."""
TRIES = 20


class Window(NamedTuple):
    """A hopping window: `size_s` seconds long, moving on by `hop_s`."""

    name: str
    size_s: int
    hop_s: int

    def pane(self, at: float) -> int:
        """Start of the pane that an instant lies in, Unix seconds."""
        return int(at) // self.hop_s * self.hop_s

    def first(self, now: float) -> int:
        """Start of the window that is current: its last pane is the one that runs."""
        return self.pane(now) + self.hop_s - self.size_s


WINDOWS = (Window("10m", 600, 60), Window("6h", 21_600, 600))
"""The short one shows a change within minutes; the long one is steady enough to set quotas by."""


class Changelog(NamedTuple):
    """The topic that keeps a window's panes: as many partitions as the verdicts, and these settings."""

    name: str
    config: Mapping[str, str]


def changelog(window: Window) -> Changelog:
    """The changelog of a window; old panes go by age, those that were written over by compaction."""
    kept_ms, pane_ms = (window.size_s + 2 * window.hop_s) * 1000, max(window.hop_s, 600) * 1000
    config = {"cleanup.policy": "compact,delete", "retention.ms": str(kept_ms), "segment.ms": str(pane_ms)}
    return Changelog(f"nhr.rates-{window.name}.v1", config)


class Row(NamedTuple):
    """What is counted apart: a stage, and one value of a dimension (`all`: whatever comes)."""

    stage: str
    by: str
    name: str


class Count(NamedTuple):
    """How many came along, how many of them were accepted, and what they took: whole numbers add up in any order.

    `tokens` are those in and out together, `microdollars` millionths of a US dollar; 0 in rows that are not `SPENDING`.
    """

    seen: int = 0
    accepted: int = 0
    tokens: int = 0
    microdollars: int = 0

    def plus(self, other: "Count") -> "Count":
        """Both together."""
        return Count(*map(operator.add, self, other))


Counts = Mapping[Row, Count]


@dataclass(frozen=True, slots=True)
class Seen:
    """What an event tells: a stage's word on something; `at` is Unix seconds, 0 where the answer was not metered.

    `made` is the making of the picture that it is about.
    """

    stage: str
    accepted: bool
    style: str
    model: str
    operation: str | None
    at: float = 0.0
    tokens: int = 0
    microdollars: int = 0
    made: "Seen | None" = None

    def counts(self) -> dict[Row, Count]:
        """What it adds, and where."""
        plain = Count(1, self.accepted)
        spent = Count(1, self.accepted, self.tokens, self.microdollars)
        own = {row: spent if row.by in SPENDING else plain for row in self.rows()}
        return own | self.made.counts() if self.made else own

    def rows(self) -> tuple[Row, ...]:
        """Where it counts. Names that the taxonomy does not know are counted together, so that rows stay few."""
        known = taxonomy()
        if self.stage in MAKERS:
            return Row(self.stage, "all", ""), Row(self.stage, "model", self.model)
        rows = [
            Row(self.stage, "all", ""),
            Row(self.stage, "style", _known(self.style, known.styles)),
            Row(self.stage, "model", self.model),
        ]
        if self.operation is not None:
            rows.append(Row(self.stage, "operation", _known(self.operation, known.operations)))
        return tuple(rows)


def _known(name: str, names: Iterable[str]) -> str:
    return name if name in names else OTHER if name else "none"


def seen(event: Event, bars: Callable[[str], Bars | None]) -> Seen | None:
    """What an event tells; None for failures and redrives, and under a policy that `bars` does not know."""
    match event:
        case m.GateVerdict():
            subject = event.job.subject
            made = _seen("generate", True, subject.made_by, event.job.meter, subject, None)
            return _seen("gate", event.yes, event.by, event.meter, subject, None, made)
        case m.ScreenVerdict():
            job = event.job.job
            policy = bars(job.policy_id)
            if policy is None:
                return None
            made = _seen("edit", True, event.job.made_by, event.job.meter, job.subject, None)
            kept = policy.screen_lost(event) is None
            return _seen("screen", kept, event.by, event.meter, job.subject, job.request.operation, made)
        case m.JudgeVerdict():
            policy = bars(event.job.policy_id)
            if policy is None:
                return None
            stage, kept = "judge" if event.job.kind == "forward" else event.job.kind, accepted(event, policy)
            return _seen(stage, kept, event.by, event.meter, event.job.subject, event.job.request.operation)
        case m.TextAnswer():
            return _seen("text", True, event.by, event.meter, event.job.subject, None)
        case _:
            return None


def _seen(
    stage: str, kept: bool, by: str, meter: m.Meter, subject: m.Subject, operation: str | None, made: Seen | None = None
) -> Seen:
    tokens, microdollars = meter.tokens_in + meter.tokens_out, round(meter.cost_usd * 1e6)
    told = made if made and made.at else None  # a picture that was sent anew, or before pictures were metered
    return Seen(stage, kept, subject.style, _model(by), operation, meter.at, tokens, microdollars, told)


def _model(recipe: str) -> str:
    return recipe.partition("@")[0] or "none"


# --- panes ------------------------------------------------------------------------------------------------------------


class Told(NamedTuple):
    """An event that counts, where it was read and when it came (Unix seconds)."""

    offset: int
    arrived: float
    seen: Seen

    @property
    def at(self) -> float:
        """The time it belongs to: no clock of a worker's may run ahead of the brokers'."""
        return min(self.seen.at, self.arrived) if self.seen.at > 0 else self.arrived


@dataclass(slots=True)
class Pane:
    """Counts of one partition within one hop; `upto` is the last offset in them, so that nothing counts twice."""

    upto: int = -1
    counts: dict[Row, Count] = field(default_factory=dict)

    def add(self, told: Iterable[Told]) -> bool:
        """Count those, in offset order, that are not in yet; says whether there were any."""
        changed = False
        for one in told:
            if one.offset <= self.upto:
                continue
            self.upto, changed = one.offset, True
            for row, count in one.seen.counts().items():
                fitting = self._fitting(row)
                self.counts[fitting] = self.counts.get(fitting, Count()).plus(count)
        return changed

    def _fitting(self, row: Row) -> Row:
        if row.by != "model" or row in self.counts:
            return row
        names = sum(known.by == "model" and known.stage == row.stage for known in self.counts)
        return row if names < MOST_NAMES else row._replace(name=OTHER)

    def pack(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {"upto": self.upto, "rows": _rows(self.counts)}

    @classmethod
    def unpack(cls, packed: Mapping[str, Any]) -> "Pane":
        """From what `pack` gave."""
        return cls(packed["upto"], _counts(packed["rows"]))


def by_pane(told: Iterable[Told], window: Window, now: float) -> dict[int, list[Told]]:
    """Events by the start of their pane; those that the current window no longer holds are left out."""
    panes: defaultdict[int, list[Told]] = defaultdict(list)
    for one in told:
        if one.at >= window.first(now):
            panes[window.pane(one.at)].append(one)
    return dict(panes)


def total(panes: Iterable[tuple[int, Pane]], window: Window, now: float) -> dict[Row, Count]:
    """What the current window holds, given panes with their starts."""
    first = window.first(now)
    return add(pane.counts for start, pane in panes if first <= start < first + window.size_s)


def add(many: Iterable[Counts]) -> dict[Row, Count]:
    """The counts together."""
    together: defaultdict[Row, Count] = defaultdict(Count)
    for counts in many:
        for row, count in counts.items():
            together[row] = together[row].plus(count)
    return dict(together)


def _rows(counts: Counts) -> list[list[Any]]:
    """Short where nothing was spent."""
    return [[*row, *(count if any(count[2:]) else count[:2])] for row, count in sorted(counts.items())]


def _counts(rows: Sequence[Sequence[Any]]) -> dict[Row, Count]:
    return {Row(*row[:3]): Count(*row[3:]) for row in rows}


# --- the document -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Part:
    """What one member of the group counted at an instant: its partitions, and the counts by window name."""

    member: str
    at: float
    partitions: frozenset[int]
    windows: Mapping[str, Counts]


@dataclass(frozen=True)
class Rates:
    """The rates of the whole group: what each member told last."""

    parts: Mapping[str, Part] = field(default_factory=dict)

    @property
    def at(self) -> float:
        """When the latest part was told, Unix seconds; 0 where there is none."""
        return max((part.at for part in self.parts.values()), default=0.0)

    def window(self, name: str) -> dict[Row, Count]:
        """The counts of all members in the window of that name."""
        return add(part.windows.get(name, {}) for part in self.parts.values())

    def acceptance(self, window: str, stage: str, by: str = "all", name: str = "") -> float | None:
        """Accepted of those seen; None where nothing was seen."""
        count = self.window(window).get(Row(stage, by, name), Count())
        return count.accepted / count.seen if count.seen else None

    def spent(self, window: str) -> dict[str, Count]:
        """What each stage counted as a whole: its answers, their tokens and dollars."""
        return {row.stage: count for row, count in sorted(self.window(window).items()) if row.by == "all"}

    def usd(self, window: str) -> float:
        """What all answers of the window were billed, US dollars."""
        return sum(count.microdollars for count in self.spent(window).values()) / 1e6

    def told(self, part: Part) -> "Rates":
        """With this part; without parts that are stale, and without those whose partitions this one has now."""
        others = {
            name: other
            for name, other in self.parts.items()
            if part.at - other.at < STALE_S and not (other.partitions & part.partitions)
        }
        return Rates({**others, part.member: part} if part.partitions else _without(others, part.member))

    def pack(self) -> bytes:
        """As a JSON document; `windows` there is for readers, `members` for the next to tell."""
        document = {
            "format": FORMAT,
            "at": self.at,
            "windows": [
                {**window._asdict(), "rows": [_reading(row, count) for row, count in sorted(counts.items())]}
                for window in WINDOWS
                if (counts := self.window(window.name)) or True
            ],
            "members": {
                name: {
                    "at": part.at,
                    "partitions": sorted(part.partitions),
                    "windows": {window: _rows(counts) for window, counts in part.windows.items()},
                }
                for name, part in sorted(self.parts.items())
            },
        }
        return json.dumps(document, separators=(",", ":")).encode()

    @classmethod
    def unpack(cls, data: bytes) -> "Rates":
        """From such a document; raises `Undecodable`."""
        try:
            members = json.loads(data)["members"]
            return cls({name: _part(name, told) for name, told in members.items()})
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise Undecodable(f"the rates are no document of ours ({error})") from None


def _without(parts: Mapping[str, Part], member: str) -> dict[str, Part]:
    return {name: part for name, part in parts.items() if name != member}


def _part(name: str, told: Mapping[str, Any]) -> Part:
    windows = {window: _counts(rows) for window, rows in told["windows"].items()}
    return Part(name, float(told["at"]), frozenset(told["partitions"]), windows)


def _reading(row: Row, count: Count) -> dict[str, Any]:
    return {**row._asdict(), **count._asdict(), "rate": round(count.accepted / count.seen, 6) if count.seen else None}


def tell(cursors: Ledgers, part: Part) -> None:
    """Put a member's part into the document among the cursors; several members do so in turns (compare-and-set)."""
    for _ in range(TRIES):
        saved = cursors.load([NAME]).get(NAME)
        known = Rates.unpack(saved.data) if saved else Rates()
        change = Change(NAME, known.told(part).pack(), saved.version if saved else 0)
        if not cursors.save([change]):
            return


def read(cursors: Ledgers) -> Rates:
    """The rates as they were told last; empty where none ever were."""
    saved = cursors.load([NAME]).get(NAME)
    return Rates.unpack(saved.data) if saved else Rates()


def by_operation(cursors: Ledgers) -> dict[str, float]:
    """The accepted share of judged attempts of each operation in the steady window, of operations that were judged."""
    counts = read(cursors).window(WINDOWS[-1].name)
    return {
        row.name: count.accepted / count.seen
        for row, count in counts.items()
        if (row.stage, row.by) == ("judge", "operation") and count.seen
    }
