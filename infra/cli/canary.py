"""`nhr canary`: has judges score a fixed labelled set, every day, and tells how far each has moved."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from infra import formats, wiring
from infra import settings as environment
from infra.blobs.folder import FolderBlobs
from infra.settings import Settings
from schemas.errors import UserError
from schemas.ports import Blobs
from workers import roster

if TYPE_CHECKING:
    from infra.canary.days import Day

Judges = Annotated[
    list[str] | None,
    typer.Option("--judge", metavar="NAME", help="A judge with its options, as for `nhr mine`; may be given again."),
]
Out = Annotated[
    Path | None,
    typer.Option("--out", metavar="DIR", help="Folder that keeps the scores (default: S3 by NHR_S3, else NHR_OUT)."),
]


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command("canary", short_help="Have judges score a labelled set; tells how far they drifted.")(canary)


def canary(
    judge: Judges = None,
    out: Out = None,
    max_shift: Annotated[float, typer.Option(min=0, help="Drift: a mean score moved by more points.")] = 0.2,
    max_mae: Annotated[float, typer.Option(min=0, help="Drift: scores are more points off, on average.")] = 0.4,
    min_rank: Annotated[float, typer.Option(min=-1, max=1, help="Drift: a lower rank correlation.")] = 0.8,
    as_json: Annotated[bool, typer.Option("--json", help="The result as JSON.")] = False,
) -> None:
    """Show judges 40 edits with known truth, and compare with what each of them said on its first day.

    A served model may change behind its name. The set is drawn here, always the same one; a day's scores are kept
    under kept/canary and asked for once a day, and the first day is the baseline. With other options, or in a version
    that asks in other words, a judge is another one, with a baseline of its own. Also told: how the scores lie to the
    truth.

    Exit status: 0 as ever, 1 a judge drifted, 2 it could not be asked.

    \b
    Examples:
      nhr canary --judge gemini:model=gemini-2.5-flash --out data
      nhr canary --judge openai:model=judge,url=http://gpu:8000/v1
      0 6 * * * nhr canary --judge ... --out /data || mail -s drift me    (cron)
    """
    if not judge:
        raise UserError("no judge is named", "give --judge NAME, such as --judge gemini:model=...")
    from infra.canary import comparing
    from workers.canary import cases

    bars = comparing.Bars(shift=max_shift, mae=max_mae, rank=min_rank)
    settings, drawn = environment.from_environment(), cases()
    rows = []
    with _store(out, settings) as blobs:
        for text in judge:
            day, base = _days(text, settings, blobs)
            found = comparing.drift(day, base, drawn)
            rows.append(comparing.as_dict(day, base, found, found.beyond(bars)))
    _tell(rows, as_json)
    if any(row["drift"] for row in rows):
        raise typer.Exit(1)


@contextmanager
def _store(out: Path | None, settings: Settings) -> Iterator[Blobs]:
    """Where scores are kept; a folder need not have been mined into."""
    if out is None and settings.s3:
        with wiring.bucket(settings) as blobs:
            yield blobs
        return
    folder = (out or settings.out).expanduser()
    formats.check(folder)
    yield FolderBlobs(folder, fsync=settings.fsync)


def _days(text: str, settings: Settings, blobs: Blobs) -> "tuple[Day, Day]":
    """Today's scores of the judge, asked for unless they are kept already, and those of its first day."""
    from infra.canary import asking, days
    from workers.canary import cases, set_name

    plugin = roster.parse("judge", text)
    recipe = roster.recipe("judge", text.partition(":")[0], plugin)
    date, drawn = datetime.now(UTC).strftime("%Y-%m-%d"), cases()
    day = days.of_day(blobs, recipe, date, set_name(drawn))
    if day is None:
        plugin.access = wiring.access(settings, blobs)
        plugin.load()
        day = days.keep(blobs, asking.judged(plugin, recipe, drawn, date, time.sleep))
    return day, days.baseline(blobs, day)


def _tell(rows: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False))
        return
    console = Console(highlight=False)
    for row in rows:
        first = row["baseline"] == row["date"]
        since = "its first day: this is the baseline" if first else f"since {row['baseline']}"
        typer.echo(f"{row['judge']}  {since}; {row['scored']} of {row['cases']} cases scored")
        console.print(_table(row))
        for what in row["drift"]:
            console.print(Text(f"  drift: {what}", "red"))
        if not first and not row["drift"]:
            console.print("  no drift")


def _table(row: dict[str, Any]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 2), header_style="dim")
    for name in ("", "mean shift", "MAE", "rank correlation"):
        table.add_column(name, justify="right" if name else "left")
    for title, side in (("its baseline", "against_baseline"), ("the truth", "against_truth")):
        for name, seen in row[side].items():
            rank = "-" if seen["rank"] is None else f"{seen['rank']:.2f}"
            table.add_row(f"{name} against {title}", f"{seen['shift']:+.2f}", f"{seen['mae']:.2f}", rank)
    return table
