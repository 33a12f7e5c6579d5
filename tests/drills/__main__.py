"""Runs the fault drills, prints which alerts fired and when, as a table in Markdown; fails unless all is as expected.

python -m tests.drills                       all of them at once (two to three minutes)
python -m tests.drills --only "the judge hangs"
"""

import argparse
import sys
import tempfile
from pathlib import Path

from tests.drills.drill import DRILLS, TIMES, Outcome, run

HEADINGS = ("done to it", "alerts to fire", "fired", "after, as if", "ended after, as if")


def main() -> int:
    """Run, print, and fail when anything but what was expected fired."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", choices=[drill.name for drill in DRILLS])
    only = parser.parse_args().only
    drills = [drill for drill in DRILLS if only is None or drill.name in only]
    with tempfile.TemporaryDirectory() as name:
        outcomes = run(Path(name), drills, lambda text: print(text, flush=True))
    print(f"\n{_line(HEADINGS)}\n{_line(['---'] * len(HEADINGS))}")
    for outcome in outcomes:
        print(_line(_cells(outcome)))
    for text in (said for outcome in outcomes for said in outcome.said):
        print(f"\n- {text}")
    return 0 if all(outcome.fine for outcome in outcomes) else 1


def _cells(outcome: Outcome) -> list[str]:
    return [
        outcome.drill.name, _names(outcome.drill.expected), _names(outcome.fired),
        *(_minutes(seconds) if outcome.drill.expected else "–" for seconds in (outcome.fired_s, outcome.ended_s)),
    ]  # fmt: skip


def _names(alerts: frozenset[tuple[str, str]]) -> str:
    return ", ".join(f"{name} ({severity})" for name, severity in sorted(alerts)) or "none"


def _minutes(seconds: float | None) -> str:
    """In the rules' own time, which runs faster."""
    return "never" if seconds is None else f"{seconds * TIMES / 60:.0f} min"


def _line(cells: list[str] | tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    sys.exit(main())
