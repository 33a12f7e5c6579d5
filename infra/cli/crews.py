"""The options that say which plug-ins work and how many of each, for every command that sets a pipeline up."""

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import wraps
from typing import Annotated, Any

import typer

from infra.wiring import STREAMS, Crew, crew
from schemas.errors import UserError
from workers import roster

PLUGIN = "NAME[:OPTION=VALUE]"

Prompts = Annotated[
    str, typer.Option(metavar="SOURCE", help="What to edit: grammar, FILE.jsonl, photos:DIR; `nhr models prompter`.")
]
PolicyName = Annotated[str, typer.Option(metavar="POLICY", help="A shipped policy (`nhr policy show`) or a TOML file.")]


@dataclass(frozen=True)
class Plugins:
    """The plug-ins that a command was told, an option for each kind; "" where none is named."""

    generator: Annotated[str, typer.Option(metavar=PLUGIN, help="What draws; `nhr models generator`.")] = ""
    gate: Annotated[str, typer.Option(metavar=PLUGIN, help="What looks at sources; `nhr models gate`.")] = ""
    editor: Annotated[str, typer.Option(metavar=PLUGIN, help="What edits; `nhr models editor`.")] = ""
    screen: Annotated[
        str, typer.Option(metavar="NAME,NAME,...", help="First looks at an attempt, in order: pixels,simulated.")
    ] = ""
    judge: Annotated[str, typer.Option(metavar=PLUGIN, help="What scores triplets; `nhr models judge`.")] = ""
    writer: Annotated[str, typer.Option(metavar=PLUGIN, help="What words edits; `nhr models writer`.")] = ""

    @property
    def plugins(self) -> dict[str, str]:
        """Those named, by kind."""
        return {kind: text for kind in roster.KINDS if (text := getattr(self, kind))}


@dataclass(frozen=True)
class Named(Plugins):
    """What a command was told of its crew: plug-ins, and numbers of workers."""

    workers: Annotated[
        list[str] | None, typer.Option(metavar="KIND=N", help="How many of a kind work; may be given repeatedly.")
    ] = None


NOBODY = Named()


def with_crew(command: Callable[..., None], of: type[Plugins] = Named) -> Callable[..., None]:
    """The command as typer is to see it: in place of its parameter `named`, an option for each field of `of`."""
    names = [field.name for field in fields(of)]
    options = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in inspect.signature(of).parameters.values()]
    seen = inspect.signature(command)
    parameters: list[inspect.Parameter] = []
    for one in seen.parameters.values():
        parameters += options if one.name == "named" else [one.replace(kind=inspect.Parameter.KEYWORD_ONLY)]

    @wraps(command)
    def taken(**given: Any) -> None:
        named = of(**{name: given.pop(name) for name in names})
        command(**given, named=named)

    taken.__signature__ = seen.replace(parameters=parameters)  # type: ignore[attr-defined]
    taken.__annotations__ = {one.name: one.annotation for one in parameters}
    return taken


def hired(prompts: str, plugins: Mapping[str, str], workers: Sequence[str] | None) -> Crew:
    """The crew for these prompts: plug-ins by kind, the defaults where none is named; numbers as "KIND=N"."""
    counts: dict[str, int] = {}
    for text in (part for entry in workers or () for part in entry.split(",")):
        kind, _, number = text.partition("=")
        if not re.fullmatch("[0-9]{1,2}", number) or not 1 <= int(number) <= 64:
            kinds = ", ".join((*roster.KINDS, *STREAMS))
            raise UserError(
                f"--workers {text!r} is no number of workers", f"write KIND=N with N from 1 to 64; kinds: {kinds}"
            )
        counts[kind.strip()] = int(number)
    return crew(prompts.partition(":")[0], plugins, counts)
