"""On real photographs every proposed edit, done exactly, is accepted; done wrongly, it is not."""

from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from schemas.taxonomy import taxonomy
from tests.unit.photographic.scenes import judgement, request
from workers.judges.measured import Judge
from workers.photographic.choosing import fitting
from workers.photographic.operations import OPERATIONS, apply
from workers.plugin import Options

skimage = pytest.importorskip("skimage", reason="the demo extra is not installed")
SHOWN = ("astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg")


@pytest.mark.parametrize("name", SHOWN)
def test_proposed_edits_are_accepted_exactly_when_they_are_exact(name: str) -> None:
    path = Path(skimage.__file__).parent / "data" / name
    with PIL.Image.open(path) as opened:
        source = np.asarray(opened.convert("RGB").reduce(2), np.uint8)
    for effect in fitting(source, name):
        exact, stray = (apply(source, e, 9) for e in (effect, OPERATIONS[effect.operation].stray(effect, 0.4)))
        tasks = [judgement(source, exact, request(effect)), judgement(source, stray, request(effect))]
        if taxonomy().has_inverse(effect.operation):
            tasks.append(judgement(exact, source, request(effect), "inverse"))
        scores = [min(found.adherence, found.aesthetics) for found in Judge(Options()).judge(tasks)]  # type: ignore[union-attr]
        assert [score >= 4.7 for score in scores] == [True, False, True][: len(scores)], effect
