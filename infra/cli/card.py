"""`nhr card`: README.md, croissant.json and plots for the packed data set or an export."""

import json
import re
from pathlib import Path
from typing import Annotated

import typer

from infra.cli import common
from infra.cli.common import Where
from infra.wiring import packages_of_the_dataset
from schemas.errors import UserError

TITLE = "Image-editing triplets mined by NHR"


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command("card", short_help="Write the card of a packed data set or an export.")(card)


def card(
    out: Where = None,
    export: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Of this export of it (default: of what `nhr pack` packed).")
    ] = None,
    name: Annotated[str, typer.Option(metavar="TEXT", help="Title of the data set.")] = TITLE,
    licence: Annotated[
        str,
        typer.Option(
            metavar="SPDX", help="Its licence, such as cc-by-4.0 (default: the card tells those that went in)."
        ),
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print everything that the card says, as JSON.")] = False,
) -> None:
    """Write the card: what is in the data set, how it was made and how good it is, and how to load it.

    README.md has the YAML that a hub and `datasets` read - features, splits, and by name the files that count -
    croissant.json the same for machines (Croissant 1.1), plots/ the distributions. The counts come from the manifests,
    the funnel from the records; no picture is opened. The card lies beside the shards (packed/), or in the export, and
    is written anew each time, also while mining goes on. Write it after each `nhr pack`: it names the shards.

    \b
    Examples:
      nhr pack --out data && nhr card --out data
      nhr card --out data --name "Harbour edits" --licence cc-by-4.0
      nhr card --out data --export data-set
      nhr card --json | jq .judges              without --out: of the cluster
    """
    title = name.strip() or TITLE
    if licence and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.+-]{0,63}", licence):
        raise UserError(f"--licence {licence!r} is no name of a licence", "give one of SPDX's, such as cc-by-4.0")
    with packages_of_the_dataset():
        from infra.card import put
        from infra.card.contents import packed
        from infra.card.exported import exported
        from infra.card.facts import gather
        from infra.card.writing import BesideShards, InFolder, Sink
    from streams.dataset.manifests import FOLDER

    with common.at(out) as place:
        contents, state = (exported(export), None) if export else packed(place.blobs)
        with common.progress("records") as told:
            facts = gather(place.blobs, contents, state, title, licence.lower(), told)
        sink: Sink = InFolder(export) if export else BesideShards(place.blobs, FOLDER)
        put(facts, sink)
        where = str(export) if export else f"{place.name}/{FOLDER}".rstrip("/")
    typer.echo(json.dumps(facts.as_dict(), ensure_ascii=False) if as_json else f"Card: {where}/README.md")
