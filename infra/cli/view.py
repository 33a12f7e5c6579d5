"""What `nhr mine` shows: a live table on a terminal, plain lines elsewhere, JSON lines on request."""

import json
import sys
import time
from collections.abc import Iterator
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from infra.engine import Progress
from schemas import topics
from streams.funnel import Stage

PLAIN_EVERY_S = 5.0
GROUPS = {
    "generator": topics.PROMPTS, "gate": topics.SOURCES, "editor": topics.EDIT_JOBS, "screen": topics.CANDIDATES,
    "judge": topics.JUDGE_JOBS, "writer": topics.TEXT_JOBS, "director": topics.VERDICTS,
    "recorder": topics.VERDICTS, "collector": topics.TRIPLETS,
}  # fmt: skip


class View(Protocol):
    """Something that shows progress while it is open, and a summary at the end."""

    def __enter__(self) -> Self:
        """Open."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Close."""

    def show(self, progress: Progress) -> None:
        """The state of things, several times a second."""

    def note(self, text: str) -> None:
        """Something to be told now."""

    def summary(self, progress: Progress) -> None:
        """The result."""


def choose(as_json: bool) -> View:
    """The view that suits where the output goes."""
    if as_json:
        return JsonView()
    return LiveView() if sys.stdout.isatty() else PlainView()


