"""Two campaigns side by side: numbers, words and lines."""

from collections.abc import Sequence

import pytest

from streams.statistics.comparing import Compared, verdict
from streams.statistics.counting import Counts
from streams.statistics.intervals import Interval, Kind, Told
from streams.statistics.summary import CSV_COLUMNS, compare, summarize
from streams.statistics.yielding import AXES
from tests.unit.reading.making import Bars, gate, judge, request, screen, triplet
from tests.unit.statistics.test_counting import BAD, FINE, GOOD, POOR, SOFT, Story, counted, source

LEVEL = 0.99
ASKED = request()


def campaign(name: str, lost: int, prompts: int = 60, style: str = "watercolour") -> Counts:
    """Every prompt has one request with `lost` lost attempts before its survivor, in every third prompt one more."""
    stories: list[Story] = []
    for number in range(prompts):
        of = source(f"{name} {number}", f"p{number}", name).model_copy(update={"style": style})
        tries = lost + (number % 3 == 0)
        events = [gate(of), *(screen(of, ASKED, at, BAD | SOFT) for at in range(tries)), screen(of, ASKED, tries, GOOD)]
        stories.append(([*events, judge(of, ASKED, FINE, tries, measures=GOOD)], [triplet(of, ASKED)]))
    return counted(stories)


@pytest.fixture(scope="module")
def pair() -> tuple[Counts, Counts]:
    return campaign("lakes", 1), campaign("towns", 3)


def row(rows: Sequence[Compared], key: str) -> Compared:
    return next(one for one in rows if one.key == key)


def test_what_differs_is_clear_and_said_in_words(pair: tuple[Counts, Counts]) -> None:
    found = compare(*pair, LEVEL, AXES)
    edits = row(found.costs, "edits_per_triplet")
    assert edits.change == pytest.approx((1 + 1 / 3 + 1) / (3 + 1 / 3 + 1) - 1)
    assert edits.clear
    assert verdict(edits).startswith("fewer edits per triplet: 2.33 vs 4.33, −46.2 % [")
    assert not row(found.stages, "gate").clear
    assert verdict(row(found.stages, "gate")) == "same share past the gate: 100.0 %"


def test_what_neither_spent_is_no_row_and_what_one_lacks_is_said(pair: tuple[Counts, Counts]) -> None:
    found = compare(pair[0], counted([([gate(source("s", "p"), yes=False)], [])]), LEVEL, AXES)
    edits = row(found.costs, "edits_per_triplet")
    assert (edits.theirs, edits.change, edits.p, edits.clear) == (None, None, None, False)
    assert verdict(edits) == "edits per triplet: not known of both"
    assert [one.key for one in compare(counted([]), counted([]), LEVEL, AXES).costs] == []


def test_yields_of_labels_that_only_one_has_stand_there_too() -> None:
    found = compare(campaign("lakes", 1), campaign("towns", 1, style="oil"), LEVEL, ["style"]).yields["style"]
    assert [(one.key, one.ours is None, one.theirs is None) for one in found] == [
        ("oil", True, False), ("watercolour", False, True)
    ]  # fmt: skip


def test_precision_is_compared_where_the_truth_is_known(pair: tuple[Counts, Counts]) -> None:
    keys = {one.key for one in compare(*pair, LEVEL, AXES).truth}
    assert keys == {
        f"{stage}.{which}" for stage in ("screen", "judge", "pipeline") for which in ("precision", "recall")
    }


@pytest.mark.parametrize(
    ("kind", "ours", "theirs", "change", "clear", "said"),
    [
        ("ratio", 3.2, 4.3, -0.25, True, "fewer edits: 3.2 vs 4.3, −25.0 % [−35.0, −15.0]"),
        ("ratio", 4.3, 3.2, 0.34, True, "more edits: 4.3 vs 3.2, +34.0 % [+24.0, +44.0]"),
        ("share", 0.4, 0.5, -0.1, True, "lower edits: 40.0 % vs 50.0 %, −10.0 points [−20.0, +0.0]"),
        ("gain", -0.1, -0.15, 0.05, False,
         "no clear difference in edits: −10.0 % vs −15.0 %, +5.0 points [−5.0, +15.0]"),
    ],
)  # fmt: skip
def test_a_verdict_is_one_line(kind: Kind, ours: float, theirs: float, change: float, clear: bool, said: str) -> None:
    around = Interval(change - 0.1, change + 0.1)
    row = Compared("e", "edits", kind, Told(ours, None), Told(theirs, None), change, around, 0.001, clear)
    assert verdict(row) == said


def test_a_row_says_whether_its_interval_holds_the_papers_value() -> None:
    rows = {one.key: one.covered for one in summarize(campaign("lakes", 1), LEVEL, AXES).funnel}
    assert rows["gate"] is False  # all of them passed
    assert rows["prompts"] is None
    tough: list[Story] = [([gate(source(f"s{at}", f"p{at}"), yes=at % 9 < 4)], []) for at in range(90)]
    assert {one.key: one.covered for one in summarize(counted(tough), LEVEL, AXES).funnel}["gate"] is True


def test_small_groups_come_last_and_are_marked() -> None:
    rare = source("rare", "rare").model_copy(update={"style": "ink"})
    stories: list[Story] = []
    for of in (source(f"s{number}", f"p{number}") for number in range(30)):
        screens = [screen(of, ASKED, at) for at in range(2)]
        stories.append(([gate(of), *screens, judge(of, ASKED, POOR, 0), judge(of, ASKED, FINE, 1)], []))
    stories.append(([gate(rare), screen(rare, ASKED, 0), judge(rare, ASKED, FINE, 0)], []))
    found = summarize(counted(stories), LEVEL, ["style"]).yields["style"]
    assert [(one.label, one.few) for one in found] == [("watercolour", False), ("ink", True)]


def test_every_rate_and_every_change_is_a_line_of_the_table(pair: tuple[Counts, Counts]) -> None:
    lines = [*summarize(pair[0], LEVEL, AXES).lines("lakes"), *compare(*pair, LEVEL, AXES).lines("both")]
    assert {len(line) for line in lines} == {len(CSV_COLUMNS)}
    told = {line[:4]: line[4] for line in lines}
    assert len(told) == len(lines)
    assert told["lakes", "funnel", "gate", "rate"] == 1.0
    assert told["lakes", "attempts", "2", "reached"] == pytest.approx(2 / 3)
    assert told["both", "figures", "images_per_triplet", "change"] == 0.0
    assert ("both", "operation", "remove", "change") in told


def test_nothing_is_counted_of_nothing() -> None:
    summary = summarize(Counts(Bars()), LEVEL, AXES)
    assert (summary.campaigns, summary.attempts, summary.truth) == ([], [], [])
    assert all(one.rate is None for one in summary.funnel)
