"""Tables of opinions: CSV and JSONL files of labels, such as the gallery exports, read strictly."""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from schemas import formats
from schemas.errors import UserError
from streams import labels
from streams.opinions import Opinion

NEEDED = (
    "triplet_id", "rater", "operation", "adherence", "aesthetics", "judge", "judged_adherence", "judged_aesthetics",
    "accepted",
)  # fmt: skip
"""The columns without which a table of labels says nothing of a judge; see `Opinion` for the others."""


def from_file(path: Path) -> Iterator[Opinion]:
    """The opinions in a CSV or JSONL file such as the gallery exports, columns in any order, blank lines passed over.

    Raises `UserError` naming the file, and the line of what is wrong in it.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from _from_csv(path, file) if path.suffix.lower() == ".csv" else _from_jsonl(path, file)
    except UnicodeDecodeError:
        raise UserError(f"{path} is not UTF-8 text", "save it as UTF-8") from None
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror})", "give a CSV or JSONL file of labels") from None


def _from_csv(path: Path, lines: Iterable[str]) -> Iterator[Opinion]:
    reader = csv.reader(lines, strict=True)
    try:
        columns = [name.strip() for name in next(reader, [])]
        _check_columns(path, columns)
        for row in reader:
            if not any(cell.strip() for cell in row):
                continue
            if len(row) != len(columns):
                raise _bad(path, reader.line_num, f"has {len(row)} cells under {len(columns)} columns")
            cells = {name: cell for name, cell in zip(columns, row, strict=True) if cell.strip()}
            yield _opinion(path, reader.line_num, cells)
    except csv.Error as error:
        raise _bad(path, reader.line_num, f"is no CSV ({error})") from None


def _check_columns(path: Path, columns: list[str]) -> None:
    missing = [name for name in NEEDED if name not in columns]
    if missing:
        hint = "the gallery exports such a file at /label/export.csv"
        raise UserError(f"{path} lacks the column{'s' * (len(missing) > 1)} {', '.join(missing)}", hint)
    twice = sorted({name for name in columns if name and columns.count(name) > 1})
    if twice:
        raise UserError(f"{path} has the column {twice[0]} twice", "leave one of them out")


def _from_jsonl(path: Path, lines: Iterable[str]) -> Iterator[Opinion]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise _bad(path, number, f"is no JSON ({str(error).splitlines()[0]})") from None
        if not isinstance(row, dict):
            raise _bad(path, number, "is no JSON object")
        formats.check(f"{path} line {number}", {"format": labels.FORMAT, **row}, labels.FORMAT)
        yield _opinion(path, number, row)


def _opinion(path: Path, number: int, row: Mapping[str, Any]) -> Opinion:
    """The opinion in a row, flat or as labels are stored, where what the judge said is an object `judged`."""
    judged = {name.removeprefix("judged_"): value for name, value in row.items() if name.startswith("judged_")}
    try:
        return Opinion.model_validate({"judged": judged, **row})
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        column = "_".join(str(part) for part in first["loc"])
        said = "" if first["type"] == "missing" else f", not {first['input']!r}"
        raise _bad(path, number, f"{column}: {first['msg']}{said}") from None


def _bad(path: Path, number: int, why: str) -> UserError:
    return UserError(f"{path} line {number}: {why}", "mend that line or take it out")
