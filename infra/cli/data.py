"""`nhr report` and `show`: look at what was mined."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from infra.cli import common
from infra.cli.common import Where


def register(cli: typer.Typer) -> None:
    """Add the commands."""
    cli.command("report", short_help="Write a page to look at what was mined.")(report)
    cli.command("show", short_help="Tell where a triplet comes from.")(show)


def report(
    out: Where = None,
    to: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="File to write (default: report.html in the data folder)."),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, metavar="N", help="Most triplets shown with pictures.")] = 5000,
    campaign: Annotated[str, typer.Option(metavar="NAME", help="Only this campaign (default: all).")] = "",
    single: Annotated[
        bool | None,
        typer.Option(
            "--single/--beside",
            help="Pictures inside the page, or in a folder beside it (default: beside it once they are many).",
        ),
    ] = None,
) -> None:
    """Write a page to look at: gallery, every attempt with its reasons, numbers beside the paper's.

    It needs no server and no network: open it in a browser. A page of few triplets is one file to send to someone; the
    pictures of more go into a folder beside it (report.html: report-files/), where a later run finds them again. It can
    be written while mining goes on.

    \b
    Example:
      nhr report --out data
      nhr report --out data --to page.html --limit 200 --single
    """
    from infra.report import build

    page = to or (common.place(out) or Path()) / "report.html"
    beside = None if single is None else not single
    with common.kept(out) as blobs, common.progress("pictures") as told:
        written = build(blobs, page, limit=limit, campaign=campaign, beside=beside, progress=told)
    typer.echo(f"Page: {written}")


def show(
    triplet: Annotated[str, typer.Argument(metavar="ID", help="Id of a triplet, or how it begins.")], out: Where = None
) -> None:
    """Tell where a triplet comes from: its lineage and every score, rejected attempts too.

    \b
    Example (the page of `nhr report` shows the ids):
      nhr show 02b5ae --out data
    """
    from infra.show import show as lineage

    with common.kept(out) as blobs:
        Console(highlight=False).print(lineage(blobs, triplet))
