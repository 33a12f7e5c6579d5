"""Which edits to ask of a photograph: those that fit what its pixels show, picked by its content's hash."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from schemas.ids import digest
from schemas.messages import Request
from schemas.taxonomy import taxonomy
from workers.photographic.effect import PARAMS, Effect, Params
from workers.photographic.operations import certainty
from workers.photographic.overlay import COLORS
from workers.photographic.traits import Traits, traits
from workers.photographic.wording import say
from workers.pixelwise.arrays import Pixels

CAPTIONS = (
    "Photo of the day", "One fine day", "A quiet moment", "Untitled No. 7", "Chapter One", "Exhibit A",
    "Hello there", "Number Twelve", "To be continued", "Somewhere", "A closer look", "Now and then",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Proposal:
    """A variant of an operation: whether it fits a picture, and with which parameters (`pick`: a repeatable draw)."""

    operation: str
    variant: str
    fits: Callable[[Traits], bool]
    params: Callable[[Traits, int], Params]


def _fixed(**params: float | str) -> Callable[[Traits, int], Params]:
    return lambda _traits, _pick: params


def _around(**params: float) -> Callable[[Traits, int], Params]:
    return lambda t, _pick: dict(zip(("x", "y", "rx", "ry"), t.subject, strict=True)) | params


def _colored(t: Traits) -> bool:
    return t.chroma > 14


def _lively(t: Traits) -> bool:
    return t.chroma > 6 and t.mean > 70


def _roomy(t: Traits) -> bool:
    return min(t.width, t.height) >= 256


def _turns(t: Traits) -> bool:
    return t.upended < 0.8


def _blurry(share: float) -> Callable[[Traits, int], Params]:
    return lambda t, _pick: {"sigma": round(max(1.5, share * min(t.width, t.height)), 2)}


def _caption(t: Traits, pick: int) -> Params:
    where = "bottom" if t.below_bright <= t.above_bright else "top"
    return {"text": CAPTIONS[pick % len(CAPTIONS)], "where": where}


def _square(t: Traits, _pick: int) -> Params:
    side = min(t.width, t.height)
    w, h = side / t.width, side / t.height
    return {"x": round((1 - w) / 2, 5), "y": round((1 - h) / 2, 5), "w": round(w, 5), "h": round(h, 5)}


def _around_blurry(t: Traits, pick: int) -> Params:
    return {**_around()(t, pick), **_blurry(0.013)(t, pick)}


def _filtering(_traits: Traits, pick: int) -> Params:
    colors = PARAMS["tint"]["color"]
    return {"color": colors[pick % len(colors)], "strength": 0.7}


def _framing(t: Traits, pick: int) -> Params:
    distinct = [name for name, color in COLORS.items() if np.abs(np.subtract(color, t.rim)).max() > 60]
    return {"color": distinct[pick % len(distinct)], "width": 0.05}


PLAIN = frozenset({"rotate", "flip", "crop", "zoom", "frame", "caption", "blur", "blur_background"})
"""What can be done to a picture that is all black, white or pure colours: nothing of its tone could be measured."""

PROPOSALS: tuple[Proposal, ...] = (
    Proposal("exposure", "brighter", lambda t: t.mean < 135 and t.bright < 0.12, _fixed(stops=0.8)),
    Proposal("exposure", "much_brighter", lambda t: t.mean < 90 and t.bright < 0.06, _fixed(stops=1.4)),
    Proposal("exposure", "darker", lambda t: t.mean > 85, _fixed(stops=-0.8)),
    Proposal("contrast", "more", lambda t: 20 < t.spread < 58 and t.noise < 3 and t.dark < 0.4, _fixed(gain=1.55)),
    Proposal("contrast", "less", lambda t: t.spread > 38, _fixed(gain=0.6)),
    Proposal("saturation", "more", lambda t: 14 < t.chroma < 70, _fixed(factor=1.5)),
    Proposal("saturation", "less", lambda t: t.chroma > 25, _fixed(factor=0.45)),
    Proposal("color_temperature", "warmer", lambda t: _colored(t) and t.red_full < 0.06, _fixed(warmth=0.5)),
    Proposal("color_temperature", "cooler", lambda t: _colored(t) and t.blue_full < 0.06, _fixed(warmth=-0.5)),
    Proposal("tint", "filter", lambda t: t.mean > 50, _filtering),
    Proposal("monochrome", "neutral", _colored, _fixed(strength=1.0)),
    Proposal("vignette", "corners", lambda t: t.mean > 60 and t.dark < 0.4, _fixed(stops=-2.2)),
    Proposal("season", "winter", lambda t: t.leafy > 0.12 and t.mean > 60, _fixed(to="winter", strength=1.0)),
    Proposal("season", "autumn", lambda t: t.leafy > 0.15, _fixed(to="autumn", strength=1.0)),
    Proposal("time_of_day", "night", lambda t: _lively(t) and t.dark < 0.35, _fixed(to="night", strength=1.0)),
    Proposal("time_of_day", "dusk", _lively, _fixed(to="dusk", strength=1.0)),
    Proposal("time_of_day", "golden", lambda t: _lively(t) and t.red_full < 0.15, _fixed(to="golden", strength=1.0)),
    *(Proposal("lighting", side, lambda t: t.mean > 60 and t.dark < 0.4, _fixed(side=side, stops=2.4))
      for side in ("left", "right", "top", "middle")),
    Proposal("blur_background", "around", lambda t: t.detail > 4, _around_blurry),
    Proposal("dim_surroundings", "around", lambda t: t.mean > 50 and t.dark < 0.5, _around(stops=-1.8)),
    Proposal("blur", "soft", lambda t: t.detail > 3, _blurry(0.0075)),
    Proposal("sharpen", "crisp", lambda t: 2 < t.detail < 14 and t.noise < 2, _fixed(amount=1.4, sigma=1.5)),
    Proposal("grain", "film", lambda t: t.noise < 3 and 40 < t.mean < 215, _fixed(sigma=12.0)),
    Proposal("degrade", "print", lambda t: _colored(t) and t.noise < 4 and t.mean > 40, _fixed(strength=1.0)),
    Proposal("rotate", "right", _turns, _fixed(degrees=90)),
    Proposal("rotate", "left", _turns, _fixed(degrees=270)),
    Proposal("rotate", "half", _turns, _fixed(degrees=180)),
    Proposal("flip", "mirror", lambda t: t.mirrored < 0.8, _fixed(axis="horizontal")),
    Proposal("flip", "upside", _turns, _fixed(axis="vertical")),
    *(Proposal("crop", side, _roomy, _fixed(x=x, y=y, w=w, h=h)) for side, x, y, w, h in (
        ("left", 0, 0, 0.5, 1), ("right", 0.5, 0, 0.5, 1), ("top", 0, 0, 1, 0.5), ("bottom", 0, 0.5, 1, 0.5))),
    Proposal("crop", "square", lambda t: _roomy(t) and not 0.8 < t.width / t.height < 1.25, _square),
    Proposal("zoom", "closer", _roomy, _fixed(factor=1.5)),
    Proposal("zoom", "close", lambda t: min(t.width, t.height) >= 400, _fixed(factor=2.0)),
    Proposal("frame", "plain", lambda t: not t.edge_plain, _framing),
    Proposal("caption", "line", lambda t: _roomy(t) and min(t.below_bright, t.above_bright) < 0.4, _caption),
)  # fmt: skip


def fitting(pixels: Pixels, pick: str) -> list[Effect]:
    """Every edit that fits the picture (none if it is blank), in an order that depends on `pick` only."""
    known = traits(pixels)
    if known.spread < 4:
        return []
    fit = [p for p in PROPOSALS if p.fits(known) and (known.midtones > 0.1 or p.operation in PLAIN)]
    fit.sort(key=lambda p: (digest("operation", pick, p.operation), digest("variant", pick, p.variant)))
    return [Effect(p.operation, p.variant, p.params(known, _number(pick, p.operation))) for p in fit]


def requests(pixels: Pixels, pick: str, edits: int) -> tuple[Request, ...]:
    """Up to `edits` requests, each of another operation and, as far as they reach, of another group of operations.

    At most one of them loses pixels for good while others fit: two such edits could not be measured against each
    other as a composite.
    """
    chosen = _varied(fitting(pixels, pick))[:edits]
    return tuple(
        Request(instruction=say(e, "forward", f"{pick} {e.operation}"), operation=e.operation, effect=e.dump())
        for e in chosen
    )


def _lossy(effect: Effect) -> bool:
    return certainty(effect) == 0 or effect.operation == "blur_background"


def _varied(effects: list[Effect]) -> list[Effect]:
    groups = {name: operation.group for name, operation in taxonomy().operations.items()}
    chosen: list[Effect] = []

    def rank(effect: Effect) -> tuple[bool, int]:
        lossy = _lossy(effect) and any(_lossy(other) for other in chosen)
        return lossy, sum(groups[other.operation] == groups[effect.operation] for other in chosen)

    rest = list(effects)
    while rest:
        best = min(rest, key=rank)
        chosen.append(best)
        rest = [effect for effect in rest if effect.operation != best.operation]
    return chosen


def _number(pick: str, operation: str) -> int:
    return int(digest("parameter", pick, operation)[:8], 16)
