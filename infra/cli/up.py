"""`nhr up`: every role of the cluster as a process of this machine, over the servers named or over local ones."""

from pathlib import Path
from typing import Annotated

import typer

from infra import settings as environment
from infra.cli import common
from infra.cli.crews import Editor, Gate, Generator, Judge, Screen, Workers, Writer, hired
from infra.cli.roles import PolicyName, stopped_by_signals
from infra.cluster import up as running
from infra.cluster.up import Wanted
from infra.wiring import Cluster
from schemas.errors import UserError
from streams.rules import policy as policies
from workers import roster

SIMULATED = ("simulated", "simulated", "simulated", "pixels,simulated", "simulated", "simulated")
"""By the order of the kinds."""


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command("up", short_help="Cluster: run every role as a process of this machine.")(up)


def up(
    prompts: Annotated[
        str,
        typer.Option(metavar="SOURCE", help="What to edit: grammar (scenes without end), FILE.jsonl, or photos:DIR."),
    ] = "grammar",
    campaign: Annotated[str, typer.Option(metavar="NAME", help="Name of this mining effort.")] = "",
    scenes: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Stop once N scenes are finished (default: never).")
    ] = None,
    folder: Annotated[
        Path, typer.Option("--dir", metavar="DIR", help="Folder of logs, notes and of local servers.")
    ] = Path("nhr-cluster"),
    simulated: Annotated[
        bool, typer.Option("--simulated", help="Simulated models in every role that is not named.")
    ] = False,
    policy: PolicyName = "paper",
    generator: Generator = "",
    gate: Gate = "",
    editor: Editor = "",
    screen: Screen = "",
    judge: Judge = "",
    writer: Writer = "",
    workers: Workers = None,
) -> None:
    """Run every role as a process of this machine, watched over, until --scenes are finished or until Ctrl-C.

    Over the Kafka and S3 that NHR_KAFKA and NHR_S3 name; without them local ones are started, and end with it. What
    dies is started again. The same command goes on where it was. Each process logs to DIR/logs.

    \b
    Examples:
      nhr up --simulated --scenes 50
      nhr up --simulated --workers editor=4 --workers director=2
    """
    named = (generator, gate, editor, screen, judge, writer)
    plugins = [text or (SIMULATED[place] if simulated else "") for place, text in enumerate(named)]
    missing = [kind for kind, text in zip(roster.KINDS, plugins, strict=True) if not text]
    if missing and not simulated:
        raise UserError(f"no {missing[0]} is named", f"give --{missing[0]} (nhr models {missing[0]}), or --simulated")
    prompts = common.expanded(prompts)
    policies.read(policy)
    name = common.campaign(campaign, prompts)
    roster.prompter(prompts).intake(name, 0)
    wanted = Wanted(prompts, name, policy, hired(prompts, plugins, workers or []), scenes)
    with stopped_by_signals() as stop, running.servers(folder, environment.from_environment(), typer.echo) as given:
        typer.echo(f"{name}: {sum(1 for _ in wanted.children())} processes, logs in {folder / 'logs'}")
        done = running.run(wanted, folder, given, stop, typer.echo, _show)
    if not done:
        raise typer.Exit(130)


def _show(_stores: Cluster) -> None:
    """Nothing yet."""
