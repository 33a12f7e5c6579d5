"""What `nhr redecide` found, as tables."""

from collections import Counter
from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from streams.redeciding.changes import FATES, Change, Fate
from streams.redeciding.differences import KINDS, Differences

COLOURS: dict[Fate, str] = {
    "kept": "", "gained": "green", "lost": "red", "swapped": "yellow", "undecided": "cyan"
}  # fmt: skip
OPERATIONS = 8
STAGES = ("generate", "gate", "edit", "screen", "judge", "text")
ID_DIGITS = 12


def drawn(found: Differences, title: str) -> Iterator[RenderableType]:
    """The changes by kind and by operation, the calls it would take, examples; `title` says of what."""
    rest = f" and {found.total('undecided'):,} undecided" if found.total("undecided") else ""
    yield Text(f"{title}: {found.before:,} triplets → {found.after:,}{rest}", "bold")
    kinds = _table("kind", KINDS, found.by_kind)
    kinds.add_section()
    kinds.add_row("all", *(_number(found.total(fate), fate) for fate in FATES))
    yield kinds
    if names := found.operations():
        yield Text()
        yield _table("operation", names[:OPERATIONS], found.by_operation)
        if len(names) > OPERATIONS:
            yield Text(f"and {len(names) - OPERATIONS} operations more (--json)", "dim")
    for line in _calls(found):
        yield Text(f"\n{line}")
    if any(found.examples.values()):
        yield Text()
        yield _examples(found)


def _table(first: str, names: Sequence[str], counts: Counter[tuple[Fate, str]]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column(first)
    for fate in FATES:
        table.add_column(fate, justify="right")
    for name in names:
        table.add_row(name, *(_number(counts[fate, name], fate) for fate in FATES))
    return table


def _number(count: int, fate: Fate) -> Text:
    return Text(f"{count:,}", COLOURS[fate] if count else "dim")


def _calls(found: Differences) -> Iterator[str]:
    if found.calls:
        further = "; each edit is then screened, and judged if it passes" if found.calls["edit"] else ""
        yield f"To decide the rest it would take at least {_stages(found.calls)}{further}."
    if found.gone:
        yield f"No longer to be had, since the picture is no longer kept: {_stages(found.gone)}."
    if found.parked:
        yield f"{found.parked:,} failed jobs hold their requests up (`nhr dlq`)."
    if found.bare:
        yield f"{found.bare:,} of the triplets cannot be written: their pictures are no longer kept."


def _stages(counts: Counter[str]) -> str:
    return ", ".join(f"{counts[stage]:,} {stage} call{'s' * (counts[stage] != 1)}" for stage in STAGES if counts[stage])


def _examples(found: Differences) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("example", "id", "of", "scores", "why"):
        table.add_column(name, no_wrap=name == "id", overflow="fold")
    for fate in FATES:
        for change in found.examples.get(fate, []):
            triplet = change.triplet
            what = f"{triplet.kind} {triplet.operation}"
            told = Text(fate, COLOURS[fate])
            table.add_row(told, triplet.triplet_id[:ID_DIGITS], what, _scores(change), Text(change.why))
    return table


def _scores(change: Change) -> str:
    """Adherence and aesthetics: as on the shelf, and as now where another picture stands for it."""
    both = [triplet.scores for triplet in (change.before, change.after) if triplet]
    told = [f"{scores.adherence:.2f}/{scores.aesthetics:.2f}" for scores in both]
    return " → ".join(told if change.fate == "swapped" else told[:1])
