"""What `nhr mine` shows: a live table on a terminal, plain lines elsewhere, JSON lines on request."""

import json
import os
import sys
import time
from abc import ABC, abstractmethod
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from infra.cli import drawing
from infra.progress import Progress
from workers.plugin import Skipped

PLAIN_EVERY_S = 5.0
SHOW_CURSOR = b"\x1b[?25h\n"


class View(Protocol):
    """Something that shows progress while it is open, and a summary at the end."""

    def __enter__(self) -> Self:
        """Open."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Close."""

    def show(self, progress: Progress) -> None:
        """The state of things, several times a second."""

    def summary(self, progress: Progress) -> None:
        """The result."""

    def abandon(self) -> None:
        """Leave the terminal usable, from within a signal handler that ends the process."""


def choose(as_json: bool) -> View:
    """The view that suits where the output goes."""
    if as_json:
        return JsonView()
    return LiveView() if sys.stdout.isatty() else PlainView()


class _Base(ABC):
    """Tells each note and each skipped input once; opening and closing do nothing."""

    def __init__(self) -> None:
        self._notes = 0
        self._skipped = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        return None

    def abandon(self) -> None:
        """Nothing to mend."""
        return

    def _tell(self, progress: Progress) -> None:
        for text in progress.notes[self._notes :]:
            self._notes += 1
            self._note(text)
        for item in progress.skipped[self._skipped :]:
            self._skipped += 1
            self._skip(item)

    @abstractmethod
    def _note(self, text: str) -> None:
        """Show one note."""

    def _skip(self, item: Skipped) -> None:
        self._note(f"skipped {item.what}: {item.reason}")


class LiveView(_Base):
    """A table that updates in place, notes above it."""

    def __init__(self) -> None:
        super().__init__()
        self._console = Console()
        self._live = Live(console=self._console, refresh_per_second=4, transient=True)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._live.stop()

    def show(self, progress: Progress) -> None:
        """Redraw."""
        self._tell(progress)
        self._live.update(drawing.dashboard(progress, self._console.width))

    def summary(self, progress: Progress) -> None:
        """The funnel, and what to do next."""
        self._tell(progress)
        self._console.print(
            Group(Text(), drawing.headline(progress), drawing.funnel(progress), *drawing.merits(progress), Text())
        )
        self._console.print(drawing.next_steps(progress), highlight=False, soft_wrap=True)

    def abandon(self) -> None:
        """Show the cursor again, past Python's own buffers: they may be in use."""
        os.write(sys.stdout.fileno(), SHOW_CURSOR)

    def _note(self, text: str) -> None:
        self._console.print(Text(text, style="yellow"))


class PlainView(_Base):
    """A line every few seconds, for logs."""

    def __init__(self) -> None:
        super().__init__()
        self._next_at = 0.0
        self._titled = False

    def show(self, progress: Progress) -> None:
        """A line, when it is time for one."""
        if not self._next_at:
            self._next_at = time.monotonic() + PLAIN_EVERY_S
        if not self._titled and progress.phase != "reading":
            self._titled = True
            self._note(drawing.title(progress))
        self._tell(progress)
        if time.monotonic() >= self._next_at:
            self._next_at = time.monotonic() + PLAIN_EVERY_S
            self._note(drawing.line(progress))

    def summary(self, progress: Progress) -> None:
        """The funnel as text, and what to do next."""
        self._tell(progress)
        console = Console(file=sys.stdout, width=100, no_color=True, highlight=False)
        console.print(drawing.headline(progress, titled=False))
        console.print(drawing.funnel(progress), *drawing.merits(progress), sep="\n")
        self._note(drawing.next_steps(progress))

    def _note(self, text: str) -> None:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()


class JsonView(_Base):
    """JSON lines: {"event": "progress" | "note" | "skipped" | "summary", ...}."""

    def __init__(self) -> None:
        super().__init__()
        self._next_at = 0.0

    def show(self, progress: Progress) -> None:
        """A line, when it is time for one."""
        self._tell(progress)
        if time.monotonic() >= self._next_at:
            self._next_at = time.monotonic() + PLAIN_EVERY_S
            self._write("progress", **_facts(progress))

    def summary(self, progress: Progress) -> None:
        """All counts."""
        self._tell(progress)
        self._write("summary", **_facts(progress), funnel=progress.funnel.as_dict())

    def _note(self, text: str) -> None:
        self._write("note", text=text)

    def _skip(self, item: Skipped) -> None:
        self._write("skipped", what=item.what, reason=item.reason, cause=item.cause, by=item.by)

    def _write(self, event: str, **fields: object) -> None:
        sys.stdout.write(json.dumps({"event": event, **fields}, ensure_ascii=False) + "\n")
        sys.stdout.flush()


def _facts(progress: Progress) -> dict[str, object]:
    return {
        "campaign": progress.order.campaign,
        "out": str(progress.order.out),
        "phase": progress.phase,
        "elapsed_s": round(progress.elapsed_s, 3),
        "scenes_done": progress.scenes_done,
        "triplets": progress.triplets,
        "triplets_new": progress.triplets - progress.triplets_before,
        "skipped": len(progress.skipped),
        "left_out": dict(progress.left_out),
        "per_minute": progress.per_minute,
        "eta_s": progress.eta_s,
        "troubles": progress.troubles,
        "lag": {
            group: {"waiting": lag.waiting, "in_flight": lag.in_flight} for (_, group), lag in progress.lags.items()
        },
    }
