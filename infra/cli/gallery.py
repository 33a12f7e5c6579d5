"""`nhr gallery`: a web page over what is mined, while it is mined."""

from pathlib import Path
from typing import Annotated

import typer

from infra import settings as environment
from infra.cli import common
from infra.cli.common import Where


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command("gallery", short_help="Look at what is mined in a browser, live.")(gallery)


def gallery(
    out: Where = None,
    host: Annotated[
        str, typer.Option(metavar="NAME", help="Address to listen on; others than this machine's own need a token.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, metavar="N", help="Port to listen on; 0: any free one.")
    ] = 8500,
    token_file: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="File that holds the token visitors must know (default: one made now)."),
    ] = None,
    open_browser: Annotated[bool, typer.Option("--open", help="Open it in a browser.")] = False,
) -> None:
    """Show what is mined in a browser: triplets, every attempt, what was rejected and why, the funnel as it fills.

    It may run beside `nhr mine` and shows what is new within seconds. All it writes there are the labels that people
    give in it (labels/). It finds things by an index that it builds when it first starts: in the data folder as
    cache/gallery.sqlite, or for a cluster's bucket (and for a folder that may only be read) below
    ~/.cache/nhr/gallery. Index and thumbnails may be deleted at any time.

    Only this machine can open it, unless --host says otherwise; then visitors need the token: the address that is
    printed has it, a browser keeps it.

    \b
    Examples:
      nhr gallery --out data --open
      nhr gallery --out data --port 0
      nhr gallery --host 0.0.0.0 --token-file token      the cluster, for others
    """
    from infra.gallery.serving import Listening, serve

    where = Listening(host, port, token_file)
    with common.at(out) as place:
        serve(place, environment.from_environment(), where, typer.echo, open_browser)
