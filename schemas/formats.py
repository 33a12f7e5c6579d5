"""Stored formats: everything that is written down carries a number, and what a newer NHR wrote is refused."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar

import msgpack
from pydantic import BaseModel, ValidationError

from schemas.errors import Undecodable, UserError

DATABASE_HINT = "move nhr.sqlite away and mine again: what is on the shelf stays valid"
_LARGEST = 1 << 32
ModelT = TypeVar("ModelT", bound=BaseModel)
_DAMAGE = (ValueError, TypeError, LookupError, ArithmeticError, RecursionError, Undecodable, msgpack.UnpackException)


def check(what: str, stored: object, known: int) -> None:
    """Raise `UserError` when the map `stored`, called `what`, is of a newer format than number `known`.

    Whatever else may be wrong with it is for its reader to find.
    """
    written = stored.get("format") if isinstance(stored, dict) else None
    if type(written) is int and known < written < _LARGEST:
        raise UserError(f"{what} has format {written}, this NHR knows {known}", "upgrade nhr")


@contextmanager
def readable(what: str, hint: str) -> Iterator[None]:
    """Raise `UserError` in place of whatever reading what is stored may raise when it is damaged."""
    try:
        yield
    except _DAMAGE as error:
        why = " ".join(str(error).split())[:200]
        raise UserError(f"{what} ({type(error).__name__}{': ' * bool(why)}{why})", hint) from None


def parsed(model: type[ModelT], at: str, data: bytes, known: int, wrong: str, hint: str) -> ModelT:
    """The `model` in the JSON that is kept under key `at`, of a format up to number `known`.

    Raises `UserError`: the key and what is `wrong` with it ("is no label"), and what next.
    """
    try:
        raw = json.loads(data)
        check(at, raw, known)
        return model.model_validate(raw)
    except (ValidationError, ValueError, RecursionError) as error:
        raise UserError(f"{at} {wrong} ({str(error).splitlines()[0]})", hint) from None


def check_json(what: str, data: bytes, known: int) -> None:
    """Like `check`, for bytes that may be anything: raises for JSON of a newer format, and only for that."""
    with suppress(ValueError, RecursionError):
        check(what, json.loads(data), known)