class _Quiet:
    """Opening and closing that do nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        return None


class LiveView(_Quiet):
    """A table that updates in place."""

    def __init__(self) -> None:
        self._console = Console()
        self._live = Live(console=self._console, refresh_per_second=4, transient=True)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._live.stop()

    def show(self, progress: Progress) -> None:
        """Redraw."""
        self._live.update(Group(_headline(progress), _funnel(progress), _groups(progress), *_skipped(progress)))

    def note(self, text: str) -> None:
        """A line above the table."""
        self._console.print(text, style="yellow", highlight=False)

    def summary(self, progress: Progress) -> None:
        """The funnel, and what to do next."""
        self._console.print(Group(_headline(progress, bars=False), _funnel(progress), *_skipped(progress)))
        self._console.print(_next(progress), highlight=False)


class PlainView(_Quiet):
    """A line every few seconds, for logs."""

    def __init__(self) -> None:
        self._next_at = 0.0
        self._told = 0

    def show(self, progress: Progress) -> None:
        """A line, when it is time for one; each skipped input once."""
        for item in progress.skipped[self._told :]:
            self._told += 1
            self.note(f"skipped {item.what}: {item.reason}")
        if time.monotonic() >= self._next_at:
            self._next_at = time.monotonic() + PLAIN_EVERY_S
            self.note(_line(progress))

    def note(self, text: str) -> None:
        """A line."""
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()

    def summary(self, progress: Progress) -> None:
        """The funnel as text, and what to do next."""
        console = Console(file=sys.stdout, width=100, no_color=True, highlight=False)
        console.print(_headline(progress, bars=False))
        console.print(_funnel(progress, bars=False))
        console.print(_next(progress))


class JsonView(_Quiet):
    """JSON lines: {"event": "progress" | "note" | "skipped" | "summary", ...}."""

    def __init__(self) -> None:
        self._next_at = 0.0
        self._told = 0

    def _write(self, event: str, **fields: object) -> None:
        sys.stdout.write(json.dumps({"event": event, **fields}, ensure_ascii=False) + "\n")
        sys.stdout.flush()

    def show(self, progress: Progress) -> None:
        """A line, when it is time for one; each skipped input once."""
        for item in progress.skipped[self._told :]:
            self._told += 1
            self._write("skipped", what=item.what, reason=item.reason)
        if time.monotonic() >= self._next_at:
            self._next_at = time.monotonic() + PLAIN_EVERY_S
            self._write("progress", **_facts(progress))

    def note(self, text: str) -> None:
        """A note."""
        self._write("note", text=text)

    def summary(self, progress: Progress) -> None:
        """All counts."""
        self._write("summary", **_facts(progress), funnel=progress.funnel.as_dict())


def _facts(progress: Progress) -> dict[str, object]:
    return {
        "campaign": progress.order.campaign,
        "phase": progress.phase,
        "elapsed_s": round(progress.elapsed_s, 3),
        "scenes_done": progress.scenes_done,
        "triplets": progress.triplets,
        "triplets_new": progress.triplets - progress.triplets_before,
        "per_minute": progress.per_minute,
        "eta_s": progress.eta_s,
        "lag": {
            group: {"waiting": lag.waiting, "in_flight": lag.in_flight} for (_, group), lag in progress.lags.items()
        },
    }


def _line(progress: Progress) -> str:
    stages = {stage.key: stage for stage in progress.funnel.stages()}
    rates = " ".join(f"{key} {_percent(stages[key].rate)}" for key in ("gate", "soft", "pixels", "hard"))
    pending = sum(lag.waiting + lag.in_flight for lag in progress.lags.values())
    return (
        f"{_time(progress.elapsed_s)} {progress.phase}: {progress.triplets} triplets, {progress.scenes_done} scenes, "
        f"{_rate(progress)}, {rates}, {pending} in flight, {_eta(progress)}"
    )


def _headline(progress: Progress, bars: bool = True) -> RenderableType:
    order = progress.order
    made = Text.assemble((f"{progress.triplets} triplets", "bold green"), f"  {_rate(progress)}  {_eta(progress)}")
    about = f"{order.campaign} · {order.prompts} · policy {order.policy.name} · {order.out}"
    parts: list[RenderableType] = [Text(f"NHR  {about}", style="bold"), made]
    goal = _goal(progress)
    if bars and goal is not None:
        parts.append(ProgressBar(total=1.0, completed=goal, width=60))
    return Group(*parts)


def _goal(progress: Progress) -> float | None:
    order = progress.order
    shares = []
    if order.target is not None:
        shares.append(progress.triplets / order.target)
    if order.scenes is not None:
        shares.append(progress.scenes_done / order.scenes)
    if order.for_s is not None:
        shares.append(progress.elapsed_s / order.for_s)
    return min(1.0, max(shares)) if shares else None


def _funnel(progress: Progress, bars: bool = True) -> RenderableType:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for title in ("stage", "left", "rate", "paper"):
        table.add_column(title, justify="left" if title == "stage" else "right")
    if bars:
        table.add_column("")
    for stage in progress.funnel.stages():
        row: list[RenderableType] = [
            stage.title,
            f"{stage.left:,}",
            _of(stage, stage.rate),
            _of(stage, stage.paper_rate),
        ]
        if bars:
            share = stage.rate if stage.how == "share" and stage.rate is not None else None
            row.append(ProgressBar(total=1.0, completed=share, width=24) if share is not None else "")
        table.add_row(*row)
    return table


def _groups(progress: Progress) -> RenderableType:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for title in ("group", "waiting", "in hand", "busy"):
        table.add_column(title, justify="left" if title == "group" else "right")
    for group, topic in GROUPS.items():
        lag = progress.lags.get((topic.name, group))
        if lag is None:
            continue
        busy = progress.busy.get(group, 0.0) / progress.elapsed_s if progress.elapsed_s > 0 else 0.0
        table.add_row(group, f"{lag.waiting:,}", f"{lag.in_flight:,}", f"{busy:.0%}")
    return table


def _skipped(progress: Progress) -> Iterator[RenderableType]:
    if progress.skipped:
        last = progress.skipped[-1]
        yield Text(f"{len(progress.skipped)} inputs skipped; the last: {last.what}: {last.reason}", style="yellow")


def _next(progress: Progress) -> str:
    out = progress.order.out
    if progress.phase == "stopped":
        return f"Stopped after {_time(progress.elapsed_s)}; nothing is lost: the same command goes on from here."
    return (
        f"Done in {_time(progress.elapsed_s)}. Triplets: {out}/shelf\n"
        f"Look at them:  nhr report --out {out}\n"
        f"Take them:     nhr export --out {out} --to DIR"
    )


def _of(stage: Stage, rate: float | None) -> str:
    if rate is None:
        return ""
    if stage.how == "each":
        return f"{rate:.2f} each"
    return f"{rate:+.1%}" if stage.how == "gain" else f"{rate:.1%}"


def _percent(rate: float | None) -> str:
    return "-" if rate is None else f"{rate:.0%}"


def _rate(progress: Progress) -> str:
    return f"{progress.per_minute:.0f}/min" if progress.per_minute else "-/min"


def _eta(progress: Progress) -> str:
    return "" if progress.eta_s is None or progress.phase != "mining" else f"ETA {_time(progress.eta_s)}"


def _time(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
