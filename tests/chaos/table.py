"""The chaos table, as a page in Markdown takes it: a line for each storm, and one for all."""

from collections import Counter
from collections.abc import Sequence

from tests.chaos.rig import Outcome

HEADINGS = ("storm", "seed", "done to it", "seconds", "events", "triplets", "lost", "more", "twice", "stuck")


def line(cells: Sequence[str]) -> str:
    """Cells side by side."""
    return f"| {' | '.join(cells)} |"


def head() -> str:
    """What stands above the storms."""
    return f"{line(HEADINGS)}\n|{'---|' * len(HEADINGS)}"


def row(outcome: Outcome) -> str:
    """A storm."""
    done = ", ".join(f"{count} {what}" for what, count in outcome.faults.items())
    return line((outcome.name, str(outcome.seed), done, f"{outcome.seconds:.0f}", *_numbers([outcome])))


def total(outcomes: Sequence[Outcome]) -> str:
    """All storms together."""
    done: Counter[str] = Counter()
    for outcome in outcomes:
        done.update(outcome.faults)
    return line(("all", "", str(done.total()), f"{sum(one.seconds for one in outcomes):.0f}", *_numbers(outcomes)))


def _numbers(outcomes: Sequence[Outcome]) -> list[str]:
    found = [(one.events, one.triplets, one.lost, one.more, one.twice, one.stuck) for one in outcomes]
    return [f"{sum(column):,}" for column in zip(*found, strict=True)]
