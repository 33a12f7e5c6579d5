"""`nhr try`: one plug-in alone, on one job: what it makes or says, how long it took and what it cost."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from infra import images, trying
from infra.trying import Tried, Trying, picture
from schemas import messages as m
from schemas.errors import UserError
from schemas.ports import Gated, Image, Judged, Screened, Task

HELP = """Run one plug-in alone, on a picture or a text of yours: what it makes or says, what it took.

Nothing is kept but the picture, and no policy decides. The plug-in is loaded anew each time, so a large model takes
its time; the seconds of the job itself are told apart.

\b
Examples:
  nhr try editor my_model boat.jpg "Make the boat blue." --to blue.png
  nhr try generator simulated "Oil painting: a red ball by a door"
  nhr try judge gemini boat.jpg blue.png "Make the boat blue."
  nhr try gate gemini boat.jpg --prompt "a boat on a lake"
"""

ENDINGS: Mapping[str, images.Format] = {".png": "png", ".webp": "webp", ".jpg": "jpeg", ".jpeg": "jpeg"}

Name = Annotated[str, typer.Argument(metavar="NAME[:OPTION=VALUE]", help="The plug-in; `nhr models KIND` lists them.")]
Instruction = Annotated[str, typer.Argument(metavar="INSTRUCTION", help="The edit, in words.")]
Before = Annotated[Path, typer.Argument(metavar="BEFORE", help="The picture before the edit.")]
After = Annotated[Path, typer.Argument(metavar="AFTER", help="The edited picture.")]
Options = Annotated[
    list[str] | None, typer.Option("--option", metavar="OPTION=VALUE", help="An option of the plug-in; repeatable.")
]
Operation = Annotated[str, typer.Option(metavar="NAME", help="The kind of edit; `nhr models --operations`.")]
Effect = Annotated[
    str,
    typer.Option(metavar="JSON", help="The edit for plug-ins that read no language (classic, measured, simulated)."),
]
Seed = Annotated[int, typer.Option(min=0, metavar="N", help="Of the attempt.")]
To = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Where the picture goes: .png, .webp or .jpg (default: named after it all)."),
]


def register(cli: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help=HELP, short_help="Run one plug-in alone.", no_args_is_help=True, rich_markup_mode=None)
    group.command("editor", short_help="Edit a picture.")(editor)
    group.command("generator", short_help="Draw a picture.")(generator)
    group.command("gate", short_help="Ask whether a picture shows its prompt plausibly.")(gate)
    group.command("screen", short_help="Measure an edit.")(screen)
    group.command("judge", short_help="Score an edit.")(judge)
    group.command("writer", short_help="Write an instruction's inverse, or another form of it.")(writer)
    cli.add_typer(group, name="try")


def editor(
    name: Name,
    image: Annotated[Path, typer.Argument(metavar="IMAGE", help="The picture to edit.")],
    instruction: Instruction,
    to: To = None,
    seed: Seed = 0,
    operation: Operation = "",
    effect: Effect = "",
    option: Options = None,
) -> None:
    """Edit one picture and save the result.

    \b
    Examples:
      nhr try editor my_model boat.jpg "Make it blue." --seed 7 --to blue.png
      nhr try editor classic boat.jpg "Brighten it." \\
        --effect '{"op":"exposure","variant":"brighter","stops":1.0}'
    """
    asked = Trying("editor", name, option or [])
    shown = picture(image)
    subject, request = asked.subject(shown), trying.request(instruction, operation, effect)
    tried = asked.run(Task(asked.edit_job(subject, request, seed), (shown,)))
    _save(tried, to or Path(f"{image.stem}.{asked.name}.{seed}.png"))


def generator(
    name: Name,
    prompt: Annotated[str, typer.Argument(metavar="PROMPT", help="What to draw.")],
    to: To = None,
    seed: Seed = 0,
    width: Annotated[int, typer.Option(min=64, max=8192, metavar="N", help="Pixels.")] = 1024,
    height: Annotated[int, typer.Option(min=64, max=8192, metavar="N", help="Pixels.")] = 1024,
    style: Annotated[str, typer.Option(metavar="NAME", help="Of the taxonomy.")] = "",
    option: Options = None,
) -> None:
    """Draw one picture and save it.

    \b
    Example:
      nhr try generator my_model "Watercolour: a red boat" --height 768
    """
    asked = Trying("generator", name, option or [])
    job = m.Prompt(
        campaign=trying.CAMPAIGN, prompt_id=trying.CAMPAIGN, text=prompt, style=style, seed=seed, width=width,
        height=height, requests=(trying.request("Leave it as it is.", "", ""),),
    )  # fmt: skip
    _save(asked.run(Task(job)), to or Path(f"drawn.{asked.name}.{seed}.png"))


def gate(
    name: Name,
    image: Annotated[Path, typer.Argument(metavar="IMAGE", help="The picture to look at.")],
    prompt: Annotated[str, typer.Option(metavar="TEXT", help="What it is to show.")] = "",
    option: Options = None,
) -> None:
    """Ask whether a picture shows what its prompt says, plausibly.

    \b
    Example:
      nhr try gate gemini boat.jpg --prompt "a red boat on a lake"
    """
    asked = Trying("gate", name, option or [])
    shown = picture(image)
    source = m.Source(subject=asked.subject(shown, prompt), requests=(trying.request("Leave it as it is.", "", ""),))
    _say(asked.run(Task(source, (shown,))))


def screen(
    name: Name, before: Before, after: After, instruction: Instruction, operation: Operation = "",
    effect: Effect = "", option: Options = None,
) -> None:  # fmt: skip
    """Take the measures of an edit; the bars are the policy's.

    \b
    Example:
      nhr try screen pixels boat.jpg blue.png "Make the boat blue."
    """
    asked = Trying("screen", name, option or [])
    pair = picture(before), picture(after)
    request = trying.request(instruction, operation, effect)
    job = asked.edit_job(asked.subject(pair[0]), request, 0)
    _say(asked.run(Task(m.Candidate(job=job, image=trying.ref(pair[1])), pair)))


def judge(
    name: Name, before: Before, after: After, instruction: Instruction, operation: Operation = "",
    effect: Effect = "", option: Options = None,
) -> None:  # fmt: skip
    """Score an edit, from 1 to 5: how it adheres to the instruction, and how it looks.

    \b
    Example:
      nhr try judge gemini boat.jpg blue.png "Make the boat blue."
    """
    asked = Trying("judge", name, option or [])
    pair = picture(before), picture(after)
    _say(asked.run(Task(asked.judge_job(pair, trying.request(instruction, operation, effect)), pair)))


def writer(
    name: Name,
    instruction: Instruction,
    form: Annotated[
        str, typer.Option(metavar="NAME", help="Write this form of it, such as short or zh, not its inverse.")
    ] = "",
    before: Annotated[Path | None, typer.Option(metavar="IMAGE", help="The picture before the edit.")] = None,
    after: Annotated[Path | None, typer.Option(metavar="IMAGE", help="The edited picture.")] = None,
    operation: Operation = "",
    effect: Effect = "",
    option: Options = None,
) -> None:
    """Write the instruction that undoes an edit, or another form of the instruction.

    \b
    Examples:
      nhr try writer gemini "Make the boat blue."
      nhr try writer gemini "Make the boat blue." --form zh
    """
    if (before is None) != (after is None):
        raise UserError("only one picture is given", "give both --before and --after, or neither")
    asked = Trying("writer", name, option or [])
    pair = tuple(picture(path) for path in (before, after) if path is not None)
    _say(asked.run(Task(asked.text_job(pair, trying.request(instruction, operation, effect), form), pair)))


def _save(tried: Tried, to: Path) -> None:
    image = tried.result
    if not isinstance(image, Image):
        raise UserError(f"{tried.what} gave no picture but a {type(image).__name__}")
    kind = ENDINGS.get(to.suffix.lower())
    if kind is None:
        raise UserError(f"--to {to} has an ending that no picture is saved under", "end it in .png, .webp or .jpg")
    try:
        to.expanduser().write_bytes(images.encode(image, kind))
    except OSError as error:
        raise UserError(f"{to} cannot be written ({error.strerror})", "give another --to") from None
    height, width = image.pixels.shape[:2]
    typer.echo(f"{to}: {width} x {height} pixels\n{tried.took}")


def _say(tried: Tried) -> None:
    for line in _lines(tried.result):
        typer.echo(line)
    typer.echo(tried.took)


def _lines(result: object) -> Sequence[str]:
    match result:
        case Gated():
            head = [f"{'yes' if result.yes else 'no'}{_because(result.reason)}"]
        case Screened():
            head = [f"measured{_because(result.reason)}"]
        case Judged():
            kept = "" if result.preservation is None else f", preservation {result.preservation:g}"
            scores = f"adherence {result.adherence:g}, aesthetics {result.aesthetics:g}{kept}"
            head = [f"{scores}{_because(result.reason)}"]
        case _:
            return [str(result)]
    return head + [f"  {name} = {value:g}" for name, value in sorted(result.measures.items())]


def _because(reason: str) -> str:
    return f": {reason}" if reason else ""
