"""What a card tells of a data set's content: what was checked, what that turned away, what never came in."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from schemas.ports import Blobs
from streams import leftout
from streams.dataset.rows import CHECKS
from streams.dataset.tally import Tally
from streams.funnel import Funnel
from streams.leftout import Cause


@dataclass(frozen=True, slots=True)
class Content:
    """Counts. `rows` in all; `checked` of them by check; `turned_away`: attempts by the bar they missed.

    `left_out`: photographs and prompts that never came in, by cause ("marker", "licence", "blocklist") and by what.
    """

    rows: int
    checked: Mapping[str, int]
    turned_away: Mapping[str, int]
    left_out: Mapping[Cause, Mapping[str, int]] = field(default_factory=dict)


def content(tally: Tally, funnel: Funnel | None = None, left_out: Counter[tuple[Cause, str]] | None = None) -> Content:
    """What these tell: a data set's tally, its campaigns' funnel, and `leftout.counts` of them."""
    checked = {check: tally.axes.get("content", Counter())[check] for check in CHECKS}
    by_cause: dict[Cause, dict[str, int]] = {}
    for (cause, by), count in sorted((left_out or Counter()).items()):
        by_cause.setdefault(cause, {})[by] = count
    return Content(tally.rows, checked, turned_away(funnel) if funnel else {}, by_cause)


def turned_away(funnel: Funnel) -> dict[str, int]:
    """Attempts that missed a bar of a check, by the measure, most first."""
    soft = dict(funnel.rejections.by_stage().get("soft", []))
    return {measure: count for measure, count in soft.items() if measure.partition(".")[0] in CHECKS}


def of(blobs: Blobs, tally: Tally, funnel: Funnel | None = None, campaign: str = "") -> Content:
    """Like `content`, with what was left out of a campaign, or of all of this place's."""
    return content(tally, funnel, leftout.counts(blobs, campaign))
