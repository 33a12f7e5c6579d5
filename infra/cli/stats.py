"""`nhr stats`: how sure the numbers are, beside the paper's or another campaign's."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from infra.cli import common
from infra.cli import stats_drawing as drawing
from infra.cli.common import Where
from infra.place import of_folder
from infra.stats import Counted, Side, count, sides
from schemas.errors import UserError
from streams.statistics.summary import CSV_COLUMNS, compare, summarize
from streams.statistics.yielding import AXES, Axis

LEAST, MOST = 0.5, 0.9999
NARROW = 80
DEFAULT: tuple[Axis, ...] = ("operation", "style")


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command("stats", short_help="Tell how sure the numbers are; compare campaigns.")(stats)


def stats(
    out: Where = None,
    campaign: Annotated[str, typer.Option(metavar="NAME", help="Only this campaign (default: all together).")] = "",
    against: Annotated[
        str,
        typer.Option(
            metavar="DIR|CAMPAIGN|DIR:CAMPAIGN", help="Compare with a folder, a campaign of this or of that one."
        ),
    ] = "",
    level: Annotated[
        float, typer.Option(min=LEAST, max=MOST, metavar="SHARE", help="How sure an interval is to hold the truth.")
    ] = 0.99,
    by: Annotated[
        list[str] | None,
        typer.Option(metavar="AXIS", help=f"Yields by {', '.join(AXES)}; repeatable (default: operation and style)."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Everything as one JSON document.")] = False,
    to_csv: Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="Also write every rate there.")] = None,
) -> None:
    """Tell how sure the numbers are: every rate with an interval, beside the paper's or another campaign's.

    The attempts of one picture hang together, and the pictures of one prompt: intervals take prompts as the unit of
    chance. ▲ and ▼ mark rates whose interval leaves the paper's value out. With --against, ≠ marks what differs
    clearly. It can be asked while mining goes on. Without --out, and where NHR_S3 names a cluster, it tells of that.

    \b
    Examples:
      nhr stats --out data
      nhr stats --out data --by editor --level 0.95
      nhr stats --out thrifty --against paper         two folders
      nhr stats --campaign lakes --against towns      two campaigns of one place
      nhr stats --against data                        the cluster beside a folder
      nhr stats --out data --json > stats.json
    """
    axes = _axes(by or [])
    with common.at(out) as place:
        ours = Side(place, campaign)
        wanted = sides(ours, against, lambda folder: of_folder(common.folder(folder))) if against else (ours,)
        with common.progress("records") as told:
            counted = [count(side, told) for side in wanted]
    if to_csv:
        _write(to_csv, level, counted)
    if as_json:
        typer.echo(json.dumps(_everything(level, counted), ensure_ascii=False, indent=1))
    else:
        _print(level, axes, counted)


def _print(level: float, axes: Sequence[Axis], counted: Sequence[Counted]) -> None:
    console = Console(highlight=False)
    console.width = max(NARROW, console.width)  # rather wrapped by the terminal than numbers cut short
    summaries = [summarize(one.counts, level, axes) for one in counted]
    if len(counted) == 1:
        heads = [drawing.head(counted[0], summaries[0])]
        drawn = drawing.summary(summaries[0], counted[0].stopping, level, console.width)
    else:
        heads = [drawing.head(*one) for one in zip(counted, summaries, ("here", "there"), strict=True)]
        found = compare(counted[0].counts, counted[1].counts, level, axes)
        drawn = drawing.comparison(found, [bool(one.stopping) for one in counted], level)
    console.print(*heads, drawn, sep="\n")


def _everything(level: float, counted: Sequence[Counted]) -> dict[str, object]:
    """All tables of one campaign, with those of the other and their comparison below."""
    said = [
        {"of": str(one.side), "policies": one.policies, "stopping": one.stopping}
        | summarize(one.counts, level, AXES).as_dict()
        for one in counted
    ]
    ours: dict[str, object] = {"level": level, **said[0]}
    if len(counted) > 1:
        ours["against"] = said[1]
        ours["comparison"] = compare(counted[0].counts, counted[1].counts, level, AXES).as_dict()
    return ours


def _write(path: Path, level: float, counted: Sequence[Counted]) -> None:
    """A line for every rate, whatever is shown."""
    lines = [line for one in counted for line in summarize(one.counts, level, AXES).lines(str(one.side))]
    if len(counted) > 1:
        ours, theirs = counted
        lines += compare(ours.counts, theirs.counts, level, AXES).lines(f"{ours.side} against {theirs.side}")
    try:
        with path.expanduser().open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(CSV_COLUMNS)
            writer.writerows(lines)
    except OSError as error:
        raise UserError(f"{path} cannot be written ({error.strerror})", "give another --csv FILE") from None


def _axes(names: Sequence[str]) -> Sequence[Axis]:
    for name in names:
        if name not in AXES:
            raise UserError(f"--by {name!r} is no axis", f"one of: {', '.join(AXES)}")
    return [axis for axis in AXES if axis in (names or DEFAULT)]
