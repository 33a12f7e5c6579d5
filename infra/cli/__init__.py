"""The command `nhr`: one file a group of commands; every error a user can cause is one line and a non-zero exit."""

import sys

import typer

from schemas.errors import NhrError

HELP = """Mine image-editing triplets (source image, instruction, edited image) with no human in the loop.

\b
A first run, with nothing but this machine:
    nhr mine --scenes 20 --out nhr-data      draw scenes, edit them, judge, keep what is good
    nhr report --out nhr-data                one page to look at
    nhr export --out nhr-data --to data-set  the released layout, ready for a trainer

Everything lands in the folder given by --out (or NHR_OUT). A run that was stopped or killed goes on where it was
when the same command is given again. `nhr models` lists what can draw, edit, screen and judge.
"""


def app() -> typer.Typer:
    """The command line, built when it is needed."""
    from infra.cli import data, demo, mine, models, policy

    cli = typer.Typer(
        name="nhr", help=HELP, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]}, add_completion=False,
    )  # fmt: skip
    for module in (mine, demo, data, models, policy):
        module.register(cli)
    return cli


def main() -> None:
    """Run the command line."""
    try:
        app()()
    except NhrError as error:
        sys.stderr.write(f"nhr: {error}\n")
        sys.exit(2)
