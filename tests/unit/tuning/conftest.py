"""A small campaign whose judged pairs people have labelled."""

import pytest

from schemas import messages as m
from streams import labels, opinions
from streams.opinions import Opinion
from tests.unit.gallery.test_labelling import opinion, seen
from tests.unit.report.scenes import Campaign


@pytest.fixture
def own() -> Campaign:
    return Campaign(6, ("remove", "recolor"), smaller=4)


@pytest.fixture
def verdicts(own: Campaign) -> dict[str, m.JudgeVerdict]:
    """Those whose pictures are kept, by pair."""
    return seen(own)


@pytest.fixture
def said(own: Campaign, verdicts: dict[str, m.JudgeVerdict]) -> list[Opinion]:
    """Two raters' labels of all of them, kept there: ada gives half a point less."""
    for number, one in enumerate(verdicts.values()):
        base = 4.5 if one.adherence > 4.7 else 2.5
        for rater, by in (("ada", -0.5), ("bob", 0.5)):
            note = "the hills  changed" if rater == "bob" and number % 3 == 0 else ""
            labels.keep(own.blobs, opinion(one, rater, base + by, 3.5 + by, note))
    return list(opinions.from_labels(labels.latest(own.blobs)))
