"""A triplet's lineage in the records: what is missing, and what its policy would not have accepted."""

from collections.abc import Sequence

import pytest

from infra.verify.lineage import broken
from schemas.messages import Triplet
from streams.records import Event
from streams.rules.policy import Policy
from tests.unit.reading.making import gate, judge, ref, request, screen, subject, triplet
from tests.unit.rules.telling import BAR, policy

ONE, REMOVE, RECOLOR = subject(), request(), request("paint the door blue", "recolor")
EDITED, SECOND = ref(b"edited"), ref(b"second")
GOOD = {BAR: 0.9}
FORWARD = triplet(ONE, REMOVE, EDITED).model_copy(update={"checked": "inverse"})
INVERSE = triplet(ONE, REMOVE, EDITED, kind="inverse", operation="add", scores=(4.9, 4.9))
COMPOSITE = triplet(
    ONE, REMOVE, EDITED, kind="composite", second=(RECOLOR, SECOND), operation="composite", scores=(4.7, 4.8)
)
POLICY = policy(inverts=True, neighbours=1)
RECORDS: list[Event] = [
    gate(ONE),
    screen(ONE, REMOVE, 0, GOOD, EDITED), judge(ONE, REMOVE, (4.9, 4.8), image=EDITED),
    screen(ONE, RECOLOR, 0, GOOD, SECOND), judge(ONE, RECOLOR, (4.8, 4.8), image=SECOND),
    judge(ONE, REMOVE, (4.9, 4.9), kind="inverse", image=EDITED),
    judge(ONE, REMOVE, (4.7, 4.8), kind="composite", other=RECOLOR, image=EDITED),
]  # fmt: skip


def wrong(events: Sequence[Event], one: Triplet = FORWARD, decided: Policy | None = POLICY) -> str:
    return " / ".join(broken(one, events, decided))


@pytest.mark.parametrize("one", [FORWARD, INVERSE, COMPOSITE], ids=lambda one: one.kind)
def test_a_whole_lineage_lacks_nothing(one: Triplet) -> None:
    assert wrong(RECORDS, one) == wrong(RECORDS[::-1], one) == ""


@pytest.mark.parametrize(
    ("lost", "one", "says"),
    [
        (0, FORWARD, "no gate let through"),
        (1, FORWARD, "tell no screening"),
        (2, FORWARD, "tell no judgement"),
        (2, INVERSE, "tell no judgement"),
        (3, COMPOSITE, "tell no screening"),
        (4, COMPOSITE, "tell no judgement"),
        (5, FORWARD, "was checked by its inverse"),
        (5, INVERSE, "that the records do not tell"),
        (6, COMPOSITE, "that the records do not tell"),
    ],
)
def test_each_answer_it_rests_on_is_missed(lost: int, one: Triplet, says: str) -> None:
    assert says in wrong([*RECORDS[:lost], *RECORDS[lost + 1 :]], one)


@pytest.mark.parametrize(
    ("place", "told", "says"),
    [
        (0, gate(ONE, yes=False), "no gate let through"),
        (1, screen(ONE, REMOVE, 0, {BAR: 0.1}, EDITED), "which a screen turned down"),
        (1, screen(ONE, REMOVE, 0, GOOD, SECOND), "tell no screening"),
        (2, judge(ONE, REMOVE, (4.9, 4.1), image=EDITED), "which the judge did not accept"),
        (2, judge(ONE, REMOVE, (4.9, 4.8), attempt=1, image=EDITED), "tell no judgement"),
        (5, judge(ONE, REMOVE, (1.0, 4.9), kind="inverse", image=EDITED), "fails the backward check"),
    ],
)
def test_an_answer_that_says_otherwise_is_found(place: int, told: Event, says: str) -> None:
    assert says in wrong([*RECORDS[:place], told, *RECORDS[place + 1 :]])


def test_a_triplet_below_its_bars_is_found() -> None:
    low = triplet(ONE, REMOVE, EDITED, kind="inverse", operation="add", scores=(4.9, 4.6))
    told = [*RECORDS[:5], judge(ONE, REMOVE, (4.9, 4.6), kind="inverse", image=EDITED)]
    assert "below the bars of its policy told" in wrong(told, low)
    assert wrong(told, low, None) == ""
