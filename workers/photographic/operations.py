"""Every photographic operation: how it is applied, taken away again as far as pixels allow, and gone wrong."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from workers.photographic import colour, focus, geometry, light, overlay
from workers.photographic.effect import PARAMS, Effect
from workers.pixelwise.arrays import Mask, Pixels

Apply = Callable[[Pixels, Effect, int], Pixels]
Undo = Callable[[Pixels, Effect], Pixels]
Stray = Callable[[Effect, float], Effect]


@dataclass(frozen=True, slots=True)
class Known:
    """A picture of which only the pixels under `mask` are known (None: all)."""

    pixels: Pixels
    mask: Mask | None = None


@dataclass(frozen=True, slots=True)
class Operation:
    """`undo` is None where pixels are lost; `exact` undoing loses nothing; `keeps` tells which pixels an overlay or a
    blur leaves untouched. `changes` names qualities the edit is meant to change, which are no defects then."""

    apply: Apply
    stray: Stray
    undo: Undo | None = None
    exact: bool = False
    keeps: Callable[[Effect, int, int], Mask] | None = None
    changes: frozenset[str] = frozenset()


def apply(pixels: Pixels, effect: Effect, seed: int) -> Pixels:
    """The picture with the edit done; `seed` matters to grain only."""
    return OPERATIONS[effect.operation].apply(pixels, effect, seed)


def undo(pixels: Pixels, effect: Effect) -> Known | None:
    """The picture as it was before the edit, where that can be computed; None where it cannot anywhere."""
    operation = OPERATIONS[effect.operation]
    if operation.keeps is not None:
        return Known(pixels, operation.keeps(effect, *pixels.shape[:2]))
    if operation.undo is None:
        return None
    before = operation.undo(pixels, effect)
    return Known(before) if operation.exact else Known(before, _well_known(pixels, effect, operation.undo))


EXACT = 3
"""The certainty of what can be undone without loss."""


def hides(effect: Effect) -> bool:
    """Whether undoing the effect leaves pixels unknown that it covered or blurred."""
    return OPERATIONS[effect.operation].keeps is not None


def certainty(effect: Effect) -> int:
    """How far undoing can be trusted: 3 exactly, 2 some pixels exactly, 1 up to rounding, 0 not at all."""
    operation = OPERATIONS[effect.operation]
    return EXACT if operation.exact else 2 if operation.keeps else 1 if operation.undo else 0


def _well_known(pixels: Pixels, effect: Effect, undone: Undo) -> Mask:
    """Where nothing was clipped and two levels more or less in the edited picture are at most six in the source."""
    unclipped = ((pixels >= 3) & (pixels <= 252)).all(axis=2)
    high, low = (
        undone(pixels + np.uint8(2) * (pixels < 253), effect),
        undone(pixels - np.uint8(2) * (pixels > 2), effect),
    )
    return np.asarray(unclipped & (np.abs(high.astype(np.int16) - low).max(axis=2) <= 12))


def _factor(draw: float) -> float:
    """A strength that misses: 0.25 to 0.7 of what was asked, or 1.4 to 1.9."""
    return 0.25 + 0.75 * draw if draw < 0.6 else 1.4 + 1.25 * (draw - 0.6)


def _within(effect: Effect, name: str, value: float) -> Effect:
    low, high = PARAMS[effect.operation][name]
    return effect.but(**{name: round(min(max(value, float(low)), float(high)), 4)})


def _scaled(name: str, neutral: float = 0.0) -> Stray:
    def stray(effect: Effect, draw: float) -> Effect:
        return _within(effect, name, neutral + (effect.number(name) - neutral) * _factor(draw))

    return stray


def _weakened(name: str) -> Stray:
    def stray(effect: Effect, draw: float) -> Effect:
        return _within(effect, name, effect.number(name) * (0.25 + 0.45 * draw))

    return stray


def _contrast(effect: Effect, draw: float) -> Effect:
    return _within(effect, "gain", effect.number("gain") ** _factor(draw))


def _turned(effect: Effect, draw: float) -> Effect:
    others = [degrees for degrees in (90, 180, 270) if degrees != effect.number("degrees")]
    return effect.but(degrees=others[int(draw * 2)])


def _flipped(effect: Effect, _draw: float) -> Effect:
    return effect.but(axis="vertical" if effect.word("axis") == "horizontal" else "horizontal")


def _cropped(effect: Effect, draw: float) -> Effect:
    shrink = 0.6 + 0.25 * draw
    return effect.but(w=round(effect.number("w") * shrink, 4), h=round(effect.number("h") * shrink, 4))


def _misspelt(effect: Effect, draw: float) -> Effect:
    text = effect.word("text")
    if draw < 0.3 or len(text) < 4:
        return effect.but(where="top" if effect.word("where") == "bottom" else "bottom")
    at = 1 + int((draw - 0.3) / 0.7 * (len(text) - 3))
    return effect.but(text=text[:at] + text[at + 1] + text[at + 2 :])


def _unaffected(effect: Effect, height: int, width: int) -> Mask:
    return np.asarray(light.surroundings(effect, height, width) == 0.0)


def _seedless(step: Undo) -> Apply:
    return lambda pixels, effect, _seed: step(pixels, effect)


def _unlit(pixels: Pixels, effect: Effect) -> Pixels:
    return light.relight(pixels, effect, -1.0)


def _unwarm(pixels: Pixels, effect: Effect) -> Pixels:
    return colour.warm(pixels, effect, -1.0)


def _op(step: Undo, stray: Stray, undone: Undo | None = None, *, changes: str = "", exact: bool = False) -> Operation:
    return Operation(_seedless(step), stray, undone, exact, changes=frozenset(changes.split()))


OPERATIONS: Mapping[str, Operation] = {
    "exposure": _op(light.relight, _scaled("stops"), _unlit, changes="clipping"),
    "contrast": _op(light.contrast, _contrast, light.uncontrast, changes="noise"),
    "saturation": _op(colour.recolour, _scaled("factor", 1.0), colour.unrecolour),
    "color_temperature": _op(colour.warm, _scaled("warmth"), _unwarm),
    "tint": _op(colour.recolour, _weakened("strength"), colour.unrecolour),
    "monochrome": _op(colour.recolour, _weakened("strength")),
    "vignette": _op(light.relight, _scaled("stops"), _unlit, changes="clipping softness"),
    "season": _op(colour.season, _weakened("strength")),
    "time_of_day": _op(colour.hour, _weakened("strength"), colour.unhour, changes="clipping"),
    "lighting": _op(light.relight, _scaled("stops"), _unlit, changes="clipping noise softness"),
    "blur_background": Operation(
        _seedless(focus.blur_background), _scaled("sigma"), keeps=_unaffected, changes=frozenset({"softness"})
    ),
    "dim_surroundings": _op(light.relight, _scaled("stops"), _unlit, changes="clipping softness"),
    "blur": _op(focus.blur, _scaled("sigma"), changes="softness"),
    "sharpen": _op(focus.sharpen, _scaled("amount"), changes="noise clipping"),
    "grain": Operation(focus.grain, _scaled("sigma"), changes=frozenset({"noise"})),
    "degrade": Operation(focus.degrade, _weakened("strength"), changes=frozenset({"noise", "softness"})),
    "rotate": _op(geometry.turn, _turned, geometry.unturn, exact=True),
    "flip": _op(geometry.turn, _flipped, geometry.unturn, exact=True),
    "crop": _op(geometry.crop, _cropped, changes="clipping noise softness"),
    "zoom": _op(geometry.zoom, _scaled("factor", 1.0), changes="softness clipping"),
    "frame": Operation(
        _seedless(overlay.frame),
        _scaled("width"),
        keeps=overlay.inside_frame,
        changes=frozenset({"clipping", "softness", "banding", "blockiness"}),
    ),
    "caption": Operation(
        _seedless(overlay.caption), _misspelt, keeps=overlay.outside_caption, changes=frozenset({"clipping"})
    ),
}  # fmt: skip
