"""`nhr pause`, `nhr resume` and `nhr drain`: hold a stage up, let it go on, work its queue off first."""

import time
from collections.abc import Callable
from typing import Annotated

import typer

from infra import settings as environment
from infra.cli.common import Where
from infra.looking import Switchboard, switchboard
from infra.runtime import control
from infra.runtime.control import STAGES
from schemas.errors import UserError

Stage = Annotated[str, typer.Argument(metavar="STAGE", help=f"{', '.join(STAGES)}.")]
LOOK_EVERY_S = 1.0
HEARD_S = 2 * control.LOOK_EVERY_S
"""Until then a prompter may bring in a last chunk: it looks now and then whether it is paused."""


def register(cli: typer.Typer) -> None:
    """Add the commands."""
    cli.command("pause", short_help="Have a stage take nothing new.")(pause)
    cli.command("resume", short_help="Let a paused stage go on.")(resume)
    cli.command("drain", short_help="Work a stage's queue off, then pause it.")(drain)


def pause(stage: Stage, out: Where = None) -> None:
    """Have every worker of a stage finish what it has in hand and take nothing new, until `nhr resume`.

    It holds for all of them, those too that start later; nothing is lost, the queue before the stage grows. Without
    --out it is the cluster that the settings name, if they name one.

    \b
    Examples:
      nhr pause editor
      nhr pause prompter --out data
    """
    _check(stage)
    with switchboard(out, environment.from_environment()) as board:
        changed = control.change(board.cursors, stage, pause=True)
    typer.echo(f"{stage}: {'paused' if changed else 'was paused already'}; nhr resume {stage} lets it go on")


def resume(stage: Stage, out: Where = None) -> None:
    """Let a paused stage go on."""
    _check(stage)
    with switchboard(out, environment.from_environment()) as board:
        changed = control.change(board.cursors, stage, pause=False)
    typer.echo(f"{stage}: {'goes on' if changed else 'was not paused'}")


def drain(stage: Stage, out: Where = None) -> None:
    """Take nothing new in, wait until nothing more can come to a stage, then pause it: before its models are changed.

    The prompter stays paused too. Ctrl-C leaves it at that; run it again to go on waiting.

    \b
    Examples:
      nhr drain editor && nhr resume editor && nhr resume prompter
    """
    _check(stage)
    feeding = control.feeding(stage)
    with switchboard(out, environment.from_environment()) as board:
        held = sorted(control.paused(board.cursors) & feeding)
        if held and _left(board, feeding):
            raise UserError(f"{held[0]} is paused, so {stage} would never run dry", f"first: nhr resume {held[0]}")
        control.change(board.cursors, control.PROMPTER, pause=True)
        _await_quiet(lambda: _left(board, feeding), lambda text: typer.echo(f"{stage}: {text}"))
        control.change(board.cursors, stage, pause=True)
    typer.echo(f"{stage}: drained and paused, and so is the prompter; nhr resume lets each go on")


def _check(stage: str) -> None:
    if stage not in STAGES:
        raise UserError(f"no stage is called {stage!r}", f"stages: {', '.join(STAGES)}")


def _await_quiet(
    left: Callable[[], int], say: Callable[[str], None], monotonic: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> None:  # fmt: skip
    """Wait until nothing is left, and for so long that the prompter has heard that it is paused."""
    told, quiet_since = 0, monotonic()
    while True:
        found = left()
        if found:
            quiet_since = monotonic()
        elif monotonic() - quiet_since >= HEARD_S:
            return
        if found and found != told:
            say(f"{found:,} messages before it or in its hands")
        told = found
        sleep(LOOK_EVERY_S)


def _left(board: Switchboard, feeding: frozenset[str]) -> int:
    return sum(lag.waiting + lag.in_flight for (_, group), lag in board.bus.lag().items() if group in feeding)
