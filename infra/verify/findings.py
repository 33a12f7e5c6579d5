"""What a verification found: problems, one line each, how much was looked at, and what was not there to be checked."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field

Told = Callable[[int, int], None]
"""Told (done, in all)."""
Stage = Callable[[str], AbstractContextManager[Told]]
"""Opens the progress of a stage, by what it goes through."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One line: what, where, what next."""

    area: str
    line: str


@dataclass
class Findings:
    """Problems in the order found; `checked` counts by area; `notes` say what was not checked, and what is no error."""

    problems: list[Problem] = field(default_factory=list)
    checked: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)

    def bad(self, area: str, where: str, what: str, hint: str) -> None:
        """Note a problem."""
        self.told(area, f"{where} {what}; {hint}")

    def told(self, area: str, line: str) -> None:
        """Note a problem that is told in one line already."""
        self.problems.append(Problem(area, " ".join(line.split())))

    def as_dict(self) -> dict[str, object]:
        """Plain JSON values."""
        problems = [{"area": problem.area, "line": problem.line} for problem in self.problems]
        return {"problems": problems, "checked": dict(self.checked), "notes": self.notes}

    def areas(self) -> list[tuple[str, int, int]]:
        """(area, how much was checked, problems) of each."""
        found = Counter(problem.area for problem in self.problems)
        return [(area, self.checked[area], found[area]) for area in dict.fromkeys((*self.checked, *found))]


@contextmanager
def silent(_what: str) -> Iterator[Told]:
    """No progress."""
    yield lambda _done, _total: None
