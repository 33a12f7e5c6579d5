"""`nhr status`: how a data folder stands, once or again and again."""

import json
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType
from typing import Annotated, Any, Protocol, TypeVar

import typer
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from infra import settings as environment
from infra.cli import common, standing
from infra.cli.common import Where
from infra.cluster.status import Observer as ClusterObserver
from infra.cluster.status import where
from infra.disk import DAY_S, Usage, size
from infra.status import Observer, Status, Work
from infra.wiring import cluster

EVERY_S = 2.0
RATE_OVER_S = 1.0


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command("status", short_help="How a data folder stands: work, campaigns, disk.")(status)


def status(
    out: Where = None,
    watch: Annotated[bool, typer.Option("--watch", help="Again every two seconds, until Ctrl-C.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON; with --watch one line each time.")] = False,
) -> None:
    """Tell how a data folder stands: what is queued and open, what was made, what the disk has room for.

    Without --out, and where NHR_S3 and NHR_KAFKA name a cluster, it tells of that: each consumer group's members, lag
    in messages and time, rate and step times, the funnel, the oldest open scene, who is in trouble.

    It disturbs nobody, so it may run beside `nhr mine`. The funnel counts messages, so that it costs nothing: what was
    sent twice after a crash counts twice (`nhr stats` counts exactly).

    \b
    Examples:
      nhr status --out data
      nhr status --watch
      nhr status --json | jq .disk.full_in_days
      nhr status --json | jq .groups.editor.waiting      of a cluster
    """
    settings = environment.from_environment()
    folder = common.place(out)
    if folder is not None:
        observer = Observer(folder, settings)
        _tell(observer.look, drawn, watch, as_json)
        return
    with cluster(settings) as stores:
        looking = ClusterObserver(stores, where(settings))
        if not watch:  # rates take two looks
            looking.look()
            time.sleep(RATE_OVER_S)
        _tell(looking.look, standing.drawn, watch, as_json)


class Told(Protocol):
    """A status of either kind."""

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values."""


Seen = TypeVar("Seen", bound=Told)


def _tell(look: Callable[[], Seen], draw: Callable[[Seen], RenderableType], watch: bool, as_json: bool) -> None:
    """Once, or again and again; on a terminal it is then drawn in place."""

    def show() -> None:
        if as_json:
            typer.echo(json.dumps(look().as_dict(), ensure_ascii=False))
        else:
            Console(highlight=False).print(draw(look()))

    if not watch:
        show()
        return
    with _until_interrupted() as stop, ExitStack() as stack:
        if not as_json:
            live = stack.enter_context(Live(console=Console(highlight=False), auto_refresh=False))
        while not stop.is_set():
            if as_json:
                show()
            else:
                live.update(draw(look()), refresh=True)
            stop.wait(EVERY_S)


@contextmanager
def _until_interrupted() -> Iterator[threading.Event]:
    """An event that Ctrl-C sets; a second Ctrl-C does what it always does."""
    stop = threading.Event()
    before = signal.getsignal(signal.SIGINT)

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        stop.set()
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, interrupt)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)


# --- drawing ----------------------------------------------------------------------------------------------------------


def drawn(status: Status) -> RenderableType:
    """The status as tables and lines, in 80 columns."""
    state = Text("mining now", "green") if status.mining else Text("nobody is mining", "dim")
    parts: list[RenderableType] = [Text(str(status.out), "bold"), state, Text()]
    parts += [_campaigns(status), Text()]
    if status.work:
        parts += [*_work(status.work, status.triplets), Text()]
    parts += [_disk(status.usage), _room(status)]
    parts += [Text(warning, "yellow") for warning in status.warnings()]
    return Group(*parts)


def _campaigns(status: Status) -> RenderableType:
    rows = [(one.name, one.prompts, one.policy, f"{one.triplets:,}") for one in status.campaigns]
    table = _table(("campaign", "prompts", "policy", "triplets"), rows)
    if not status.retractions:
        return table
    number = sum(status.retractions.values())
    return Group(table, Text(f"{_many(number, 'retraction')}, {_many(status.retracted, 'triplet')} taken back", "dim"))


def _work(work: Work, triplets: int) -> list[RenderableType]:
    lines: list[RenderableType] = []
    busy = [(name, lag) for name, lag in work.lags.items() if lag.waiting or lag.in_flight]
    if busy:
        rows = [(name, f"{lag.waiting:,}", f"{lag.in_flight:,}") for name, lag in busy]
        lines.append(_table(("queue", "waiting", "in flight"), rows))
    else:
        lines.append(Text("every queue is empty"))
    parked = Text(f" ({work.parked:,} parked: `nhr dlq ls`)", "yellow") if work.parked else Text()
    lines.append(Text.assemble(f"ledgers: {work.open:,} open", parked, f", {work.closed:,} closed"))
    if work.dead_letters:
        by_group = ", ".join(f"{group or 'unknown'} {count:,}" for group, count in work.dead_letters.items())
        lines.append(Text(f"dead letters: {by_group}", "yellow"))
    passed = work.open + work.closed
    steps = (("sources", work.sources), ("past the gate", passed), ("edits", work.edits), ("to the judge", work.judged))
    lines.append(Text(" → ".join(f"{count:,} {name}" for name, count in (*steps, ("triplets", triplets)))))
    return lines


def _disk(usage: Usage) -> RenderableType:
    span = "24 h" if usage.span_s >= DAY_S else f"{usage.span_s / 3600:.1f} h"
    rows = [(area.name, f"{area.files:,}", size(area.bytes), f"+{size(area.grown)}") for area in usage.areas]
    return _table(("disk", "files", "size", f"last {span}"), rows)


def _room(status: Status) -> RenderableType:
    usage = status.usage
    parts = [f"{size(usage.free)} of {size(usage.total)} free"]
    if status.per_triplet is not None:
        parts.append(f"{size(status.per_triplet)} a triplet")
    days = usage.full_in_days
    if days is not None:
        parts.append(f"full in {days:,.1f} days at this rate" if days < 1000 else "years of room at this rate")
    return Text(" · ".join(parts))


def _table(names: Iterable[str], rows: Iterable[tuple[str, ...]]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for number, name in enumerate(names):
        left = number == 0 or name in {"prompts", "policy"}
        table.add_column(name, justify="left" if left else "right", overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def _many(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
