"""`nhr doctor`: whether this machine, the data folder, the cluster and the plug-ins are fit for it."""

import importlib.util
import platform
import shutil
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from infra import fitness, formats
from infra import settings as environment
from infra.cli.crews import PLUGIN, Plugins, with_crew
from infra.fitness import Check
from infra.looking import switchboard
from infra.runtime.spending import spent
from infra.settings import Settings
from infra.sqlite import Database
from infra.wiring import DATABASE
from schemas.errors import UserError
from workers import roster

LEAST_FREE_GB = 2.0
NOTHING = Plugins()


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command("doctor", short_help="Check this machine, the data folder and the models.")(with_crew(doctor, Plugins))


def doctor(
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder of the data to check (default: NHR_OUT or nhr-data).")
    ] = None,
    prompter: Annotated[str, typer.Option(metavar=PLUGIN, help="What writes scenes and edits.")] = "",
    named: Plugins = NOTHING,
) -> None:
    """Check this machine: Python, packages, plug-ins, the data folder and its disk; says how to mend what is wrong.

    Where the settings name a cluster, also whether Kafka and S3 answer and have the topics and the bucket.

    Of the plug-ins named, or else of those whose keys are set: whether their packages and weights are there, whether
    their key is set (it is never shown), and what they find out themselves: whether a service answers and knows the
    model. With NHR_SPEND_USD_A_DAY, what is left of it today. No model is loaded and nothing is paid for.

    Exit status: 0 all is well, 1 something is not.

    \b
    Examples:
      nhr doctor --out /mnt/big/data
      nhr doctor --judge gemini --editor classic
    """
    settings = environment.from_environment()
    folder = (out or settings.out).expanduser()
    checks = [_python(), *_packages(), _plugins(), _folder(folder), _disk(folder), _database(folder)]
    checks += [_kafka(settings)] * bool(settings.kafka) + [_s3(settings)] * bool(settings.s3)
    checks += fitness.of_plugins(({"prompter": prompter} if prompter else {}) | named.plugins, settings)
    checks += _spending(out, settings)
    for good, what, hint in checks:
        typer.echo(f"{'ok  ' if good else 'BAD '} {what}{'' if good else f': {hint}'}")
    if not all(good for good, _, _ in checks):
        raise typer.Exit(1)


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


def _spending(out: Path | None, settings: Settings) -> list[Check]:
    """What the day has cost of what it may, where there is a limit and anything was mined."""
    limit = settings.spend_usd_a_day
    if not limit:
        return []
    try:
        with switchboard(out, settings) as board:
            today = spent(board.cursors, time.time())
    except (UserError, ModuleNotFoundError):
        return []  # nothing is there, or another check tells what is wrong with it
    hint = "what bills rests until 00:00 UTC; or raise NHR_SPEND_USD_A_DAY"
    return [(today < limit, f"${today:,.2f} of ${limit:,.2f} spent today", hint)]


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
