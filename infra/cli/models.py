"""`nhr models` and `nhr doctor`: what can be used, and whether this machine is fit for it."""

import importlib.util
import platform
import shutil
import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer
from pydantic.fields import FieldInfo
from rich.console import Console
from rich.table import Table

from infra import formats
from infra import settings as environment
from infra.settings import Settings
from infra.sqlite import Database
from infra.wiring import DATABASE
from schemas.errors import UserError
from schemas.taxonomy import taxonomy
from workers import roster

LEAST_FREE_GB = 2.0


def register(cli: typer.Typer) -> None:
    """Add the commands."""
    cli.command("models", short_help="List what can draw, edit, screen, judge and write.")(models)
    cli.command("doctor", short_help="Check this machine and the data folder.")(doctor)


def models(
    kind: Annotated[
        str, typer.Argument(metavar="KIND", help="prompter, generator, gate, editor, screen, judge or writer.")
    ] = "",
    operations: Annotated[bool, typer.Option("--operations", help="List the kinds of edit instead.")] = False,
) -> None:
    """List the plug-ins of every kind; with a KIND also their options, licences and whether they are dear.

    The answers of a dear plug-in cost GPU time or money: each is kept and never asked for twice.

    \b
    Examples:
      nhr models editor
      nhr mine --editor null:sleep_ms=200      an option is given like this
      nhr models --operations
    """
    if operations:
        return _operations()
    if kind and kind not in roster.FOLDERS:
        raise UserError(f"unknown kind {kind!r}", f"kinds: {', '.join(roster.FOLDERS)}")
    return _details(kind) if kind else _overview()


def _overview() -> None:
    table = _table("kind", "name", "what it does")
    for kind in roster.FOLDERS:
        for number, name in enumerate(roster.names(kind)):
            table.add_row("" if number else kind, name, roster.plugin_class(kind, name).INFO.summary)
    Console(highlight=False).print(table)


def _details(kind: str) -> None:
    console = Console(highlight=False)
    for name in roster.names(kind):
        cls = roster.plugin_class(kind, name)
        console.print(f"[bold]{name}[/]  {cls.INFO.summary}")
        rights = {True: "outputs may be used commercially", False: "no commercial use", None: "commercial use unknown"}
        facts = [
            ("licence", f"{cls.INFO.licence}, {rights[cls.INFO.commercial]}"),
            ("memory", f"{cls.INFO.memory_gb} GB"),
            ("dear", _yes(cls.INFO.dear)),
        ]
        facts += [("option", _option(option, field)) for option, field in cls.OPTIONS.model_fields.items()]
        table = Table.grid(padding=(0, 2))
        for title, fact in facts:
            table.add_row(f"  {title}", fact)
        console.print(table)


def _option(name: str, field: FieldInfo) -> str:
    bounds = {"ge": "from {}", "gt": "above {}", "le": "to {}", "lt": "below {}"}
    limits = [
        text.format(getattr(rule, bound))
        for bound, text in bounds.items()
        for rule in field.metadata
        if getattr(rule, bound, None) is not None
    ]
    default = "needed" if field.is_required() else f"= {field.default!r}"
    return " ".join([name, default, *([f"({' '.join(limits)})"] if limits else [])])


def _yes(fact: bool) -> str:
    return "yes" if fact else "no"


def _table(*titles: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for title in titles:
        table.add_column(title, overflow="fold", no_wrap=title != titles[-1])
    return table


def _operations() -> None:
    table = _table("group", "operation", "what it asks for (and what undoes it)")
    group = ""
    for operation in taxonomy().operations.values():
        undone = {"": "nothing", operation.name: "the same"}.get(operation.inverse or "", operation.inverse)
        meaning = f"{operation.meaning} ({undone})"
        table.add_row("" if operation.group == group else operation.group, operation.name, meaning)
        group = operation.group
    Console(highlight=False).print(table)


def doctor(
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder of the data to check (default: NHR_OUT or nhr-data).")
    ] = None,
) -> None:
    """Check this machine: Python, packages, plug-ins, the data folder and its disk; says how to mend what is wrong.

    Where the settings name a cluster, also whether Kafka and S3 answer and have the topics and the bucket.

    Exit status: 0 all is well, 1 something is not.

    \b
    Example:
      nhr doctor --out /mnt/big/data
    """
    settings = environment.from_environment()
    folder = (out or settings.out).expanduser()
    checks = [_python(), *_packages(), _plugins(), _folder(folder), _disk(folder), _database(folder)]
    checks += [_kafka(settings)] * bool(settings.kafka) + [_s3(settings)] * bool(settings.s3)
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
    """Whether files and hard links can be made there; what was made for that is removed again."""
    missing = [folder, *folder.parents]
    missing = missing[: next(number for number, path in enumerate(missing) if path.exists())]
    probe = folder / ".doctor"
    link = probe.with_suffix(".link")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"x")
        link.unlink(missing_ok=True)
        link.hardlink_to(probe)
    except OSError as error:
        return False, f"folder {folder}", f"{error.strerror}; choose one you may write to, on a disk with hard links"
    finally:
        with suppress(OSError):
            link.unlink(missing_ok=True)
            probe.unlink(missing_ok=True)
            for path in missing:
                path.rmdir()
    return True, f"folder {folder} can be written and has hard links", ""


def _disk(folder: Path) -> Check:
    there = next(path for path in (folder, *folder.parents) if path.exists())
    free = shutil.disk_usage(there).free / 1e9
    return free >= LEAST_FREE_GB, f"{free:,.1f} GB free at {there}", f"free at least {LEAST_FREE_GB} GB"


def _database(folder: Path) -> Check:
    path = folder / DATABASE
    if not path.is_file():
        return True, "nothing mined there yet", ""
    try:
        formats.check(folder)
        Database(path).close()
    except UserError as error:
        return False, "database", str(error)
    return True, f"database {path}", ""


def _kafka(settings: Settings) -> Check:
    """Whether the brokers answer and have the topics."""
    try:
        from infra import topics

        pending = topics.plan(settings).pending
    except (UserError, ModuleNotFoundError) as error:
        return False, f"Kafka at {settings.kafka}", str(error)
    return not pending, f"Kafka at {settings.kafka} answers", f"{len(pending)} topics differ; nhr topics apply"


def _s3(settings: Settings) -> Check:
    """Whether the server answers and has the bucket, as it should be."""
    where = f"S3 at {settings.s3}, bucket {settings.s3_bucket}"
    try:
        from infra import buckets

        pending = buckets.plan(settings).changes
    except (UserError, ModuleNotFoundError) as error:
        return False, where, str(error)
    return not pending, where, "it differs from what NHR needs: nhr buckets apply"


def _plugins() -> Check:
    broken: list[str] = []
    for kind in roster.FOLDERS:
        for name in roster.names(kind):
            try:
                roster.plugin_class(kind, name)
            except ImportError as error:
                broken.append(f"{kind} {name} ({error})")
    return not broken, "plug-ins", "; ".join(broken)
