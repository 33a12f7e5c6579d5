"""How a plan is told: what differs from what should be, or what was made of it."""

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table


def show(changes: Sequence[Sequence[str]], headings: Sequence[str], fine: str, warnings: Iterable[str]) -> None:
    """A row for each change, `fine` where nothing is to be done (else ""), what people should know besides."""
    console = Console(highlight=False)
    if changes:
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
        for heading in headings:
            table.add_column(heading, overflow="fold")
        for change in changes:
            table.add_row(*change)
        console.print(table)
    if fine:
        console.print(fine)
    for warning in warnings:
        console.print(f"warning: {warning}")


def would_be(done: bool) -> str:
    """Heading of what a change comes to."""
    return "was made" if done else "would be"
