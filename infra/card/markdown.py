"""Markdown and YAML as a card writes them: whatever text was mined stays text."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence

_BARE = re.compile(r"(?!(?:true|false|yes|no|on|off|null|y|n)$)[A-Za-z][A-Za-z0-9_./-]*", re.IGNORECASE)
"""Texts that YAML reads as themselves."""
_SPECIAL = re.compile(r"([\\`*_\[\]<>|~$#])")


def plain(text: str, most: int = 120) -> str:
    """A text on one line of at most `most` characters, without what cannot be seen."""
    seen = "".join(letter if letter.isprintable() else " " for letter in text)
    line = " ".join(seen.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def escaped(text: str, most: int = 120) -> str:
    """A text that Markdown and HTML leave as it is, also inside a table."""
    return _SPECIAL.sub(r"\\\1", plain(text, most).replace("&", "&amp;")).replace("\\<", "&lt;").replace("\\>", "&gt;")


def code(text: str, most: int = 120) -> str:
    """A name in code letters, also inside a table."""
    return f"`{plain(text, most).replace('`', chr(0x2BC)).replace('|', chr(0xA6))}`"


def table(titles: Sequence[str], rows: Iterable[Sequence[str]], numbers: int = 0) -> list[str]:
    """A table, its last `numbers` columns aligned to the right, and an empty line; nothing where it has no rows."""
    lines = [f"| {' | '.join(row)} |" for row in rows]
    left = len(titles) - numbers
    rule = "".join("---|" if column < left else "---:|" for column in range(len(titles)))
    return [f"| {' | '.join(titles)} |", f"|{rule}", *lines, ""] if lines else []


def yaml(value: object, indent: int = 0) -> list[str]:
    """Mappings, sequences, texts, whole numbers and truths as lines of YAML."""
    pad = "  " * indent
    if isinstance(value, Mapping):
        return [line for key, one in value.items() for line in _entry(f"{pad}{key}:", one, indent)]
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [line for one in value for line in _item(one, indent)]
    return [f"{pad}{_scalar(value)}"]


def _entry(head: str, value: object, indent: int) -> list[str]:
    if isinstance(value, Mapping) and value:
        return [head, *yaml(value, indent + 1)]
    if isinstance(value, Sequence) and not isinstance(value, str) and value:
        return [head, *yaml(value, indent)]
    return [f"{head} {_scalar(value)}"]


def _item(value: object, indent: int) -> list[str]:
    """An entry of a list; a mapping begins on the line of its dash."""
    lines = yaml(value, indent + 1)
    return [f"{'  ' * indent}- {lines[0].lstrip()}", *lines[1:]]


def _scalar(value: object) -> str:
    """JSON, which YAML can read, once letters that it forbids are gone; plain words are bare."""
    if isinstance(value, str) and _BARE.fullmatch(value):
        return value
    return json.dumps(plain(value, 4096) if isinstance(value, str) else value, ensure_ascii=False)
