"""From a row to what is judged: both pictures' bytes, one instruction, and what the row is counted under."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from math import isnan

from infra.scoring.columns import Columns
from infra.scoring.dataset import SOURCE, TRIPLET, DataSet
from infra.scoring.rows import Row, Unreadable, picture
from streams.retractions import Target

MOST_INSTRUCTION = 1024
MOST_EFFECT = 512
"""Bytes of UTF-8 that a message holds."""
MOST_NAME = 200
"""Characters of a category."""


@dataclass(frozen=True)
class Sample:
    """A row whose pictures were read (but not decoded), under its key in the data set."""

    key: str
    before: bytes
    after: bytes
    names: tuple[str, str]
    instruction: str
    category: str
    cluster: str
    effect: str

    @property
    def operation(self) -> str:
        """The operation that the effect says; "" without one."""
        try:
            told = json.loads(self.effect or "{}")
        except ValueError:
            return ""
        return _text(told.get("op")) if isinstance(told, dict) else ""


def sample(row: Row, of: DataSet) -> Sample:
    """What is to be judged of a row; raises `Unreadable`.

    Rows hang together by their cluster where a column says so, else by the picture they start from.
    """
    if row.error:
        raise Unreadable(row.error)
    columns, values = of.chosen.columns, row.values
    for name in (columns.source, columns.edited, columns.instruction):
        if name not in values:
            raise Unreadable(f"has no {name}")
    before, after = (_picture(name, row, of) for name in (columns.source, columns.edited))
    names = sha256(before).hexdigest(), sha256(after).hexdigest()
    if of.retracted.among(_names(row, names)) is not None:
        raise Unreadable("retracted")
    return Sample(
        key=_text(row.key), before=before, after=after, names=names,
        instruction=_instruction(values[columns.instruction], columns),
        category=_text(values.get(columns.category))[:MOST_NAME],
        cluster=_text(values.get(columns.cluster)) or names[0],
        effect=_effect(values.get(columns.effect)),
    )  # fmt: skip


def _picture(name: str, row: Row, of: DataSet) -> bytes:
    try:
        found = picture(row.values[name], row, of.root)
    except Unreadable as error:
        raise Unreadable(f"{name}: {error}") from None
    if not found:
        raise Unreadable(f"{name}: a picture of 0 bytes")
    return found


def _instruction(value: object, columns: Columns) -> str:
    """The text that is asked about: of several in a row the one that was chosen, the first by default."""
    if isinstance(value, list):
        try:
            value = value[columns.number]
        except IndexError:
            raise Unreadable(f"{columns.instruction}: has no number {columns.number}") from None
    if isinstance(value, dict):  # pairs of form and text, as our own columns have them
        value = value.get("text")
    text = _text(value)
    if not text:
        raise Unreadable(f"{columns.instruction}: no text in it")
    if len(text.encode(errors="replace")) > MOST_INSTRUCTION:
        raise Unreadable(f"{columns.instruction}: over {MOST_INSTRUCTION:,} bytes")
    return text


def _text(value: object) -> str:
    """A value as one text, without half characters that UTF-8 cannot say."""
    if value is None or (isinstance(value, float) and isnan(value)):
        return ""
    return str(value).encode(errors="replace").decode().strip()


def _effect(value: object) -> str:
    found = json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else _text(value)
    if len(found.encode()) > MOST_EFFECT:
        raise Unreadable(f"effect: over {MOST_EFFECT} bytes")
    return found


def _names(row: Row, pictures: tuple[str, str]) -> Iterator[tuple[Target, str]]:
    """Everything under which a row of our own data can be taken back."""
    yield "triplet", _text(row.values.get(TRIPLET))
    yield "source", _text(row.values.get(SOURCE))
    for name in pictures:
        yield "sha256", name
