"""What another decision makes of the shelf: each triplet kept, gained, lost, swapped or undecided, and why."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from schemas import ids
from schemas import messages as m
from schemas.messages import Triplet
from streams.records import Event
from streams.redeciding.fold import Redecided, stage_of
from streams.rules.policy import Policy

Fate = Literal["kept", "gained", "lost", "swapped", "undecided"]
FATES: tuple[Fate, ...] = ("kept", "gained", "lost", "swapped", "undecided")


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one triplet: as the shelf has it (`before`), as it is decided now (`after`)."""

    fate: Fate
    before: Triplet | None
    after: Triplet | None
    why: str = ""

    @property
    def triplet(self) -> Triplet:
        """The triplet, as decided now where it still stands."""
        found = self.after or self.before
        if found is None:
            raise ValueError("a change is about a triplet")
        return found


def changes(
    shelved: Iterable[Triplet], now: Redecided, policy: Policy, asked: Policy | None
) -> Iterator[Change]:  # fmt: skip
    """Each triplet of a source, on the shelf or decided on, sorted by id; `asked` decided before (None: unknown)."""
    before = {triplet.triplet_id: triplet for triplet in shelved}
    for name in sorted(before.keys() | now.triplets.keys()):
        old, new = before.get(name), now.triplets.get(name)
        if old and new:
            swapped = _content(old) != _content(new)
            yield Change("swapped" if swapped else "kept", old, new, _swap(old, new) if swapped else "")
        elif new:
            yield Change("gained", None, new, _gain(new, policy, asked, before))
        elif old and (not now.events or now.holding_up(old)):
            yield Change("undecided", old, None, _open(old, now))
        elif old:
            yield Change("lost", old, None, _obstacle(old, policy, now.triplets))


def asked_under(events: Iterable[Event]) -> str:
    """Id of the policy that a source's first recorded jobs were asked under; "" where none was."""
    for event in events:
        match event:
            case m.ScreenVerdict():
                return event.job.job.policy_id
            case m.JudgeVerdict() | m.TextAnswer():
                return event.job.policy_id
    return ""


def _content(triplet: Triplet) -> tuple[object, ...]:
    return triplet.instruction, dict(triplet.texts), triplet.before.sha256, triplet.after.sha256


def _swap(old: Triplet, new: Triplet) -> str:
    pairs = [(a.attempt, b.attempt) for a, b in zip(old.edits, new.edits, strict=False) if a.attempt != b.attempt]
    if pairs:
        return ", ".join(f"attempt {a} gives way to {b}" for a, b in pairs)
    return "another text" if old.after.sha256 == new.after.sha256 else "another picture"


def _gain(triplet: Triplet, policy: Policy, asked: Policy | None, shelved: Collection[str]) -> str:
    if asked is None:
        return ""
    if asked.policy_id == policy.policy_id:
        return "not on the shelf yet"
    return f"before: {_obstacle(triplet, asked, shelved)}"


def _open(triplet: Triplet, now: Redecided) -> str:
    """What an undecided triplet waits for."""
    if not now.events:
        return "its source has no records"
    waits = Counter(stage_of(job) for job in now.holding_up(triplet))
    return "waits for " + ", ".join(f"{count} {stage}" for stage, count in sorted(waits.items()))


def _obstacle(triplet: Triplet, policy: Policy, released: Collection[str]) -> str:
    """Why `policy`, which released the ids `released`, has no such triplet."""
    if triplet.kind == "inverse" and not policy.inversion.enabled:
        return "inversion is off"
    if triplet.kind == "composite" and not policy.composition.enabled:
        return "composition is off"
    return (
        _below(triplet, policy)
        or next((reason for edit in triplet.edits if (reason := _edit_lost(edit, policy))), "")
        or _standing_on(triplet, released)
        or ("another attempt wins, or its check fails" if triplet.kind == "forward" else "another attempt wins")
    )


def _below(triplet: Triplet, policy: Policy) -> str:
    scores, bars = triplet.scores, policy.bars(triplet.operation, triplet.judge)
    marks = (("adherence", scores.adherence, bars.adherence), ("aesthetics", scores.aesthetics, bars.aesthetics))
    return ", ".join(f"{name} {mark:.2f} is below {bar:.2f}" for name, mark, bar in marks if bar and mark < bar)


def _edit_lost(edit: m.Edit, policy: Policy) -> str:
    if edit.attempt >= sum(policy.waves):
        return f"attempt {edit.attempt} is not made"
    missed = policy.missed(edit.measures, edit.operation)
    return f"{missed} = {edit.measures[missed]:.4g} misses its bar" if missed else ""


def _standing_on(triplet: Triplet, released: Collection[str]) -> str:
    """The edit that an inverse or a composite would need."""
    if triplet.kind == "forward":
        return ""
    missing = (edit for edit in triplet.edits if ids.triplet_id(edit.request_id, "forward") not in released)
    return next((f"its edit {edit.instruction!r} is not released" for edit in missing), "")
