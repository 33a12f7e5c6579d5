"""Words for photographic edits: instructions and inverses, in full, short, long and Chinese; and two joined in one."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from schemas.errors import Reject
from schemas.ids import digest
from workers.photographic.effect import Effect

Direction = Literal["forward", "inverse"]
FORMS = ("short", "long", "rewritten", "zh")
_KEPT = {
    "geometry": "Change nothing about the picture's light, colours or contents.",
    "overlay": "Leave the rest of the photo exactly as it is.",
    "tone": "Keep every object, its place and its shape as they are; nothing is added and nothing taken out.",
}
_GEOMETRY = frozenset({"rotate", "flip", "crop", "zoom"})
_OVERLAY = frozenset({"frame", "caption"})


class Words(BaseModel):
    """The wordings of one variant; `short` and `zh` are pairs (forward, inverse)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    forward: tuple[str, ...]
    inverse: tuple[str, ...] = ()
    short: tuple[str, str]
    zh: tuple[str, str]


@cache
def _book() -> tuple[dict[tuple[str, str], Words], dict[str, str]]:
    raw = tomllib.loads(Path(__file__).with_name("wording.toml").read_text(encoding="utf-8"))
    chinese = raw.pop("names")["zh"]
    words = {
        (operation, variant): Words.model_validate(entry)
        for operation, variants in raw.items()
        for variant, entry in variants.items()
    }
    return words, chinese


def variants() -> tuple[tuple[str, str], ...]:
    """Every (operation, variant) that has words."""
    return tuple(_book()[0])


def say(effect: Effect, direction: Direction, pick: str) -> str:
    """One of the wordings, always the same one for the same `pick`; raises `Reject` where there is no inverse."""
    choices = getattr(_words(effect), direction)
    if not choices:
        raise Reject(f"{effect.operation} has no inverse to put into words")
    wording: str = choices[int(digest("wording", pick)[:8], 16) % len(choices)]
    return wording.format(**_fillings(effect))


def form(effect: Effect, direction: Direction, name: str, start: str) -> str:
    """The edit as "short", "long", "rewritten" (other words than `start`'s) or "zh"; raises `Reject` for others."""
    words, side = _words(effect), int(direction == "inverse")
    if name == "long":
        return f"{start.rstrip('.')}. {_KEPT[_group(effect)]}"
    if name == "rewritten":
        others = [text for number in range(16) if (text := say(effect, direction, f"{start}{number}")) != start]
        return others[0] if others else start
    if name not in FORMS:
        raise Reject(f"the classic writer has no form {name!r}; it has {', '.join(FORMS)}")
    wording = words.short[side] if name == "short" else words.zh[side]
    if not wording:
        raise Reject(f"{effect.operation} has no inverse to put into words")
    chinese = _book()[1] if name == "zh" else {}
    return wording.format(**{key: chinese.get(value, value) for key, value in _fillings(effect).items()})


def joined(first: str, second: str, language: str = "en") -> str:
    """Two instructions as one sentence, the first to be done first."""
    if language == "zh":
        return f"{first.rstrip('。')}，并且{second}"
    head, tail = first.strip().rstrip("."), second.strip()
    link = ", then" if "," in head or " and " in head or " and " in tail else " and"
    return f"{head}{link} {tail[:1].lower()}{tail[1:]}"


def place(x: float, y: float) -> str:
    """Words for a point of the picture, given as shares of its width and height."""
    across = "left" if x < 0.4 else "right" if x > 0.6 else ""
    down = "upper" if y < 0.4 else "lower" if y > 0.6 else ""
    if across and down:
        return f"the {down} {across}"
    return f"the middle {across}".rstrip() if not down else f"the {down} middle"


def _words(effect: Effect) -> Words:
    known = _book()[0].get((effect.operation, effect.variant))
    if known is None:
        raise Reject(f"no words for variant {effect.variant!r} of {effect.operation}; use another writer")
    return known


def _group(effect: Effect) -> str:
    return "geometry" if effect.operation in _GEOMETRY else "overlay" if effect.operation in _OVERLAY else "tone"


def _fillings(effect: Effect) -> dict[str, str]:
    found = {name: str(value) for name, value in effect.params.items() if isinstance(value, str)}
    if "x" in effect.params and "rx" in effect.params:
        found["place"] = place(effect.number("x"), effect.number("y"))
    return found
