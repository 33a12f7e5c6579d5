"""What the paper reports (arXiv 2507.14119, v2), to hold our own numbers against; "derived" is arithmetic on those."""

from collections.abc import Mapping
from typing import NamedTuple


class Reported(NamedTuple):
    """How many were left after a stage of the paper's run, and what that is of the stage it counts against."""

    left: int
    rate: float


FUNNEL: Mapping[str, Reported] = {
    "prompts": Reported(63_292, 1.0),
    "images": Reported(1_171_773, 1_171_773 / 63_292),  # 18.5 a prompt
    "gate": Reported(515_584, 515_584 / 1_171_773),  # 44 %
    "attempts": Reported(3_072_385, 3_072_385 / 515_584),  # 5.96 a kept source
    "soft": Reported(1_321_126, 1_321_126 / 3_072_385),  # 43 %
    "pixels": Reported(1_281_492, 1_281_492 / 1_321_126),  # 97 %
    "hard": Reported(471_523, 471_523 / 1_281_492),  # 36.8 %
    "best": Reported(325_287, 325_287 / 471_523),  # 69 %
    "inversion": Reported(633_904, 633_904 / 325_287 - 1),  # +94.9 %
    "composition": Reported(828_212, 828_212 / 633_904 - 1),  # +30.7 %
    "consistency": Reported(720_088, 720_088 / 828_212 - 1),  # -13.1 %
}
"""The funnel of 63,292 prompts, in the paper's order."""

ATTEMPTS_PER_WINNER = 3_072_385 / 325_287
"""9.45 (derived)."""
EDITS_PER_TRIPLET = 3_072_385 / 720_088
"""4.27 (derived)."""
IMAGES_PER_TRIPLET = 1_171_773 / 720_088
"""1.63 (derived)."""
HARD_CALLS_PER_TRIPLET = 1_281_492 / 720_088
"""1.78 (derived), forward triplets only."""
REQUESTS_WON = 0.53
"""Share of (source, instruction) pairs with a survivor, had each been given five attempts (derived)."""

HARD_BAR = 4.7
"""Each score of a kept attempt is at least this."""
JUDGE_PRECISION = 0.834
"""The tuned assessor's precision at 4.7, against human scores above 4.0 on 827 validation examples."""
JUDGE_RECALL = 0.446
"""The tuned assessor's recall at 4.7, same examples."""
JUDGE_MAE: Mapping[str, float] = {"adherence": 0.503, "aesthetics": 0.568}
"""The tuned assessor's mean absolute error against people, their bias removed, same examples."""
JUDGE_RHO: Mapping[str, float] = {"adherence": 0.815, "aesthetics": 0.631}
"""Its Spearman correlation with them."""
LABELLED_GOOD = 4.0
"""An example is positive where both human scores are above this."""


class Scored(NamedTuple):
    """Mean scores of a data set by the paper's judge; the paper gives some data sets the geometric mean alone."""

    adherence: float | None
    aesthetics: float | None
    geometric_mean: float


SCORED: Mapping[str, Scored] = {
    "NHR": Scored(4.56, 4.52, 4.53),
    "OmniEdit": Scored(4.21, 4.35, 4.23),
    "Seed-3": Scored(None, None, 4.13),
    "ImgEdit": Scored(None, None, 3.49),
    "HQ-Edit": Scored(None, None, 3.45),
    "AnyEdit": Scored(None, None, 3.44),
    "MagicBrush": Scored(None, None, 3.38),
    "InstructPix2Pix": Scored(None, None, 3.30),
    "UltraEdit": Scored(2.67, 3.30, 2.92),
}
"""Data sets side by side, 5,000 samples each, best first. By the paper's own tuned judge: of other judges' scores only
the order can be compared with these."""
