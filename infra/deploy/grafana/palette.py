"""What colours mean, the same on every dashboard: good, doubtful, bad, and names that always look alike."""

from collections.abc import Sequence
from typing import NamedTuple

GOOD, DOUBTFUL, BAD, PLAIN, FAINT = "green", "orange", "red", "blue", "#8e8e8e"


class Step(NamedTuple):
    """From this value on (None: from the start) it is that colour."""

    value: float | None
    colour: str


class Look(NamedTuple):
    """How series of that name (a regular expression) are drawn; `of` is the label whose values are called so."""

    name: str
    colour: str
    of: str = ""
    dashed: bool = False


Steps = tuple[Step, ...]
NEUTRAL: Steps = (Step(None, PLAIN),)
"""Neither good nor bad."""


def above(bad: float, doubtful: float | None = None) -> Steps:
    """Bad from there on, doubtful from here on, good below."""
    middle = () if doubtful is None else (Step(doubtful, DOUBTFUL),)
    return Step(None, GOOD), *middle, Step(bad, BAD)


def below(bad: float, doubtful: float) -> Steps:
    """Bad below the first, doubtful below the second, good from there on."""
    return Step(None, BAD), Step(bad, DOUBTFUL), Step(doubtful, GOOD)


LOOKS: Sequence[Look] = (
    Look("paper$", FAINT, dashed=True),
    Look("^limit$", BAD, dashed=True),
    Look(" total$", BAD, of="state", dashed=True),
    Look("^(accepted|answered|standing)$", GOOD, of="outcome"),
    Look("^(rejected|resent)$", DOUBTFUL, of="outcome"),
    Look("^failed$", BAD, of="outcome"),
    Look("^forward$", "blue", of="kind"),
    Look("^inverse$", "purple", of="kind"),
    Look("^composite$", "yellow", of="kind"),
)
"""Of lines and bars; every other name has the colour that Grafana's palette gives it, by name, everywhere the same."""
