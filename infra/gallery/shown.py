"""Entries, triplets and attempts as the texts that the shared templates show (infra/report/templates/parts.html)."""

from collections.abc import Container
from datetime import UTC, datetime
from urllib.parse import quote

from infra.gallery.index.asking import Item
from infra.report.gather import Rejected
from schemas.messages import ImageRef, Measures, Scores, Subject, Triplet
from streams.lineage import Attempt, Judgement

Texts = dict[str, object]
Rows = list[tuple[str, str]]
UNCALIBRATED = "judge not calibrated"
NARROWEST = 0.62
"""Of a card's picture: what is taller is shown with margins, as in the report (assets/slider.js)."""
STAGES = {
    "soft": "Soft filter", "pixels": "Pixel check", "hard": "Hard filter", "inverse": "Inverse rejected",
    "composite": "Composite rejected",
}  # fmt: skip
FATES = {
    "survived": "survived", "waiting": "not judged", "soft": "soft filter", "pixels": "pixel check",
    "hard": "hard filter", "failed": "failed",
}  # fmt: skip


def words(name: str) -> str:
    """A name as words."""
    return name.replace("_", " ")


def thumbnail(sha256: str) -> str:
    """The address of a small picture."""
    return f"/thumb/{sha256}"


def picture(sha256: str) -> str:
    """The address of a whole picture."""
    return f"/image/{sha256}"


def card(item: Item, href: str) -> Texts:
    """What a card of the grid shows."""
    columns, kept = item.columns, item.card
    (before, _, _), (after, width, height) = kept["before"], kept["after"]
    texts: Texts = {
        "id": item.id, "href": href, "instruction": kept["instruction"], "style": columns["style"],
        "operation": "" if columns["operation"] == columns["kind"] else words(columns["operation"]),
        "credit": _credit(kept["origin"], kept["author"]), "before": thumbnail(before), "after": thumbnail(after),
        "width": max(width, round(NARROWEST * height)), "height": height,
        "adherence": _score(columns["adherence"]), "aesthetics": _score(columns["aesthetics"]), "uncalibrated": "",
    }  # fmt: skip
    if "stage" not in columns:
        return texts | {
            "lead": columns["kind"], "missed": "", "reason": "", "unjudged": "", "attempt": "", "short": item.id[:10],
        }  # fmt: skip
    return texts | {
        "lead": STAGES.get(columns["stage"], columns["stage"]), "missed": _missed(columns["bar"], kept["value"]),
        "reason": kept["reason"], "unjudged": "" if columns["adherence"] else "not judged", "short": "",
        "attempt": f"attempt {kept['attempt']}" if columns["kind"] == "forward" else columns["kind"],
    }  # fmt: skip


def large(before: ImageRef | None, after: ImageRef | None, instruction: str) -> Texts:
    """The large slider of a pair of pictures, those that can be seen."""
    sized = after or before
    return {
        "instruction": instruction, "before": picture(before.sha256) if before else "",
        "after": picture(after.sha256) if after else "", "width": sized.width if sized else 1,
        "height": sized.height if sized else 1,
    }  # fmt: skip


def head(triplet: Triplet, calibrated: Container[str]) -> Texts:
    """What stands beside the large slider of a triplet; `calibrated` are the recipes of judges that were."""
    checked = "checked by its inverse" if triplet.checked == "inverse" else "has no inverse to check it by"
    return {
        "lead": f"{triplet.kind}, {checked}", "style": triplet.subject.style, "missed": "", "reason": "",
        "operation": "" if triplet.operation == triplet.kind else words(triplet.operation),
        "credit": _credit(triplet.subject.origin, triplet.subject.author), **scores(triplet.scores),
        "uncalibrated": "" if triplet.judge in calibrated else UNCALIBRATED,
    }  # fmt: skip


