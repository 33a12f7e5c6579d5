"""`nhr observe`: mining that goes on, with all there is to look at, until Ctrl-C."""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from infra.cli import common
from infra.cli.signals import stopped_by_signals
from infra.observing import Part, observing
from infra.wiring import packages_of_the_cluster

LOOK_S = 1.0


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command("observe", short_help="Mine for ever with Prometheus and the gallery beside it.")(observe)


def observe(
    folder: Annotated[Path, typer.Option("--dir", metavar="DIR", help="Folder of the data, and of all logs.")] = Path(
        "nhr-data/observe"
    ),
    cluster: Annotated[
        bool, typer.Option("--cluster", help="Every role as a process, over Kafka and S3 (needs Java and Maven).")
    ] = False,
) -> None:
    """Mine simulated scenes for ever and look at it: a real Prometheus with the rules and alerts, and the gallery.

    Prometheus is taken from PATH, or Debian's package is fetched into ~/.cache, without root. Grafana is started with
    the dashboards where it is installed. Everything listens on this machine alone. Ctrl-C ends all of it, mining first,
    which finishes what is in hand; what was mined stays, and the same command goes on there.

    \b
    Examples:
      nhr observe
      nhr observe --cluster --dir /tmp/watched
    """
    if cluster:
        with packages_of_the_cluster():
            from infra.cluster import up  # noqa: F401 - said before anything is started
    with stopped_by_signals() as stop:
        try:
            with observing(common.made(folder, "--dir"), cluster, typer.echo, stop.is_set) as parts:
                _tell(parts)
                _watch(parts, stop)
                typer.echo("stopping: what is in hand is finished first")
        except KeyboardInterrupt:  # while it was starting
            raise typer.Exit(130) from None


def _tell(parts: Sequence[Part]) -> None:
    for part in parts:
        typer.echo(f"  {part.name:<11} {part.address:<38} {part.shows}".rstrip())
    typer.echo("Ctrl-C ends all of it; what was mined stays.")


def _watch(parts: Sequence[Part], stop: threading.Event) -> None:
    """Until it is to stop; says once when a part has ended by itself."""
    told: set[str] = set()
    while not stop.wait(LOOK_S):
        for part in parts:
            if part.trouble and part.name not in told:
                told.add(part.name)
                typer.echo(part.trouble, err=True)
