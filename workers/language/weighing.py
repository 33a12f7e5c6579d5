"""Scores weighted by probability: not the digit a model happened to say, but the mean over all it could have said.

The mean over digit tokens follows G-Eval (arXiv 2303.16634). An answer such as 4.3 is mostly three tokens. Of its first
digit all alternatives are known, of the decimal only those after the digit that was said; the decimal after another
first digit is taken as the middle of what it could be (3 counts as 3.5, 5 as 5.0, for there is nothing above).
"""

import json
import math
import re
from collections.abc import Sequence
from typing import NamedTuple

from workers.language.asking import Reply, Token
from workers.language.marks import MOST

_NUMBER = r"\s*:\s*(\d(?:\.\d+)?)"
_STARTS = re.compile(r"[1-5](?:\.\d*)?")
_DIGIT = re.compile(r"\.?(\d)")
MIDDLE = 0.5


class Weighed(NamedTuple):
    """A score as the mean over what could have been said, and the probability (mass) of all that was a score."""

    score: float
    mass: float


def weighed(reply: Reply, name: str) -> Weighed | None:
    """The score of that name, weighted; None where the server told no odds, or none that fit the answer's text."""
    if "".join(token.text for token in reply.tokens) != reply.text:
        return None
    found = re.search(re.escape(json.dumps(name)) + _NUMBER, reply.text)
    if found is None:
        return None
    return _mean(reply.tokens, found.start(1), found.end(1), found[1])


def _mean(tokens: Sequence[Token], start: int, end: int, said: str) -> Weighed | None:
    """The mean over the alternatives to the token that begins the number, which stands at `start` to `end`."""
    index, offset = _token_at(tokens, start)
    before = tokens[index].text[:offset].strip()
    follows = _decimals(tokens, start, end, index, said)
    total = mass = 0.0
    for text, log_odds in tokens[index].alternatives.items():
        value = _value(text.strip().removeprefix(before).strip(), said[0], follows)
        if value is not None:
            odds = math.exp(log_odds)
            total, mass = total + odds * value, mass + odds
    return Weighed(total / mass, min(1.0, mass)) if mass > 0.0 else None


def _value(text: str, said: str, follows: float) -> float | None:
    """What an alternative stands for: a whole number as it is, a first digit with what is to be expected after it."""
    found = _STARTS.match(text)
    if found is None:
        return None
    number = found[0].rstrip(".")
    if "." in number:
        return float(number) if float(number) <= MOST else None
    if float(number) >= MOST:
        return MOST
    return float(number) + (follows if number == said else MIDDLE)


def _decimals(tokens: Sequence[Token], start: int, end: int, first: int, said: str) -> float:
    """The mean of the decimals that could have followed the first digit that was said."""
    point = said.find(".")
    if point < 0:
        return 0.0
    index, offset = _token_at(tokens, start + point + 1)
    fallback = float(said) - float(said[0])
    if index == first or start + point + 1 >= end:
        return fallback
    before = tokens[index].text[:offset]
    total = mass = 0.0
    for text, log_odds in tokens[index].alternatives.items():
        found = _DIGIT.match(text.strip()) if text.startswith(before) else None
        if found is not None:
            odds = math.exp(log_odds)
            total, mass = total + odds * int(found[1]) / 10, mass + odds
    return total / mass if mass > 0.0 else fallback


def _token_at(tokens: Sequence[Token], position: int) -> tuple[int, int]:
    """Which token holds the character at `position`, and how far into it that is."""
    for index, token in enumerate(tokens):
        if position < len(token.text):
            return index, position
        position -= len(token.text)
    raise IndexError(position)
