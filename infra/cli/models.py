"""`nhr models` and `nhr doctor`: what can be used, and whether this machine is fit for it."""

import importlib.util
import platform
import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from infra import settings as environment
from schemas.errors import UserError
from schemas.taxonomy import taxonomy
from workers import roster

LEAST_FREE_GB = 2.0


def register(cli: typer.Typer) -> None:
    """Add the commands."""
    cli.command("models")(models)
    cli.command("doctor")(doctor)


def models(
    kind: Annotated[str, typer.Argument(help="prompter, generator, gate, editor, screen, judge or writer.")] = "",
    operations: Annotated[bool, typer.Option(help="List the kinds of edit instead.")] = False,
) -> None:
    """List the plug-ins of each kind: what they do, their options and licence."""
    if operations:
        return _operations()
    if kind and kind not in roster.FOLDERS:
        raise UserError(f"unknown kind {kind!r}", f"kinds: {', '.join(roster.FOLDERS)}")
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for title in ("kind", "name", "what it does", "options", "licence", "dear"):
        table.add_column(title, overflow="fold")
    for role in [kind] if kind else roster.FOLDERS:
        for name in roster.names(role):
            cls = roster.plugin_class(role, name)
            options = ", ".join(cls.OPTIONS.model_fields) or "-"
            table.add_row(role, name, cls.INFO.summary, options, cls.INFO.licence, "yes" if cls.INFO.dear else "no")
    Console(highlight=False).print(table)
    return None


def _operations() -> None:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for title in ("operation", "group", "inverse", "measured by", "meaning"):
        table.add_column(title)
    for operation in taxonomy().operations.values():
        table.add_row(
            operation.name, operation.group, operation.inverse or "none", operation.measured, operation.meaning
        )
    Console(highlight=False).print(table)


def doctor(out: Annotated[Path | None, typer.Option(help="Folder of the data to check.")] = None) -> None:
    """Check this machine: Python, packages, the data folder, free disk; says what to do about what is wrong."""
    settings = environment.from_environment()
    folder = (out or settings.out).expanduser()
    checks = [_python(), *_packages(), _folder(folder), _disk(folder), _plugins()]
    for good, what, hint in checks:
        typer.echo(f"{'ok  ' if good else 'BAD '} {what}{'' if good else f': {hint}'}")
    if not all(good for good, _, _ in checks):
        raise typer.Exit(1)


Check = tuple[bool, str, str]


def _python() -> Check:
    return sys.version_info >= (3, 11), f"Python {platform.python_version()}", "NHR needs 3.11 or newer"


def _packages() -> list[Check]:
    names = ("pydantic", "msgpack", "numpy", "cv2", "PIL", "rich", "jinja2", "prometheus_client")
    return [
        (importlib.util.find_spec(name) is not None, f"package {name}", "install NHR's requirements") for name in names
    ]


def _folder(folder: Path) -> Check:
    probe = folder / ".doctor"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"x")
        link = probe.with_suffix(".link")
        link.unlink(missing_ok=True)
        link.hardlink_to(probe)
        link.unlink()
        probe.unlink()
    except OSError as error:
        return False, f"folder {folder}", f"{error.strerror}; choose one you may write to, on a disk with hard links"
    return True, f"folder {folder} is writable and has hard links", ""


def _disk(folder: Path) -> Check:
    free = shutil.disk_usage(folder if folder.exists() else folder.parent).free / 1e9
    return free >= LEAST_FREE_GB, f"{free:.1f} GB free at {folder}", f"free at least {LEAST_FREE_GB} GB"


def _plugins() -> Check:
    broken: list[str] = []
    for kind in roster.FOLDERS:
        for name in roster.names(kind):
            try:
                roster.plugin_class(kind, name)
            except ImportError as error:
                broken.append(f"{kind} {name} ({error})")
    return not broken, "plug-ins", "; ".join(broken)
