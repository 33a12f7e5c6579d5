"""`nhr mine`: mine triplets into a folder, with a live view; Ctrl-C drains, and the same command resumes."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated

import typer

from infra import blocklist, licences
from infra import settings as environment
from infra.cli import common
from infra.cli import view as views
from infra.cli.crews import NOBODY, Named, PolicyName, Prompts, hired, with_crew
from infra.cli.signals import draining
from infra.engine import Engine
from infra.progress import Order, Progress
from infra.telemetry import server
from schemas.errors import UserError
from streams.rules import policy as policies
from workers import roster

LOG = "nhr.log"


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command("mine", short_help="Mine triplets; Ctrl-C drains, the same command resumes.")(with_crew(mine))


def mine(
    prompts: Prompts = "grammar",
    campaign: Annotated[
        str, typer.Option(metavar="NAME", help="Name of this mining effort; the same name resumes it.")
    ] = "",
    scenes: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Stop after N scenes or photographs, all finished: reproducible."),
    ] = None,
    target: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Take nothing new once N triplets are there; finish what is open."),
    ] = None,
    duration: Annotated[
        str, typer.Option("--for", metavar="TIME", help="Take nothing new after this long, such as 90s, 30m, 2h, 7d.")
    ] = "",
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder of the data (default: NHR_OUT or nhr-data).")
    ] = None,
    policy: PolicyName = "paper",
    blocked: Annotated[
        Path | None,
        typer.Option(
            "--blocklist", metavar="FILE", help="Words, pictures, authors to keep out (default: NHR_BLOCKLIST)."
        ),
    ] = None,
    named: Named = NOBODY,
    as_json: Annotated[bool, typer.Option("--json", help="Progress and result as JSON lines.")] = False,
    metrics: Annotated[
        str,
        typer.Option(
            metavar="[HOST:]PORT", help="Tell metrics and health over HTTP meanwhile (default: NHR_METRICS, or not)."
        ),
    ] = "",
) -> None:
    """Mine triplets: from drawn scenes, or from your photographs, until the end you name or until Ctrl-C.

    Ctrl-C finishes what is in hand and leaves the rest queued; the same command goes on there. A killed run loses
    nothing either. Exit status: 0 done, 130 stopped, 2 something for you to mend.

    \b
    Examples:
      nhr mine --scenes 50                        50 drawn scenes, to the end
      nhr mine --prompts photos:~/Pictures --target 500
      nhr mine --prompts mine.jsonl --policy thrifty --editor simulated
      nhr mine --for 2h --workers editor=2 --workers screen=2 --json
      nhr mine --metrics 9464                     tell Prometheus on that port
      nhr mine --prompts photos:DIR --screen pixels,nsfw --blocklist bad.txt

    \b
    A line of a JSONL file, cut here in two:
      {"text": "a red boat on a lake",
       "requests": [{"instruction": "Make it blue.", "operation": "recolor"}]}

    \b
    A blocklist has an entry a line. What it names is skipped, and no text with
    its words is kept:
      some phrase          author: A. Nyman       source: https://photos.example/
      SHA-256 of a file    picture: logo.png~6    phash:0123456789abcdef~6
    """
    settings = environment.from_environment()
    if metrics:
        settings = settings.model_copy(update={"metrics": server.named(metrics)})
    if blocked:
        settings = settings.model_copy(update={"blocklist": blocked})
    blocklist.configured(settings)  # says what is wrong with it before anything is written
    prompts = common.expanded(prompts)
    order = Order(
        out=(out or settings.out).expanduser(),
        campaign=common.campaign(campaign, prompts),
        prompts=prompts,
        policy=policies.read(policy),
        crew=hired(prompts, named.plugins, named.workers),
        scenes=scenes,
        target=target,
        for_s=_seconds(duration) if duration else None,
    )
    prompter = roster.prompter(prompts)
    prompter.intake(order.campaign, 0)  # says what is wrong with it before anything is written
    licences.demand(order.policy, {"prompter": prompter, **order.crew.plugins()})
    view = views.choose(as_json)
    with _logging(order.out, settings.log_level), view:
        engine = Engine(order, settings, view.show)
        with draining(engine.stop, view.abandon):
            progress = engine.run()
    view.summary(progress)
    _exit(progress)


def _exit(progress: Progress) -> None:
    if progress.phase == "stopped":
        raise typer.Exit(130)


def _seconds(text: str) -> float:
    seconds = common.seconds(text)
    if not seconds:
        raise UserError(f"--for {text!r} is no time", "write a number and s, m, h or d, such as 90s or 2h")
    return seconds


class _LogFile(logging.FileHandler):
    """A log that a full disk silences: whoever cannot write there says so where it matters."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the library's name
        """Go on."""

    def close(self) -> None:
        """Close, whether or not the last lines can be written."""
        with suppress(OSError):
            super().close()


@contextmanager
def _logging(out: Path, level: str) -> Iterator[None]:
    """Warnings and the like go to a file in the data folder, so that they never tear the view."""
    try:
        handler = _LogFile(common.made(out, "--out") / LOG, encoding="utf-8")
    except OSError as error:
        hint = "make it a folder that you may write to, or give another --out"
        raise UserError(f"folder {out} cannot be written ({error.strerror})", hint) from None
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(level.upper())
    try:
        yield
    finally:
        root.removeHandler(handler)
        handler.close()
