"""`nhr show ID`: a triplet's lineage and scores, and what became of every attempt at its requests."""

import re
from collections.abc import Container
from datetime import UTC, datetime
from itertools import islice

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from schemas.errors import Missing, UserError
from schemas.messages import Edit, Scores, Triplet
from schemas.ports import Blobs
from streams import calibrations, policies, records, retractions, shelf
from streams.lineage import Attempt, Judgement, Lineage
from streams.retractions import Retraction, Retractions
from streams.rules import policy

FATES = {
    "survived": ("survived", "green"),
    "waiting": ("not judged", "dim"),
    "soft": ("soft filter", "yellow"),
    "pixels": ("pixel check", "yellow"),
    "hard": ("hard filter", "red"),
    "failed": ("failed", "red"),
}

UNCALIBRATED = "judge not calibrated: `nhr calibrate` holds it against people"


def find(blobs: Blobs, prefix: str) -> Triplet:
    """The one triplet whose id begins with `prefix`; raises `UserError` for none or several."""
    wanted = prefix.strip().lower()
    if not re.fullmatch(r"[0-9a-f]{1,32}", wanted):
        raise UserError(f"{prefix!r} is no triplet id", "give the first hex digits of one (`nhr report` shows them)")
    found = list(islice(shelf.matching(blobs, wanted), 6))
    if not found:
        raise UserError(f"no triplet {wanted} on this shelf", "check --out, or find the id with `nhr report`")
    if len(found) > 1:
        listed = ", ".join(found[:5]) + (", …" if len(found) > 5 else "")
        raise UserError(f"{wanted} begins several triplets", f"give more digits: {listed}")
    return shelf.read(blobs, found[0])


def show(blobs: Blobs, prefix: str) -> RenderableType:
    """Everything known of the triplet whose id begins with `prefix`, for a rich console; raises `UserError`."""
    triplet = find(blobs, prefix)
    taken_back = retractions.load(blobs)
    lineage = Lineage([edit.request_id for edit in triplet.edits], policies.kept(blobs), policy.read("paper"))
    for event in records.events(blobs, about=triplet.subject.source_id):
        lineage.add(event)
    parts = [
        _head(triplet, calibrations.calibrated(blobs)),
        _retracted(taken_back.of(triplet)),
        _texts(triplet),
        _facts("Source", _source(triplet)),
    ]
    for number, edit in enumerate(triplet.edits, 1):
        parts += [_edit(number, edit, len(triplet.edits)), _attempts(lineage.attempts(edit.request_id), edit)]
    parts += [_relatives(blobs, triplet, lineage, taken_back), _facts("Files", _files(triplet))]
    return Group(*(part for part in parts if part is not None))


def _head(triplet: Triplet, calibrated: Container[str]) -> RenderableType:
    title = Text.assemble(("Triplet ", "bold"), (triplet.triplet_id, "bold cyan"))
    checked = "backward consistency checked" if triplet.checked == "inverse" else "no inverse to check it by"
    kind = Text(f"{triplet.kind} · {triplet.operation} · {checked}", "dim")
    scores = Text.assemble(*_score_parts(triplet.scores), (f"  by {triplet.judge}" if triplet.judge else "", "dim"))
    marks = [] if triplet.judge in calibrated else [Text(UNCALIBRATED, "dim")]
    measures = [(name, f"{value:.4g}") for name, value in sorted(triplet.measures.items())]
    return Group(
        title, kind, Text(f"“{triplet.instruction}”", "bold"), scores, *marks, *_optional("Measures", measures)
    )


def _score_parts(scores: Scores) -> list[str | tuple[str, str]]:
    parts: list[str | tuple[str, str]] = ["adherence ", (f"{scores.adherence:.2f}", "bold green")]
    parts += ["  aesthetics ", (f"{scores.aesthetics:.2f}", "bold green")]
    if scores.preservation is not None:
        parts += ["  preservation ", (f"{scores.preservation:.2f}", "bold green")]
    return [*parts, "  overall ", (f"{scores.geometric_mean:.2f}", "bold green")]


def _texts(triplet: Triplet) -> RenderableType | None:
    rows = sorted(triplet.texts.items())
    return _facts("Texts", rows) if rows else None


