"""The command `nhr`: one file a group of commands; every error a user can cause is one line and a non-zero exit."""

import errno
import os
import sys

import typer

from schemas.errors import NhrError

HELP = """Mine image-editing triplets (source image, instruction, edited image) with no human in the loop.

\b
A first run, with nothing but this machine:
  nhr mine --scenes 20 --out data          draw scenes, edit them, judge, keep
  nhr report --out data                    one page to look at
  nhr export --out data --to data-set      the released layout, for a trainer

Everything lands in the folder given by --out (or NHR_OUT). A run that was stopped or killed goes on where it was
when the same command is given again. `nhr models` lists what can draw, edit, screen and judge; `nhr COMMAND --help`
shows examples.
"""


def app() -> typer.Typer:
    """The command line, built when it is needed."""
    from infra.cli import (
        audit,
        buckets,
        calibrate,
        canary,
        card,
        control,
        data,
        demo,
        dlq,
        doctor,
        export,
        gallery,
        keeping,
        mine,
        models,
        observe,
        pack,
        policy,
        redecide,
        roles,
        score,
        services,
        stats,
        status,
        topics,
        trying,
        tune,
        up,
    )  # fmt: skip

    cli = typer.Typer(
        name="nhr", help=HELP, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]}, add_completion=False,
    )  # fmt: skip
    for module in (
        mine,
        demo,
        status,
        up,
        observe,
        control,
        data,
        pack,
        card,
        export,
        gallery,
        stats,
        calibrate,
        audit,
        tune,
        redecide,
        keeping,
        dlq,
        models,
        canary,
        score,
        trying,
        doctor,
        policy,
        roles,
        topics,
        buckets,
        services,
    ):
        module.register(cli)
    return cli


def main() -> None:
    """Run the command line."""
    try:
        app()(prog_name="nhr")
    except NhrError as error:
        _end(str(error))
    except KeyboardInterrupt:
        _end("stopped", 130)
    except BrokenPipeError:  # whoever read our output has gone; Python would complain once more when it flushes
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        if error.errno not in _SURROUNDINGS:
            raise
        _end(f"{error.filename or 'output'}: {error.strerror}; mend that and run the same command again")


_SURROUNDINGS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS, errno.EMFILE, errno.ENFILE}
"""What can be wrong around NHR whatever it does."""


def _end(why: str, status: int = 2) -> None:
    sys.stderr.write(f"nhr: {' '.join(why.split())}\n")
    sys.exit(status)
