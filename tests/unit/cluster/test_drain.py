"""A stage is drained once nothing is left before it, and nothing can come from a prompter that has not heard yet."""

from collections.abc import Sequence

from infra.cli import control
from tests.contract.clocks import FakeClock


def looks(*found: int) -> tuple[Sequence[int], list[str]]:
    """What is left to be seen when the wait is over, of what there is at each look; and what was said."""
    clock, left, said = FakeClock(), list(found), list[str]()
    control._await_quiet(lambda: left.pop(0), said.append, clock.monotonic, clock.advance)
    return left, said


def test_what_the_prompter_brings_in_before_it_hears_is_worked_off_too() -> None:
    left, said = looks(0, 0, 64, 3, 3, 0, 0, 0, 0, 99)
    assert left == [99]
    assert said == ["64 messages before it or in its hands", "3 messages before it or in its hands"]


def test_an_idle_pipeline_is_looked_at_for_as_long_as_the_prompter_may_take_to_hear() -> None:
    left, said = looks(0, 0, 0, 0, 0, 99)
    assert (left, said) == ([99], [])