def _source(triplet: Triplet) -> list[tuple[str, str]]:
    subject = triplet.subject
    image = subject.image
    rows = [
        ("campaign", subject.campaign),
        ("prompt", subject.text),
        ("style", subject.style),
        ("seed", str(subject.seed) if subject.origin == "generated" else ""),
        ("size", f"{image.width} × {image.height}"),
        ("origin", subject.origin),
        ("made by", subject.made_by),
        ("licence", subject.licence),
        ("author", subject.author),
        ("source id", subject.source_id),
        ("policy", triplet.policy_id),
        ("writer", triplet.writer),
    ]
    return [row for row in rows if row[1]]


def _edit(number: int, edit: Edit, total: int) -> RenderableType:
    rows = [
        ("instruction", edit.instruction),
        ("operation", edit.operation),
        ("winner", f"attempt {edit.attempt}, seed {edit.seed}"),
        ("editor", edit.editor),
        ("request id", edit.request_id),
        *((name, f"{value:.4g}") for name, value in sorted(edit.measures.items())),
    ]
    return _facts("Edit" if total == 1 else f"Edit {number} of {total}", rows)


def _attempts(attempts: list[Attempt], edit: Edit) -> RenderableType:
    if not attempts:
        return Text("  no attempts on record", "dim")
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("  attempt", "seed", "fate", "adherence", "aesthetics", "why"):
        table.add_column(name, justify="right" if name in {"adherence", "aesthetics", "seed"} else "left")
    for attempt in attempts:
        label, colour = FATES[attempt.fate]
        won = attempt.number == edit.attempt
        scores = attempt.scores
        table.add_row(
            Text(f"  {attempt.number}", "bold" if won else ""),
            Text(str(attempt.seed)),
            Text(f"{label}, won" if won else label, colour),
            Text(f"{scores.adherence:.2f}" if scores else ""),
            Text(f"{scores.aesthetics:.2f}" if scores else ""),
            Text(_why(attempt)),
        )
    return table


def _why(attempt: Attempt) -> str:
    value = attempt.measures.get(attempt.bar)
    bar = f"{attempt.bar} = {value:.4g}" if value is not None else attempt.bar
    return "; ".join(part for part in (bar, attempt.reason) if part)


def _retracted(retraction: Retraction | None) -> RenderableType | None:
    if retraction is None:
        return None
    by = "" if retraction.target == "triplet" else f", by its {retraction.target}"
    when = datetime.fromtimestamp(retraction.at, UTC).strftime("%Y-%m-%d")
    return Text(f"retracted: {retraction.reason} ({when}{by})", "bold red")


def _relatives(
    blobs: Blobs, triplet: Triplet, lineage: Lineage, taken_back: Retractions
) -> RenderableType | None:  # fmt: skip
    others = lineage.judgements(triplet)
    if not others:
        return None
    return _facts("Built on the same edits", [(one.kind, _relative(blobs, one, taken_back)) for one in others])


def _relative(blobs: Blobs, one: Judgement, taken_back: Retractions) -> str:
    scores = f"{one.scores.adherence:.2f} / {one.scores.aesthetics:.2f}"
    try:
        retraction = taken_back.of(shelf.read(blobs, one.triplet_id))
    except Missing:
        pass
    else:
        told = f"  retracted: {retraction.reason}" if retraction else ""
        return f"{one.triplet_id}  {scores}  “{one.instruction}”{told}"
    reason = f": {one.reason}" if one.reason else ""
    return f"not on the shelf  {scores}  “{one.instruction}”{reason if not one.accepted else ''}"


def _files(triplet: Triplet) -> list[tuple[str, str]]:
    rows = [("before", triplet.before.key), ("after", triplet.after.key)]
    if triplet.kind == "composite":
        rows.append(("source", triplet.subject.image.key))
    return [*rows, ("record", shelf.triplet_key(triplet.triplet_id))]


def _optional(title: str, rows: list[tuple[str, str]]) -> list[RenderableType]:
    return [_facts(title, rows)] if rows else []


def _facts(title: str, rows: list[tuple[str, str]]) -> RenderableType:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in rows:
        grid.add_row(Text(f"  {name}"), Text(value))
    return Group(Text(), Text(title, "bold"), grid)
