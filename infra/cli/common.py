"""What several commands share: the data folder, progress on long work, and times as people write them."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from infra import formats
from infra import settings as environment
from infra.place import Place, opened
from infra.wiring import DATABASE
from schemas.errors import UserError
from schemas.ports import Blobs

Where = Annotated[
    Path | None,
    typer.Option("--out", metavar="DIR", help="Folder of the data (default: the S3 that NHR_S3 names, else NHR_OUT)."),
]

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*([smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def folder(out: Path | None) -> Path:
    """The data folder meant; raises `UserError` when nothing was mined there, or by a newer NHR."""
    found = (out or environment.from_environment().out).expanduser()
    if not any((found / name).exists() for name in (DATABASE, "shelf", "records")):
        raise UserError(f"nothing was mined into {found}", "mine first (`nhr mine --help`) or give its --out")
    formats.check(found)
    return found


def made(folder: Path, option: str) -> Path:
    """That folder, made where it is not there; raises `UserError` where it can be no folder of ours."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        hint = f"make it a folder that you may write to, or give another {option}"
        raise UserError(f"folder {folder} cannot be written ({error.strerror})", hint) from None
    return folder


def place(out: Path | None) -> Path | None:
    """The data folder meant (see `folder`); None for the cluster: without --out, where the settings name one."""
    return None if out is None and environment.from_environment().s3 else folder(out)


@contextmanager
def at(out: Path | None) -> Iterator[Place]:
    """The place meant (see `place`), open."""
    with opened(place(out), environment.from_environment()) as found:
        yield found


@contextmanager
def kept(out: Path | None) -> Iterator[Blobs]:
    """What is kept in the place meant."""
    with at(out) as found:
        yield found.blobs


@contextmanager
def progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on a terminal, nothing elsewhere; gives what is told (done, in all)."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(f"reading {what}", total=None)
        yield lambda done, total: bar.update(task, description=what, completed=done, total=total or None)


def expanded(prompts: str) -> str:
    """What is to be edited, with "~" in its path made out."""
    name, separator, rest = prompts.partition(":")
    if match := re.search(r"(?:^|,)path=~(?=/|,|$)", rest):
        return f"{name}:{rest[: match.end() - 1]}{Path.home()}{rest[match.end() :]}"
    return f"{name}:{Path(rest).expanduser()}" if separator and "=" not in rest else prompts


def campaign(name: str, prompts: str) -> str:
    """The campaign's name: given, or from what is edited."""
    kind = prompts.partition(":")[0]
    name = name or (Path(kind).stem if kind.endswith(".jsonl") else kind)
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", name):
        hint = "give --campaign up to 64 letters, digits, dots, dashes and underscores"
        raise UserError(f"no campaign can be called {name!r}", hint)
    return name


def seconds(text: str) -> float | None:
    """The time that "90s", "30m", "2h" or "7d" says; None for anything else."""
    match = _DURATION.fullmatch(text.strip())
    return float(match[1]) * _SECONDS[match[2]] if match else None
