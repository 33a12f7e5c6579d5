"""Labels by people who do not exist: true scores, raters with set offsets and noise, a judge with its own."""

from collections.abc import Mapping, Sequence

import numpy as np

from schemas.messages import Scores
from streams.calibrating.samples import Sample
from streams.labels import Label

OFFSETS: Mapping[str, float] = {"ada": 0.4, "bob": 0.0, "cleo": -0.4}
OPERATIONS = ("remove", "recolor", "style")
JUDGE = "vlm@0123456789ab"


def labels(
    pairs: int, seed: int = 0, offsets: Mapping[str, float] = OFFSETS, raters: int = 2, noise: float = 0.3,
    judge_noise: float = 0.5, judge: str = JUDGE, operations: Sequence[str] = OPERATIONS, bar: float = 4.7,
    lowest: float = 1.0, highest: float = 5.0,
) -> list[Label]:  # fmt: skip
    """Labels of pairs whose true scores are spread evenly, each by `raters` of the raters, in turns."""
    random = np.random.default_rng(seed)
    names, found = sorted(offsets), []
    for number in range(pairs):
        true = random.uniform(lowest, highest, 2)
        said = np.clip(true + random.normal(0, judge_noise, 2), 1, 5)
        for rater in (names[(number + turn) % len(names)] for turn in range(raters)):
            given = np.clip(true + offsets[rater] + random.normal(0, noise, 2), 1, 5)
            found.append(_label(number, rater, given.tolist(), said.tolist(), judge, operations, bar))
    return found


def _label(
    number: int, rater: str, given: Sequence[float], said: Sequence[float], judge: str, operations: Sequence[str],
    bar: float,
) -> Label:  # fmt: skip
    return Label(
        triplet_id=f"{number:032x}", attempt=number % 5, kind="forward", operation=operations[number % len(operations)],
        instruction=f"Edit {number}.", before=f"{number:064x}", after=f"{number + 1:064x}", rater=rater,
        adherence=given[0], aesthetics=given[1], job_id=f"{number:032x}", judge=judge,
        judged=Scores(adherence=said[0], aesthetics=said[1]), accepted=min(said) >= bar, at=1_750_000_000.0 + number,
    )  # fmt: skip


def sample(
    pairs: int, seed: int = 0, judge_noise: float = 0.5, noise: float = 0.2, operations: Sequence[str] = OPERATIONS,
    rounded: bool = True,
) -> Sample:  # fmt: skip
    """What those labels would come to, without the labels: `noise` is what is left of the raters'."""
    random = np.random.default_rng(seed)
    true = random.uniform(2.5, 5.0, (pairs, 1)) + random.normal(0, 0.3, (pairs, 2))
    human = np.clip(true + random.normal(0, noise, (pairs, 2)), 1, 5)
    judged = np.clip(true + random.normal(0, judge_noise, (pairs, 2)), 1, 5)
    named = tuple(operations[number % len(operations)] for number in range(pairs))
    return Sample(
        JUDGE, tuple(f"{number:032x}-0" for number in range(pairs)), named, human,
        np.round(judged, 1) if rounded else judged, np.ones(pairs),
    )  # fmt: skip
