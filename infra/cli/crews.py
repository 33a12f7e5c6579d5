"""The options that say which plug-ins work and how many of each, for every command that sets a pipeline up."""

import re
from collections.abc import Sequence
from typing import Annotated

import typer

from infra.wiring import STREAMS, Crew, crew
from schemas.errors import UserError
from workers import roster

PLUGIN = "NAME[:OPTION=VALUE]"

Generator = Annotated[str, typer.Option(metavar=PLUGIN, help="What draws; `nhr models generator`.")]
Gate = Annotated[str, typer.Option(metavar=PLUGIN, help="What looks at sources; `nhr models gate`.")]
Editor = Annotated[str, typer.Option(metavar=PLUGIN, help="What edits; `nhr models editor`.")]
Screen = Annotated[
    str, typer.Option(metavar="NAME,NAME,...", help="First looks at an attempt, in order: pixels,simulated.")
]
Judge = Annotated[str, typer.Option(metavar=PLUGIN, help="What scores triplets; `nhr models judge`.")]
Writer = Annotated[str, typer.Option(metavar=PLUGIN, help="What words edits; `nhr models writer`.")]
Workers = Annotated[
    list[str] | None, typer.Option(metavar="KIND=N", help="How many of a kind work; may be given repeatedly.")
]


def hired(prompts: str, plugins: Sequence[str], workers: Sequence[str]) -> Crew:
    """The crew for these prompts: plug-ins in the order of the kinds, "" where none is named; numbers as "KIND=N"."""
    chosen = {kind: text for kind, text in zip(roster.KINDS, plugins, strict=True) if text}
    counts: dict[str, int] = {}
    for text in (part for entry in workers for part in entry.split(",")):
        kind, _, number = text.partition("=")
        if not re.fullmatch("[0-9]{1,2}", number) or not 1 <= int(number) <= 64:
            kinds = ", ".join((*roster.KINDS, *STREAMS))
            raise UserError(
                f"--workers {text!r} is no number of workers", f"write KIND=N with N from 1 to 64; kinds: {kinds}"
            )
        counts[kind.strip()] = int(number)
    return crew(prompts.partition(":")[0], chosen, counts)
