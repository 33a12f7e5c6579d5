"""Stored formats: everything that is written down carries a number, and what a newer NHR wrote is refused."""

import json
from contextlib import suppress

from schemas.errors import UserError

_LARGEST = 1 << 32


def check(what: str, stored: object, known: int) -> None:
    """Raise `UserError` when the map `stored`, called `what`, is of a newer format than number `known`.

    Whatever else may be wrong with it is for its reader to find.
    """
    written = stored.get("format") if isinstance(stored, dict) else None
    if type(written) is int and known < written < _LARGEST:
        raise UserError(f"{what} has format {written}, this NHR knows {known}", "upgrade nhr")


def check_json(what: str, data: bytes, known: int) -> None:
    """Like `check`, for bytes that may be anything: raises for JSON of a newer format, and only for that."""
    with suppress(ValueError, RecursionError):
        check(what, json.loads(data), known)
