"""Dead letters as tables, JSON and text; whatever bytes they hold, a terminal can be shown them."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.table import Table

from infra.deadletters.reading import MEANING, SETTLED, Entry, State, source_of
from schemas.deadletters import Letter

Row = dict[str, Any]
PIPED_WIDTH = 160
"""Columns where the output is no terminal: one line a letter."""
DUMPED = 2048
"""Most bytes shown of a message that nobody can read."""


def row(entry: Entry) -> Row:
    """What is told of a letter, for people and machines."""
    letter = entry.letter
    return {
        "number": letter.offset, "state": entry.state, "at": letter.last_at, "first_at": letter.first_at,
        "group": letter.group, "stage": letter.stage, "error": letter.error, "reason": letter.reason,
        "tries": letter.attempts, "job_id": letter.job_id or str(getattr(entry.message, "job_id", "")),
        "source_id": source_of(entry.message), "origin": letter.origin, "key": letter.key,
    }  # fmt: skip


def console() -> Console:
    """Where tables go; nothing in them is taken for markup."""
    plain = Console(highlight=False, markup=False, emoji=False)
    return plain if plain.is_terminal else Console(highlight=False, markup=False, emoji=False, width=PIPED_WIDTH)


def kinds(counted: Sequence[tuple[tuple[str, str, str], int]]) -> Table:
    """How many letters there are of each group, error and reason."""
    table = _table("letters", "group", "error", "reason")
    for (group, error, reason), count in counted:
        table.add_row(f"{count:,}", plain(group), plain(error), plain(reason))
    return table


def listing(rows: Iterable[Row]) -> Table:
    """A line for each letter."""
    table = _table("no", "when", "group", "job", "tries", "state", "what was wrong")
    table.columns[4].justify = "right"
    for one in rows:
        when = _moment(one["at"], "%m-%d %H:%M")
        wrong = plain(f"{one['error']}: {one['reason']}")
        table.add_row(
            str(one["number"]), when, plain(one["group"]), plain(one["job_id"][:8]), str(one["tries"]), one["state"],
            wrong,
        )  # fmt: skip
    return table


def ending(states: Mapping[State, int], listed: int, everything: bool) -> str:
    """How many letters stand how, and what is not listed."""
    total = sum(states.values())
    said = ", ".join(f"{states[state]:,} {state}" for state in MEANING if states.get(state))
    settled = sum(states.get(state, 0) for state in SETTLED)
    hidden = total - listed - (0 if everything else settled)
    notes = [f"{hidden:,} older ones not listed (--limit)"] if hidden else []
    if settled and not everything:
        notes.append("what calls for nothing is not listed (--all)")
    return "; ".join([f"{total:,} letter{'' if total == 1 else 's'}: {said}", *notes])


def everything(entry: Entry, redriving: str) -> str:
    """All there is to know of a letter, in lines."""
    letter = entry.letter
    facts = {
        "when": f"{_moment(letter.last_at)}, first tried {_moment(letter.first_at)}",
        **{name: value for name, value in row(entry).items() if name not in {"number", "state", "at", "first_at"}},
        "headers": ", ".join(f"{name}={text}" for name, text in letter.headers.items()),
        "redrive": redriving,
    }
    lines = [f"letter {letter.offset}: {entry.state} ({MEANING[entry.state]})"]
    lines += [f"  {name:10} {plain(str(value))}" for name, value in facts.items() if value != ""]
    return "\n".join([*lines, "", *_content(letter, entry.message)])


def decoded(message: Any) -> Any:
    """The message in terms of JSON; None where nobody can read it."""
    return None if message is None else message.model_dump(mode="json", exclude_none=True)


def plain(text: str) -> str:
    """The text on one line, with nothing in it that a terminal would obey."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in " ".join(text.split()))


def _content(letter: Letter, message: Any) -> list[str]:
    size = f"{len(letter.value):,} bytes"
    if message is None:
        return [f"{size} that are no message:", *_dump(letter.value)]
    text = json.dumps(decoded(message), indent=2, ensure_ascii=False)
    safe = "".join(c if c.isprintable() or c == "\n" else f"\\u{ord(c):04x}" for c in text)
    return [f"{type(message).__name__}, {size}:", safe]


def _dump(data: bytes) -> list[str]:
    """The bytes in hexadecimal and, where they can be printed, as ASCII."""
    lines = []
    for start in range(0, min(len(data), DUMPED), 16):
        part = data[start : start + 16]
        printed = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in part)
        lines.append(f"{start:08x}  {part.hex(' '):47}  {printed}")
    return [*lines, f"... {len(data) - DUMPED:,} bytes more"] if len(data) > DUMPED else lines


def _moment(at: float, form: str = "%Y-%m-%d %H:%M:%S") -> str:
    try:
        return datetime.fromtimestamp(at).strftime(form) if at else "unknown"
    except (ValueError, OverflowError, OSError):  # a header may say anything
        return "unknown"


def _table(*titles: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for number, title in enumerate(titles):
        table.add_column(title, no_wrap=True, overflow="ellipsis", justify="left" if number else "right")
    return table