def head_of_rejected(one: Rejected) -> Texts:
    """What stands beside the large slider of what was turned down."""
    return {
        "lead": STAGES.get(one.stage, one.stage), "style": one.subject.style,
        "operation": "" if one.operation == one.kind else words(one.operation),
        "credit": _credit(one.subject.origin, one.subject.author), "missed": _missed_of(one), "reason": one.reason,
        **scores(one.scores), "uncalibrated": "",
    }  # fmt: skip


def attempt(one: Attempt, image: ImageRef | None, mark: str) -> Texts:
    """One attempt at a request; `image` is its picture where that can be seen, `mark` is "won", "this" or ""."""
    good = one.fate == "survived"
    rows = measures(one.measures) + [(name, "not measured") for name in one.skipped]
    return {
        "number": str(one.number), "fate": one.fate, "mark": mark, "good": good,
        "told": "won" if mark == "won" else FATES.get(one.fate, one.fate),
        "image": thumbnail(image.sha256) if image else "", "full": picture(image.sha256) if image else "",
        "width": max(image.width, round(NARROWEST * image.height)) if image else 1,
        "height": image.height if image else 1, "missed": _missed_of(one), "reason": one.reason,
        "facts": _said(*rows, ("seed", str(one.seed)), ("editor", one.editor)),
        **scores(one.scores),
    }  # fmt: skip


def source(subject: Subject) -> Rows:
    """Where a picture comes from."""
    image, drawn = subject.image, subject.origin == "generated"
    return _said(
        ("prompt", subject.text), ("style", subject.style), ("campaign", subject.campaign),
        ("size", f"{image.width} × {image.height}"), ("seed", str(subject.seed) if drawn else ""),
        ("made by", subject.made_by), ("licence", subject.licence), ("author", subject.author),
        ("source id", subject.source_id),
    )  # fmt: skip


def verdict(triplet: Triplet, at: float) -> Rows:
    """Who judged a triplet, when, by what, and what else was measured."""
    return _said(
        ("judge", triplet.judge), ("writer", triplet.writer), ("judged", moment(at)), ("policy", triplet.policy_id),
        *measures(triplet.measures),
    )  # fmt: skip


def verdict_on_rejected(one: Rejected) -> Rows:
    """Who turned an attempt down, when, and what was measured."""
    return _said(("answered by", one.made_by), ("answered", moment(one.at)), *measures(one.measures))


def relative(one: Judgement, on_shelf: bool) -> tuple[str, str, str, str]:
    """(kind, what it says, where it is or "", why it is not there) of what was judged on the same edits."""
    rest = "" if one.accepted else ", rejected"
    said = f"{one.instruction} ({one.scores.adherence:.2f} / {one.scores.aesthetics:.2f}{rest})"
    return one.kind, said, f"/triplet/{quote(one.triplet_id)}" if on_shelf else "", one.reason


def scores(given: Scores | None) -> Texts:
    """Scores as texts; empty ones where there are none."""
    if given is None:
        return dict.fromkeys(("adherence", "aesthetics", "preservation", "overall"), "")
    return {
        "adherence": _score(given.adherence), "aesthetics": _score(given.aesthetics),
        "preservation": _score(given.preservation), "overall": _score(given.geometric_mean),
    }  # fmt: skip


def measures(given: Measures) -> Rows:
    """What was measured, by name."""
    return [(name, f"{value:.4g}") for name, value in sorted(given.items())]


def moment(at: float) -> str:
    """Unix seconds as "2026-11-27 22:05 UTC"; "" for no time."""
    if not 0 < at < 4e9:
        return ""
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M} UTC"


def _said(*rows: tuple[str, str]) -> Rows:
    return [row for row in rows if row[1]]


def _credit(origin: str, author: str) -> str:
    return f"by {author}" if origin == "photo" and author else ""


def _score(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _missed_of(one: Attempt | Rejected) -> str:
    value = one.measures.get(one.bar)
    return _missed(one.bar, None if value is None else f"{value:.4g}")


def _missed(bar: str, value: str | None) -> str:
    return f"{bar} = {value}" if bar and value is not None else bar
