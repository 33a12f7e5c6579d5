"""Several screens as one: each adds its measures, and a missed cut-off spares the screens that follow."""

from collections.abc import Mapping, Sequence
from typing import Any

from schemas.messages import Bar, Candidate
from schemas.ports import Billed, Info, Screened, Task, Usage
from workers import roster
from workers.plugin import Options, PlugIn


class ChainOptions(Options):
    """The recipes of the screens, in order."""

    recipes: tuple[str, ...]


class Chain(PlugIn[ChainOptions]):
    """Screens in order. `names` are theirs; `INFO` combines theirs."""

    def __init__(self, screens: Mapping[str, PlugIn[Any]]) -> None:
        recipes = tuple(roster.recipe("screen", name, screen) for name, screen in screens.items())
        super().__init__(ChainOptions(recipes=recipes))
        self._screens = screens
        infos = [screen.INFO for screen in screens.values()]
        self.INFO = Info(  # type: ignore[misc]  # one chain's own combination, not the class's
            summary=" then ".join(screens),
            dear=any(info.dear for info in infos),
            reads_images=any(info.reads_images for info in infos),
            batch=min(info.batch for info in infos),
            licence=" and ".join(dict.fromkeys(info.licence for info in infos)),
            commercial=_commercial([info.commercial for info in infos]),
            memory_gb=sum(info.memory_gb for info in infos),
        )

    def load(self) -> None:
        """Load every screen."""
        for screen in self._screens.values():
            screen.access = self.access
            screen.load()

    def check(self) -> Sequence[str]:
        """What keeps any screen from working here."""
        for screen in self._screens.values():
            screen.access = self.access
        return [f"{name}: {line}" for name, screen in self._screens.items() for line in screen.check()]

    def screen(self, tasks: Sequence[Task[Candidate]]) -> list[Screened | Exception | Billed]:
        """All measures of all screens, and what they took; screens spared by a cut-off are named in `skipped`."""
        answers: list[Screened | Exception] = [Screened({}) for _ in tasks]
        usages = [Usage() for _ in tasks]
        for name, screen in self._screens.items():
            shown = [at for at, answer in enumerate(answers) if self._wanted(tasks[at], answer)]
            results = roster.run(roster.KINDS["screen"], screen, [tasks[at] for at in shown]) if shown else ()
            given = dict(zip(shown, results, strict=True))
            for at, result in given.items():
                if isinstance(result, Billed):
                    given[at], usages[at] = result.result, usages[at].plus(result.usage)
            answers = [_joined(answer, given.get(at), name) for at, answer in enumerate(answers)]
        return [Billed(answer, usage) if any(usage) else answer for answer, usage in zip(answers, usages, strict=True)]

    def _wanted(self, task: Task[Candidate], answer: Screened | Exception) -> bool:
        return isinstance(answer, Screened) and not _misses(task.job.job.cutoffs, answer.measures)


def _commercial(each: Sequence[bool | None]) -> bool | None:
    """Of all together: no where one says no, unknown where one is unknown."""
    return False if False in each else None if None in each else True


def _misses(cutoffs: Mapping[str, Bar], measures: Mapping[str, float]) -> bool:
    return any(name in measures and not bar.holds(measures[name]) for name, bar in cutoffs.items())


def _joined(answer: Screened | Exception, given: Any, name: str) -> Screened | Exception:
    if isinstance(answer, Exception) or isinstance(given, Exception):
        return given if isinstance(given, Exception) else answer
    if given is None:
        return Screened(answer.measures, answer.reason, (*answer.skipped, name))
    reason = "; ".join(part for part in (answer.reason, given.reason) if part)
    return Screened({**answer.measures, **given.measures}, reason, answer.skipped)


def parse(text: str) -> tuple[str, PlugIn[Any]]:
    """The recipe name and the screen for "NAME,NAME:option=value,option=value,NAME"; one screen needs no chain."""
    parts: list[str] = []
    for part in text.split(","):
        if "=" in part.partition(":")[0] and parts:  # an option, whose value may hold a colon, as a URL does
            parts[-1] += f",{part}"
        else:
            parts.append(part.strip())
    screens = {part.partition(":")[0]: roster.parse("screen", part) for part in parts}
    if len(screens) == 1:
        name, screen = next(iter(screens.items()))
        return roster.recipe("screen", name, screen), screen
    chain = Chain(screens)
    return roster.recipe("screen", "+".join(screens), chain), chain
