"""Repeatable chance for the null and simulated models: every draw is a function of what it is drawn for.

The defaults reproduce the survival rates of the paper's funnel (arXiv 2507.14119, 63,292 prompts): difficulty per
request ~ Beta(3.0, 16.6) gives 15.3 % surviving attempts and 53 % won requests at five attempts each.
"""

import random
from functools import lru_cache
from typing import Literal

from schemas.ids import digest

GATE_YES = 0.44
SOFT_PASS = 0.43
PIXEL_PASS = 0.97
HARD_PASS = 0.368
DIFFICULTY = (3.0, 16.6)

Outcome = Literal["good", "soft", "pixels", "hard"]
"""An attempt is good, or the first stage that turns it down: soft screen, pixel check, hard judge."""


def uniform(*parts: str | int) -> float:
    """A draw in [0, 1) that depends on `parts` only."""
    return int(digest("odds", *parts)[:13], 16) / 16.0**13


@lru_cache(maxsize=1 << 12)
def success_rate(request_id: str) -> float:
    """How likely one attempt at this request survives every stage; Beta distributed over requests."""
    return random.Random(digest("difficulty", request_id)).betavariate(*DIFFICULTY)


def outcome(request_id: str, attempt: int) -> Outcome:
    """What becomes of one attempt, so that each stage's survival is the paper's."""
    draw = uniform("attempt", request_id, attempt)
    success = success_rate(request_id)
    if draw < success:
        return "good"
    lost = (draw - success) / (1.0 - success)
    soft, pixels = 1.0 - SOFT_PASS, SOFT_PASS * (1.0 - PIXEL_PASS)
    whole = 1.0 - SOFT_PASS * PIXEL_PASS * HARD_PASS
    if lost < soft / whole:
        return "soft"
    return "pixels" if lost < (soft + pixels) / whole else "hard"
