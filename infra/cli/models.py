"""`nhr models`: what can be used, under which licence, with how much memory; a table, JSON, or the README's."""

import json
from collections.abc import Iterator, Sequence
from typing import Annotated, Any

import typer
from pydantic.fields import FieldInfo
from rich.console import Console
from rich.table import Table
from rich.text import Text

from infra.licences import RIGHTS
from schemas.errors import UserError
from schemas.ports import Info
from schemas.taxonomy import taxonomy
from workers import roster

WIDE = 140
"""Columns from which there is room for where a model comes from and what it accepts."""
TESTING = frozenset({"null"})
"""Plug-ins for tests and benches, which the README's table leaves out."""


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command("models", short_help="List what can draw, edit, screen, judge and write.")(models)


def models(
    kind: Annotated[
        str, typer.Argument(metavar="KIND", help="prompter, generator, gate, editor, screen, judge or writer.")
    ] = "",
    operations: Annotated[bool, typer.Option("--operations", help="List the kinds of edit instead.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Everything, as JSON.")] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="The README's table.")] = False,
) -> None:
    """List the plug-ins of every kind: licence, whether outputs may be used commercially, memory, extra to install.

    With a KIND all about each: options, repository and revision, what it accepts, whether it is dear. The answers of a
    dear plug-in cost GPU time or money: each is kept and never asked for twice. A policy with licences = "commercial"
    admits only those for commercial use.

    \b
    Examples:
      nhr models editor
      nhr mine --editor null:sleep_ms=200      an option is given like this
      nhr models --json | jq '.[] | select(.commercial) | .name'
      nhr models --operations
    """
    if operations:
        return _operations()
    if kind and kind not in roster.FOLDERS:
        raise UserError(f"unknown kind {kind!r}", f"kinds: {', '.join(roster.FOLDERS)}")
    kinds = (kind,) if kind else tuple(roster.FOLDERS)
    if as_json:
        typer.echo(json.dumps([_told(*one) for one in _all(kinds)], ensure_ascii=False))
        return None
    if markdown:
        typer.echo("\n".join(table(kinds)))
        return None
    return _details(kind) if kind else _overview()


def _all(kinds: Sequence[str]) -> Iterator[tuple[str, str, Any]]:
    for kind in kinds:
        for name in roster.names(kind):
            yield kind, name, roster.plugin_class(kind, name)


def table(kinds: Sequence[str] = tuple(roster.FOLDERS)) -> list[str]:
    """The lines of a Markdown table: role x plug-in x model x licence x memory."""
    lines = ["| role | plug-in | model | licence | memory |", "|---|---|---|---|---|"]
    for kind, name, cls in _all(kinds):
        if name not in TESTING:
            info: Info = cls.INFO
            model, rights = info.repository or "–", RIGHTS[info.commercial]
            lines.append(f"| {kind} | `{name}` | {model} | {info.licence}: {rights} | {_memory(info)} |")
    return lines


def _overview() -> None:
    console = Console(highlight=False)
    wide = console.width >= WIDE
    more = ("model", "accepts") if wide else ()
    shown = _table("kind", "name", "licence", "outputs", "memory", "extra", *more, "what it does")
    before = ""
    for kind, name, cls in _all(tuple(roster.FOLDERS)):
        info: Info = cls.INFO
        told = (_model(info), info.accepts) if wide else ()
        first = "" if kind == before else kind
        facts = (info.licence, RIGHTS[info.commercial], _memory(info), info.extra, *told, info.summary)
        shown.add_row(first, name, *map(Text, facts))
        before = kind
    console.print(shown)


def _details(kind: str) -> None:
    console = Console(highlight=False)
    for _, name, cls in _all((kind,)):
        info: Info = cls.INFO
        console.print(Text.assemble((name, "bold"), "  ", info.summary))
        facts = [
            ("licence", f"{info.licence}, {RIGHTS[info.commercial]} of its outputs"),
            ("model", _model(info)),
            ("memory", _memory(info)),
            ("sizes", info.sizes),
            ("steps", str(info.steps or "")),
            ("accepts", info.accepts),
            ("needs", f'pip install "nhr[{info.extra}]"' if info.extra else ""),
            ("dear", "yes" if info.dear else "no"),
        ]
        facts += [("option", _option(option, field)) for option, field in cls.OPTIONS.model_fields.items()]
        grid = Table.grid(padding=(0, 2))
        for title, fact in facts:
            if fact:
                grid.add_row(f"  {title}", Text(fact))
        console.print(grid)


def _told(kind: str, name: str, cls: Any) -> dict[str, Any]:
    info: Info = cls.INFO
    return {
        "kind": kind, "name": name, "summary": info.summary, "licence": info.licence, "commercial": info.commercial,
        "memory_gb": info.memory_gb, "repository": info.repository, "revision": info.revision, "steps": info.steps,
        "sizes": info.sizes, "accepts": info.accepts, "extra": info.extra, "dear": info.dear, "batch": info.batch,
        "operations": None if info.operations is None else sorted(info.operations),
        "options": [
            {"name": option, "needed": field.is_required(), "about": _option(option, field)}
            for option, field in cls.OPTIONS.model_fields.items()
        ],
    }  # fmt: skip


def _model(info: Info) -> str:
    return f"{info.repository} at {info.revision}" if info.repository else f"revision {info.revision}"


def _memory(info: Info) -> str:
    return f"{info.memory_gb:g} GB"


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


def _table(*titles: str) -> Table:
    shown = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for title in titles:
        shown.add_column(title, overflow="fold", no_wrap=title in {"kind", "name", "memory", "group", "operation"})
    return shown


def _operations() -> None:
    shown = _table("group", "operation", "what it asks for (and what undoes it)")
    group = ""
    for operation in taxonomy().operations.values():
        undone = {"": "nothing", operation.name: "the same"}.get(operation.inverse or "", operation.inverse)
        meaning = f"{operation.meaning} ({undone})"
        shown.add_row("" if operation.group == group else operation.group, operation.name, meaning)
        group = operation.group
    Console(highlight=False).print(shown)
