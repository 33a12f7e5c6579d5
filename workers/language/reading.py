"""Reading what a model said, strictly: whatever is not exactly what was asked for is `Unreadable`, never a guess."""

import base64
import json
import math
import re
from typing import Any, NoReturn

from workers.language.asking import Reply, Unreadable

FENCED = re.compile(r"```(?:json)?[ \t]*\n(.*)\n[ \t]*```", re.DOTALL | re.IGNORECASE)
URL_SAFE = str.maketrans("-_", "+/")
SHOWN = 80
"""Characters of an unreadable answer that are told."""


def readable_json(reply: Reply) -> dict[str, Any]:
    """The JSON object that is the whole answer, bare or in one clean fence; raises `Unreadable` for anything else.

    Refused are answers that were cut, NaN and infinities, and names that come twice.
    """
    if reply.cut:
        raise Unreadable("the answer was cut short")
    text = reply.text.strip()
    fenced = FENCED.fullmatch(text)
    try:
        found = json.loads(
            fenced[1] if fenced else text, parse_constant=_no_number, parse_float=_finite, object_pairs_hook=_distinct
        )
    except (ValueError, RecursionError):
        raise Unreadable(f"no JSON in {_shown(text)}") from None
    if not isinstance(found, dict):
        raise Unreadable(f"no JSON object in {_shown(text)}")
    return found


def _no_number(name: str) -> NoReturn:
    raise Unreadable(f"{name} is no number")


def _finite(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise Unreadable(f"{digits[:SHOWN]} is no number")
    return value


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Unreadable("a name comes twice in the answer")
    return found


def _shown(text: str) -> str:
    shown = text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
    return repr(shown) if text else "an empty answer"


def from_base64(text: str) -> bytes:
    """The bytes, in either alphabet; raises `ValueError` for what is cut short or no base64."""
    return base64.b64decode(text.translate(URL_SAFE), validate=True)
