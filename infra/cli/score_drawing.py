"""How scores of data sets look: tables for a terminal and for Markdown, and progress while they come."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console, Group, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from infra.cli.letters import plain
from infra.cli.view import SHOW_CURSOR
from infra.scoring.scoring import Seen
from streams import paper
from streams.scoring.board import Board, Measured
from streams.scoring.scores import Line, Mean

TITLES = ("adherence", "aesthetics", "geometric mean")
MOST_CATEGORIES = 12
MOST_NAME = 40
MOST_REASONS = 5
MOST_PAIRS = 10
OF_THE_PAPER = "by the paper's own tuned judge: of scores by another judge only the order compares"


class Shown:
    """Progress: a bar with rate, time to go and cost on a terminal; elsewhere only what keeps it waiting, in lines."""

    def __init__(self, bar: Progress, terminal: bool) -> None:
        self._bar, self._terminal, self._trouble = bar, terminal, False
        self._task = bar.add_task("scoring", total=None, facts="")

    def show(self, seen: Seen) -> None:
        """The state of things."""
        self._bar.update(self._task, completed=seen.done, total=seen.wanted, facts=facts(seen))
        if not self._terminal and bool(seen.trouble) != self._trouble:
            sys.stderr.write(f"{seen.trouble or 'goes on'}\n")
        self._trouble = bool(seen.trouble)

    def abandon(self) -> None:
        """Leave the terminal usable, from within a signal handler that ends the process."""
        if self._terminal:
            os.write(sys.stderr.fileno(), SHOW_CURSOR)


@contextmanager
def progress() -> Iterator[Shown]:
    """Progress, shown until the end."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[facts]}"))
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        yield Shown(bar, console.is_terminal)


def facts(seen: Seen) -> str:
    """How fast, how long yet, what it cost, what keeps it waiting."""
    found = [f"{seen.per_second:.1f}/s" if seen.per_second else "", _time(seen.eta_s)]
    found += [f"${seen.paid_usd:,.2f}" if seen.paid_usd else "", f"{seen.failed:,} failed" if seen.failed else ""]
    return " · ".join(one for one in (*found, seen.trouble) if one)


def drawn(board: Board, judge: str, calibrated: bool) -> RenderableType:
    """Everything, for a terminal."""
    parts: list[RenderableType] = [Text(_judge(judge, calibrated)), Text(), _table(board), Text()]
    for one in board.data_sets:
        parts += _of(one)
    parts += [Text(plain(apart.verdict()), style="" if apart.clear else "dim") for apart in board.pairs[:MOST_PAIRS]]
    if len(board.pairs) > MOST_PAIRS:
        parts.append(Text(f"and {len(board.pairs) - MOST_PAIRS} more pairs (--json)", style="dim"))
    return Group(*parts)


def markdown(board: Board, judge: str, calibrated: bool) -> str:
    """The table, with the paper's below, in Markdown."""
    lines = [f"| data set | rows | {' | '.join(TITLES)} |", "|---|---:|---:|---:|---:|"]
    for one in board.data_sets:
        means = _means(one.whole) if one.whole else ("–",) * len(TITLES)
        lines.append(f"| {_escaped(one.name)} | {one.whole.rows if one.whole else 0:,} | {' | '.join(means)} |")
    for name, scored in paper.SCORED.items():
        lines.append(f"| {name} (paper) | | {' | '.join(_plain(value) for value in scored)} |")
    lines += ["", f"{_judge(judge, calibrated)}; {board.level:.0%} bootstrap intervals. Rows marked (paper) are"]
    lines.append(f"{OF_THE_PAPER}.")
    return "\n".join(lines)


def _judge(judge: str, calibrated: bool) -> str:
    return f"Judge {judge}, {'calibrated' if calibrated else 'not calibrated'}"


def _table(board: Board) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
    for title in ("data set", "scored", *TITLES):
        table.add_column(title, justify="left" if title == "data set" else "right", no_wrap=True)
    for one in board.data_sets:
        means = _means(one.whole) if one.whole else ("–",) * len(TITLES)
        table.add_row(Text(plain(one.name), "bold"), f"{one.whole.rows if one.whole else 0:,} of {one.rows:,}", *means)
    for name, scored in paper.SCORED.items():
        table.add_row(f"{name} (paper)", "", *(_plain(value) for value in scored), style="dim")
    table.caption, table.caption_justify = f"(paper): {OF_THE_PAPER}", "left"
    return table


def _of(one: Measured) -> list[RenderableType]:
    """What is to be said of one data set alone."""
    found: list[RenderableType] = []
    if one.categories:
        table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="dim")
        table.add_column(Text(f"{plain(one.name)}, by category"), no_wrap=True)
        for title in ("scored", *TITLES):
            table.add_column(title, justify="right", no_wrap=True)
        for line in one.categories[:MOST_CATEGORIES]:
            table.add_row(Text(plain(line.category)[:MOST_NAME]), f"{line.rows:,}", *_means(line))
        if len(one.categories) > MOST_CATEGORIES:
            table.add_row(Text(f"and {len(one.categories) - MOST_CATEGORIES} more (--json)", "dim"))
        found += [table, Text()]
    if one.failures:
        found.append(Text(f"{plain(one.name)}: {sum(one.failures.values()):,} rows not scored", "yellow"))
        for reason, rows in list(one.failures.items())[:MOST_REASONS]:
            found.append(Text(f"  {rows:,}: {plain(reason)} (first: {plain(one.firsts[reason])})"))
        if len(one.failures) > MOST_REASONS:
            found.append(Text(f"  and {len(one.failures) - MOST_REASONS} more reasons (--json)", "dim"))
        found.append(Text())
    if any(one.usage):
        took = one.usage
        found += [
            Text(f"{plain(one.name)}: {took.tokens_in:,} tokens in, {took.tokens_out:,} out, ${took.cost_usd:,.2f}")
        ]
    return found


def _means(line: Line) -> Sequence[str]:
    return [_mean(one) for one in line.means]


def _mean(mean: Mean) -> str:
    around = f" [{mean.interval.low:.2f}, {mean.interval.high:.2f}]" if mean.interval else ""
    return f"{mean.value:.2f}{around}"


def _plain(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _escaped(text: str) -> str:
    return plain(text).replace("\\", "\\\\").replace("|", "\\|")


def _time(seconds: float | None) -> str:
    if seconds is None:
        return ""
    minutes, left = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{left:02} to go" if hours else f"{minutes}:{left:02} to go"
