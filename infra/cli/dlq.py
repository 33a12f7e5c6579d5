"""`nhr dlq`: the dead letters - list them, look into one, redrive them."""

import json
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from infra import settings as environment
from infra.cli import common
from infra.cli import letters as told
from infra.cli.common import Where
from infra.deadletters import reading
from infra.deadletters.reading import Desk, State, Wanted
from infra.deadletters.redriving import Step
from infra.deadletters.redriving import redrive as redriven
from infra.runtime.clock import SystemClock
from schemas import topics
from schemas.errors import UserError
from streams.tallies import MAX_REASONS, OTHER, gist

HELP = """List, read and redrive dead letters: messages that nobody could use.

A failed gate, screen, judge or text holds up what comes after it until it is redriven; a failed edit costs one
attempt and no more. All this works beside a running `nhr mine`, which takes at once what is redriven.

\b
What failed, and asking again once its cause is mended:
  nhr dlq ls --out data
  nhr dlq redrive --all --dry-run --out data
  nhr dlq redrive --all --out data
"""
_GROUPS = tuple(dict.fromkeys(group for topic in topics.ALL for group in topic.groups))

Kind = tuple[str, str, str]
"""Group, error and the gist of the reason."""
Since = Annotated[
    str, typer.Option(metavar="TIME", help="Only letters since then: 2h or 7d ago, or a date such as 2026-11-01.")
]
Reason = Annotated[str, typer.Option(metavar="TEXT", help="Only letters whose reason holds this text.")]
Group = Annotated[str, typer.Option(metavar="NAME", help="Only letters of a consumer group, such as judge.")]
Error = Annotated[str, typer.Option(metavar="CLASS", help="Only letters of a class of error, such as Reject.")]


def register(cli: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help=HELP, short_help="List, read and redrive dead letters.", no_args_is_help=True)
    group.command("ls", short_help="List dead letters, and what became of each.")(ls)
    group.command("show", short_help="Show everything of one letter.")(show)
    group.command("redrive", short_help="Ask again what failed, put back what nobody could use.")(redrive)
    cli.add_typer(group, name="dlq")


def ls(
    out: Where = None,
    since: Since = "",
    reason: Reason = "",
    group: Group = "",
    error: Error = "",
    limit: Annotated[int, typer.Option(min=1, metavar="N", help="Most letters listed, the newest.")] = 50,
    everything: Annotated[bool, typer.Option("--all", help="List those that call for nothing, too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON lines: kinds, letters, summary.")] = False,
) -> None:
    """List dead letters: how many of each kind, then each with its number and what became of it, newest last.

    \b
    States:
      parked        holds up what comes after it; a redrive asks again
      asked again   a redrive was told, there is no answer yet
      undecodable   bytes that are no message of their topic
      answered, failed again, lost attempt, put back: call for nothing

    \b
    Examples:
      nhr dlq ls --out data
      nhr dlq ls --since 2h --group judge --reason "knows only"
      nhr dlq ls --all --json --limit 100000
    """
    wanted = _wanted((), since, reason, group, error)
    states: Counter[State] = Counter()
    rows: deque[told.Row] = deque(maxlen=limit)
    with _desk(out) as desk:
        kinds = _kinds(desk, wanted)
        total = sum(count for _, count in kinds)
        with common.progress("dead letters") as shown:
            for number, entry in enumerate(reading.entries(desk, wanted), 1):
                states[entry.state] += 1
                if everything or entry.state not in reading.SETTLED:
                    rows.append(told.row(entry))
                shown(number, total)
    if as_json:
        for (of_group, of_error, of_reason), count in kinds:
            _line("kind", group=of_group, error=of_error, reason=of_reason, count=count)
        for row in rows:
            _line("letter", **row)
        _line("summary", letters=states.total(), states=dict(sorted(states.items())))
    elif states:
        console = told.console()
        console.print(told.kinds(kinds), "")
        if rows:
            console.print(told.listing(rows), "")
        typer.echo(told.ending(states, len(rows), everything))
    else:
        typer.echo("No dead letters." if wanted == Wanted() else "No dead letter is like that.")


