"""`nhr audit`: draws a random sample of what was accepted, week by week, and tells what share people find good."""

import json
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Annotated

import typer
from rich.console import Console

from infra.cli import common
from infra.cli.common import Where
from schemas.errors import UserError
from schemas.ports import Blobs
from streams import audits, labels
from streams.audits import MOST, SIZE, WEEK_S, Audit, Drawn
from streams.labels import Label

HELP = """Audit what is accepted: a random sample a week, labelled by people, and the share of it that they find good.

\b
Every Monday, for the week that is over:
  nhr audit draw --week last --out data
  nhr gallery --out data                    Label, "Audit of week ..."
  nhr audit --out data                      precision beside the paper's

Without a command it is `nhr audit show`.
"""
Weeks = Annotated[list[str] | None, typer.Option("--week", metavar="WEEK", help="Only this week's audit; repeatable.")]
AtLeast = Annotated[
    float | None,
    typer.Option(min=0, max=1, metavar="SHARE", help="Exit with 1 when the precision is surely lower, as for cron."),
]
Level = Annotated[
    float, typer.Option(min=0.5, max=0.9999, metavar="SHARE", help="How sure an interval is to hold the truth.")
]
AsJson = Annotated[bool, typer.Option("--json", help="The result as JSON.")]


def register(cli: typer.Typer) -> None:
    """Add the commands."""
    short = "Audit what is accepted: draw samples to label, tell their precision."
    group = typer.Typer(help=HELP, short_help=short, invoke_without_command=True, callback=alone)
    group.command("draw", short_help="Draw a week's sample for people to label.")(draw)
    group.command("show", short_help="Tell what share of the samples people find good.")(show)
    cli.add_typer(group, name="audit")


def alone(
    context: typer.Context,
    out: Where = None,
    week: Weeks = None,
    at_least: AtLeast = None,
    level: Level = 0.95,
    as_json: AsJson = False,
) -> None:
    """Do as `show` does where no command is named."""
    if context.invoked_subcommand is None:
        show(out, week, at_least, level, as_json)
    elif given := [name for name in context.params if _is_given(context, name)]:
        option = "--json" if given[0] == "as_json" else f"--{given[0].replace('_', '-')}"
        raise UserError(f"{option} stands before {context.invoked_subcommand}", "give options after the command")


def draw(
    out: Where = None,
    week: Annotated[
        str, typer.Option(metavar="WEEK", help="An ISO week such as 2026-W48, or: this, last (of UTC).")
    ] = "this",
    size: Annotated[int, typer.Option(min=1, max=MOST, metavar="N", help="Pairs to draw.")] = SIZE,
    everything: Annotated[
        bool, typer.Option("--all", help="From all that no audit has drawn yet, not from that week alone.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Draw the week's random sample of accepted triplets, for people to label in the gallery.

    It is drawn from what was accepted in that week by the records (with --all, and where no record tells when anything
    was, from all that is in no audit yet), by a hash of week and triplet: the same shelf gives the same sample. Once
    drawn it stands as audits/WEEK.json: drawing again, with whatever options, tells of that one. What was retracted is
    left out.

    \b
    Examples:
      nhr audit draw --out data                   this week, so far
      nhr audit draw --week last --size 200       the cluster's last week
      0 6 * * 1 nhr audit draw --week last --out /data     (cron)
    """
    now = time.time()
    name = _named(week, now)
    with common.at(out) as place, common.progress("triplets") as told:
        drawn = audits.draw(place.blobs, name, size, everything, told)
        where = f" --out {place.folder}" if place.folder else ""
    if as_json:
        typer.echo(json.dumps({**drawn.audit.model_dump(exclude={"format"}), "new": drawn.new}, indent=1))
    else:
        typer.echo(_said(drawn, now, where))


def show(
    out: Where = None,
    week: Weeks = None,
    at_least: AtLeast = None,
    level: Level = 0.95,
    as_json: AsJson = False,
) -> None:
    """Tell what share of the audited pairs people find good: week by week, by operations, kind and judge.

    Good is a pair to which they give more than 4.0 on both scales, their own bias removed, as in the paper, which
    reports .834 for its judge. Intervals are Wilson's. A pair that was taken back after people had labelled it counts.

    Exit status: 0; with --at-least 1 when the interval of all weeks, or of the latest that was labelled, lies below.

    \b
    Examples:
      nhr audit --out data
      nhr audit show --week 2026-W48 --out data
      0 7 * * * nhr audit --at-least 0.8 --out /data || mail -s low me  (cron)
    """
    from infra.cli import audit_drawing as drawing
    from streams import opinions, precision

    with common.kept(out) as blobs, common.progress("audits") as told:
        drawn = _audits(blobs, week or [])
        gone = precision.taken_back(blobs, (pair for one in drawn for pair in one.pairs))
        said = list(opinions.from_labels(_counted(labels.latest(blobs), told)))
    found = precision.measured(drawn, said, gone, level)
    below = found.below(at_least) if at_least is not None else []
    if as_json:
        typer.echo(json.dumps(drawing.as_dict(found, at_least, below), ensure_ascii=False, indent=1))
    else:
        Console(highlight=False).print(drawing.tables(found, at_least, below))
    if below:
        raise typer.Exit(1)


def _is_given(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _named(week: str, now: float) -> str:
    """The week meant; raises `UserError` for none, and for one that has not begun."""
    name = {"this": audits.week_of(now), "last": audits.week_of(now - WEEK_S)}.get(week, week)
    if audits.ends(name) - WEEK_S > now:
        raise UserError(f"week {name} has not begun", "give an earlier --week")
    return name


def _said(drawn: Drawn, now: float, where: str) -> str:
    one = drawn.audit
    source = f"accepted in week {one.week}" if one.of == "week" else "that no audit had drawn yet"
    lines = [f"Audit of {one.week}: {len(one.pairs):,} of {one.drawn_from:,} triplets {source}."]
    if not drawn.new:
        lines[0] = f"{lines[0][:-1]}, drawn before; it stands."
    elif one.of == "week" and audits.ends(one.week) > now:
        lines.append("The week is not over: what is accepted in the rest of it is not in the sample.")
    if drawn.timeless:
        lines.append(
            f"{drawn.timeless:,} triplets are of no week, for no record tells when: --all draws from them too."
        )
    lines.append(f"Label it: `nhr gallery{where}`, there /label?audit={one.week}; then `nhr audit{where}`.")
    return "\n".join(lines)


def _audits(blobs: Blobs, wanted: list[str]) -> list[Audit]:
    """Those of the weeks wanted, or all; raises `UserError` for a week without one."""
    there = audits.weeks(blobs)
    for week in wanted:
        if week not in there:
            audits.ends(week)
            raise UserError(f"there is no audit of {week}", f"draw it: `nhr audit draw --week {week}`")
    if not there:
        raise UserError("there is no audit yet", "draw one: `nhr audit draw`")
    return [audits.read(blobs, week) for week in there if not wanted or week in wanted]


def _counted(found: Iterable[Label], told: Callable[[int, int], None]) -> Iterator[Label]:
    for number, label in enumerate(found, 1):
        told(number, 0)
        yield label
