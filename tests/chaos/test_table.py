"""The table of storms: whole, and fit for a page in Markdown."""

from tests.chaos import table
from tests.chaos.rig import Outcome

FIRST = Outcome("kill -9", 3, {"kill -9": 2, "sent again by the sweep": 1}, 10.4, 1200, 80, 0, 0, 0, 0)
SECOND = Outcome("5 % poison", 3, {"poison": 30}, 20.4, 900, 70, 1, 2, 3, 4)


def test_every_line_has_a_cell_for_every_heading() -> None:
    lines = [*table.head().splitlines(), table.row(FIRST), table.total([FIRST, SECOND])]
    assert {line.count("|") for line in lines} == {len(table.HEADINGS) + 1}


def test_a_storm_is_told_with_all_that_was_done_to_it() -> None:
    told = "| kill -9 | 3 | 2 kill -9, 1 sent again by the sweep | 10 | 1,200 | 80 | 0 | 0 | 0 | 0 |"
    assert table.row(FIRST) == told


def test_all_storms_are_summed() -> None:
    assert table.total([FIRST, SECOND]) == "| all |  | 33 | 31 | 2,100 | 150 | 1 | 2 | 3 | 4 |"