def show(
    number: Annotated[int, typer.Argument(min=0, metavar="N", help="Number of the letter; `nhr dlq ls` lists them.")],
    out: Where = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Show everything of one letter: where it came from, why, how it stands, and the message itself.

    \b
    Example:
      nhr dlq show 17 --out data
    """
    with _desk(out) as desk:
        (step,) = redriven(desk, Wanted((number,)), dry=True)
    entry = step.entry
    if as_json:
        content = {"message": told.decoded(entry.message), "bytes": entry.letter.value.hex()}
        typer.echo(json.dumps({**told.row(entry), "headers": dict(entry.letter.headers), **content}))
    else:
        typer.echo(told.everything(entry, _deed(step)))


def redrive(
    numbers: Annotated[
        list[int] | None, typer.Argument(min=0, metavar="N", help="Numbers of letters; `nhr dlq ls` lists them.")
    ] = None,
    out: Where = None,
    since: Since = "",
    reason: Reason = "",
    group: Group = "",
    error: Error = "",
    limit: Annotated[int | None, typer.Option(min=1, metavar="N", help="Send at most N, the oldest first.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All letters.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Put back even what was put back before.")] = False,
) -> None:
    """Ask again what failed, and put back what nobody could use; doing it twice does no harm.

    A parked gate, screen, judge or text is asked again by the plan, and what comes after it goes on. A prompt that
    could not be drawn, a triplet that could not be shelved and bytes that could not be read are put back, once, where
    they came from. A failed edit cannot be asked again: it cost one attempt, and the plan went on. Exit status: 1 when
    a letter named by its number cannot be redriven.

    \b
    Examples:
      nhr dlq redrive 17 18 --out data
      nhr dlq redrive --group judge --since 2h --limit 10
      nhr dlq redrive --all --dry-run
    """
    wanted = _wanted(tuple(numbers or ()), since, reason, group, error)
    if wanted == Wanted() and not everything:
        raise UserError("no letters are named", "give numbers, a filter such as --since 2h, or --all")
    if numbers and (everything or wanted != Wanted(wanted.numbers)):
        raise UserError("numbers and filters do not go together", "give one or the other")
    deeds: Counter[str] = Counter()
    left: Counter[str] = Counter()
    with _desk(out) as desk:
        for step in _shown(desk, wanted, redriven(desk, wanted, limit=limit or 0, again=again, dry=dry_run)):
            if step.sends:
                deeds[step.deed] += 1
            else:
                left["another letter is of the same job" if step.repeats else step.says] += 1
            if numbers or (dry_run and step.sends):
                typer.echo(f"{step.entry.letter.offset}: {_deed(step)}")
            deeds["refused"] += step.deed == "refuse"
    _sum_up(deeds, left, dry_run)
    if numbers and deeds["refused"]:
        raise typer.Exit(1)


def _kinds(desk: Desk, wanted: Wanted) -> list[tuple[Kind, int]]:
    """How many letters there are of each kind, most first; bounded, however many different reasons there are."""
    counted: Counter[Kind] = Counter()
    for letter in reading.letters(desk.bus, wanted):
        kind = (letter.group, letter.error, gist(letter.reason))
        counted[kind if kind in counted or len(counted) < MAX_REASONS else (*kind[:2], OTHER)] += 1
    return sorted(counted.items(), key=lambda item: (-item[1], item[0]))


def _shown(desk: Desk, wanted: Wanted, steps: Iterator[Step]) -> Iterator[Step]:
    """The steps, their progress shown where there may be many."""
    if wanted.numbers:
        yield from steps
        return
    total = sum(1 for _ in reading.letters(desk.bus, wanted))
    with common.progress("dead letters") as shown:
        for number, step in enumerate(steps, 1):
            shown(number, total)
            yield step


def _deed(step: Step) -> str:
    return {"nothing": "nothing to do: ", "refuse": "cannot be redriven: "}.get(step.deed, "") + step.says


def _sum_up(deeds: Counter[str], left: Counter[str], dry_run: bool) -> None:
    would = "would be " if dry_run else ""
    done = [f"{_count(deeds['ask'], 'job')} {would}asked again"] if deeds["ask"] else []
    done += [f"{_count(deeds['put back'], 'message')} {would}put back"] if deeds["put back"] else []
    typer.echo(", ".join(done) or "nothing to redrive")
    for why, count in sorted(left.items(), key=lambda item: (-item[1], item[0])):
        typer.echo(f"{_count(count, 'letter')} left alone: {why}")
    if done and not dry_run:
        typer.echo("A running `nhr mine` takes them now; else they wait for the next, by the command used before.")


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _line(event: str, **fields: object) -> None:
    typer.echo(json.dumps({"event": event, **fields}))


def _wanted(numbers: tuple[int, ...], since: str, reason: str, group: str, error: str) -> Wanted:
    if group not in {"", *_GROUPS}:
        raise UserError(f"no consumer group is called {group!r}", f"groups: {', '.join(_GROUPS)}")
    return Wanted(numbers, _moment(since) if since else 0.0, reason, group, error)


def _moment(text: str) -> float:
    """A time in Unix seconds: so long ago, or a date."""
    ago = common.seconds(text)
    if ago is not None:
        return SystemClock().now() - ago
    try:
        return datetime.fromisoformat(text.strip()).timestamp()
    except (ValueError, OverflowError, OSError):
        hint = "write 90s, 2h or 7d ago, or a date such as 2026-11-01 or 2026-11-01T08:30"
        raise UserError(f"--since {text!r} is no time", hint) from None


@contextmanager
def _desk(out: Path | None) -> Iterator[Desk]:
    with reading.opened(common.place(out), environment.from_environment()) as desk:
        yield desk
