"""What observers of a drawn picture think: chances, from the truth, that make the paper's survival at every stage.

Derived from the funnel and the assessor's figures in arXiv 2507.14119 (precision .834 and recall .446 at 4.7): of
what reaches the judge .368 pass, so .68 of it is really good; a good pair passes with .45, a subtly bad one with .24.
"""

from statistics import NormalDist
from typing import NamedTuple

from schemas.ids import TripletKind
from workers import odds
from workers.simulated.scene import Severity

NORMAL = NormalDist()
BAR = 4.7
SOFT_BARS = {"simulated.adherence": 3.5, "simulated.aesthetics": 3.5, "simulated.unwanted": 0.5}
"""The soft bars that go with these chances: at least, at least, at most."""

GOOD_PER_SURVIVAL, SUBTLE_PER_SURVIVAL, UNSEEN_PER_SURVIVAL = 1.96, 0.865, 0.094
"""How many good, subtly bad and unseen-bad attempts there are for each attempt that survives every stage."""

GATE_YES: dict[str, float] = {"": 0.965, "melted": 0.06, "glitch": 0.05}
FAITHFUL = 0.448


class Chance(NamedTuple):
    """How often an observer's mark passes its bar; `lapse`: how often the whole answer is a low one."""

    adherence: float
    aesthetics: float
    spread: float
    lapse: float = 0.0
    unwanted: float = 0.0


SOFT: dict[Severity | None, Chance] = {
    None: Chance(0.98, 0.98, 0.5, unwanted=0.99),
    "subtle": Chance(0.92, 0.95, 0.5, unwanted=0.915),
    "unseen": Chance(0.94, 0.98, 0.5, unwanted=0.98),
    "blatant": Chance(0.25, 0.45, 0.8, unwanted=0.45),
}
FORWARD: dict[Severity | None, Chance] = {
    None: Chance(0.648, 0.718, 0.28, lapse=0.05),
    "subtle": Chance(0.55, 0.625, 0.42, lapse=0.3),
    "unseen": Chance(0.5, 0.6, 0.5, lapse=0.6),
    "blatant": Chance(0.42, 0.45, 0.7, lapse=0.9),
}
CHECK: dict[Severity | None, Chance] = {
    None: Chance(0.98, 0.98, 0.1, lapse=0.024),
    "subtle": Chance(0.92, 0.925, 0.14, lapse=0.43),
    "unseen": Chance(0.9, 0.95, 0.14, lapse=0.6),
    "blatant": Chance(0.8, 0.9, 0.2, lapse=0.9),
}


def fate(request: str, attempt: int, skill: float = 1.0) -> Severity | None:
    """Whether an attempt at `request` goes well (None) or how badly not; `skill` scales the editor's chances.

    Difficulty per request ~ Beta(3.0, 16.6) (see `workers.odds`); all chances grow with its success rate, so that
    survival of every stage is that rate.
    """
    draw = odds.uniform("fate", request, attempt)
    rate = odds.success_rate(request) * skill
    good, subtle, unseen = rate * GOOD_PER_SURVIVAL, rate * SUBTLE_PER_SURVIVAL, rate * UNSEEN_PER_SURVIVAL
    if draw < good:
        return None
    if draw < good + subtle:
        return "subtle"
    return "unseen" if draw < good + subtle + unseen else "blatant"


def _mark(chance: float, spread: float, bar: float, *key: str | int) -> float:
    """A mark from 1.0 to 5.0 that reaches `bar` with that chance."""
    lead = NORMAL.inv_cdf(chance) + NORMAL.inv_cdf(min(0.999999, max(1e-6, odds.uniform(*key))))
    return round(min(5.0, max(1.0, bar + spread * lead)), 2)


def soft(severity: Severity | None, *key: str | int) -> dict[str, float]:
    """A VLM's quick look at an attempt: adherence and aesthetics 1-5, whether unwanted changes are seen (0 or 1)."""
    chance = SOFT[severity]
    return {
        "simulated.adherence": _mark(chance.adherence, chance.spread, 3.5, "soft", "adherence", *key),
        "simulated.aesthetics": _mark(chance.aesthetics, chance.spread, 3.5, "soft", "aesthetics", *key),
        "simulated.unwanted": float(odds.uniform("soft", "unwanted", *key) >= chance.unwanted),
    }


def hard(severity: Severity | None, kind: TripletKind, noise: float, *key: str | int) -> tuple[float, float]:
    """A judge's adherence and aesthetics of a triplet whose worst flaw is `severity`.

    An attempt is judged among many doubtful ones; an inverse or a composite of pictures that have survived is a
    check, and surer. `noise` widens the marks around the same truth.
    """
    chance = (FORWARD if kind == "forward" else CHECK)[severity]
    if odds.uniform("hard", "lapse", *key) < chance.lapse * min(1.0, noise):
        return _mark(0.5, 0.35, 2.1, "hard", "low", *key), _mark(0.5, 0.4, 3.4, "hard", "fair", *key)
    adherence = _mark(chance.adherence, chance.spread * max(0.05, noise), BAR, "hard", "adherence", *key)
    aesthetics = _mark(chance.aesthetics, chance.spread * max(0.05, noise), BAR, "hard", "aesthetics", *key)
    return adherence, aesthetics


def worst(*severities: Severity | None) -> Severity | None:
    """The severity that an observer of several pictures goes by."""
    order: tuple[Severity, ...] = ("blatant", "unseen", "subtle")
    return next((severity for severity in order if severity in severities), None)
