"""`nhr up`: every role of the cluster as a process of this machine, over the servers named or over local ones."""

import time
from pathlib import Path
from typing import Annotated, Self

import typer
from rich.console import Console
from rich.live import Live

from infra import licences
from infra import settings as environment
from infra.cli import common, standing
from infra.cli.crews import NOBODY, Named, PolicyName, Prompts, hired, with_crew
from infra.cli.signals import stopped_by_signals
from infra.cluster.status import Observer
from infra.wiring import DEFAULTS, Cluster, packages_of_the_cluster
from schemas.errors import UserError
from streams.rules import policy as policies
from workers import roster

DRAW_EVERY_S = 2.0
TELL_EVERY_S = 5.0


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command("up", short_help="Cluster: run every role as a process of this machine.")(with_crew(up))


def up(
    prompts: Prompts = "grammar",
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
    named: Named = NOBODY,
) -> None:
    """Run every role as a process of this machine, watched over, until --scenes are finished or until Ctrl-C.

    Over the Kafka and S3 that NHR_KAFKA and NHR_S3 name; without them local ones are started, and end with it. What
    dies is started again. The same command goes on where it was. Each process logs to DIR/logs and tells its metrics
    at a port of its own; DIR/targets.json names them all, as Prometheus's file_sd_configs reads it.

    \b
    Examples:
      nhr up --simulated --scenes 50
      nhr up --simulated --workers editor=4 --workers director=2
    """
    with packages_of_the_cluster():
        from infra.cluster import up as running

    plugins = {**(DEFAULTS["grammar"] if simulated else {}), **named.plugins}
    missing = next((kind for kind in roster.KINDS if kind not in plugins), "")
    if missing:
        raise UserError(f"no {missing} is named", f"give --{missing} (nhr models {missing}), or --simulated")
    prompts = common.expanded(prompts)
    name = common.campaign(campaign, prompts)
    prompter, crew = roster.prompter(prompts), hired(prompts, plugins, named.workers)
    prompter.intake(name, 0)
    licences.demand(policies.read(policy), {running.PROMPTER: prompter, **crew.plugins()})
    wanted = running.Wanted(prompts, name, policy, crew, scenes)
    with (
        stopped_by_signals() as stop,
        View() as view,
        running.servers(common.made(folder, "--dir"), environment.from_environment(), view.say) as given,
    ):
        view.say(f"{name}: {sum(1 for _ in wanted.children())} processes, logs in {folder / 'logs'}")
        done = running.run(wanted, folder, given, stop, view.say, view.show)
    if not done:
        raise typer.Exit(130)


class View:
    """How the cluster stands: drawn in place on a terminal, a line now and then elsewhere."""

    def __init__(self) -> None:
        self._console = Console(highlight=False)
        self._live = Live(console=self._console, auto_refresh=False) if self._console.is_terminal else None
        self._observer: Observer | None = None
        self._look_at = 0.0

    def __enter__(self) -> Self:
        if self._live:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Draw no more; what is said later follows below."""
        if self._live:
            self._live.stop()
            self._live = None

    def say(self, text: str) -> None:
        """One line that stays."""
        self._console.print(text, soft_wrap=True)

    def show(self, stores: Cluster, where: str) -> None:
        """Look again, when it is time to."""
        now = time.monotonic()
        if now < self._look_at:
            return
        self._look_at = now + (DRAW_EVERY_S if self._live else TELL_EVERY_S)
        self._observer = self._observer or Observer(stores, where)
        status = self._observer.look()
        if self._live:
            self._live.update(standing.drawn(status), refresh=True)
        else:
            self.say(standing.line(status))
