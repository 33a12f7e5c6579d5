"""Measures light and colour edits from how levels map to levels, pixel by pixel."""

import numpy as np

from schemas.errors import Reject
from workers.photographic import colour, light
from workers.photographic.effect import Effect
from workers.photographic.measuring.finding import Finding, Pair, along, judged
from workers.pixelwise.arrays import Mask, Plane

ENOUGH = 0.02
"""Below this share of usable pixels nothing is measured."""


def _enough(where: Mask, what: str) -> Mask:
    if np.count_nonzero(where) < max(64, ENOUGH * where.size):
        raise Reject(f"too few pixels tell of the {what}: clipped, too dark or without colour; use another judge")
    return where


def lit(effect: Effect, pair: Pair) -> Finding:
    """Exposure, vignette, lighting, dimmed surroundings: stops from log (or logit) ratios of linear light."""
    pair = pair.thinned()
    stops = light.light_map(effect, *pair.source.shape[:2])
    where = _enough(pair.between(5, 250), "light")
    _enough(where & (np.abs(stops) > 0.2 * abs(effect.number("stops"))), "light")
    before, after = light.LINEAR[pair.source[where]], light.LINEAR[pair.edited[where]]
    asked = stops[where][:, None] * np.float32(np.log(2.0))
    change = np.log(after) - np.log(before)
    sure = before * after
    if light.soft(effect):
        change = change - np.log1p(-after) + np.log1p(-before)
        sure = sure * (1 - before) * (1 - after)
    strength = along(change, np.broadcast_to(asked, change.shape), np.sqrt(sure))
    measured = strength * effect.number("stops")
    return judged(strength, light.relight(pair.source, effect.but(stops=measured)), pair, stops=measured)


def contrast(effect: Effect, pair: Pair) -> Finding:
    """The slope of levels (lowered contrast) or of their logits (raised) about mid grey."""
    pair = pair.thinned()
    where = _enough(pair.between(8, 247), "contrast")
    x, y = pair.source[where] / np.float32(255), pair.edited[where] / np.float32(255)
    sure = x * (1 - x) * y * (1 - y)
    if effect.number("gain") > 1:
        gain = along(np.log(y / (1 - y)), np.log(x / (1 - x)), sure)
    else:
        gain = along(y - np.float32(0.5), x - np.float32(0.5))
    gain = max(gain, 0.05)
    strength = float(np.log(gain) / np.log(effect.number("gain")))
    expected = light.table(pair.source, light.contrast_curve(gain))
    if gain > 1 and effect.number("gain") <= 1:
        expected = light.table(pair.source, 127.5 + gain * (np.arange(256) - 127.5))
    return judged(strength, expected, pair, gain=gain)


def _chroma(values: Plane) -> Plane:
    return np.asarray(values - (values @ colour.LUMA)[:, None], np.float32)


def saturation(effect: Effect, pair: Pair) -> Finding:
    """The slope of chroma against chroma; monochrome is a saturation of 0."""
    pair = pair.thinned()
    usable = pair.between(2, 253) & ((pair.source.max(axis=2) - pair.source.min(axis=2)) > 6)
    where = _enough(usable, "saturation")
    factor = along(*(_chroma(p[where].astype(np.float32)) for p in (pair.edited, pair.source)))
    asked = 1.0 - effect.number("strength") if effect.operation == "monochrome" else effect.number("factor")
    strength = (factor - 1.0) / (asked - 1.0)
    left = Effect("saturation", "", {"factor": factor})
    return judged(strength, colour.recolour(pair.source, left), pair, saturation=factor)


def temperature(effect: Effect, pair: Pair) -> Finding:
    """The median change of the ratio of red to blue, in linear light."""
    pair = pair.thinned()
    where = _enough(pair.between(12, 250), "colour temperature")
    before, after = np.log(light.LINEAR[pair.source[where]]), np.log(light.LINEAR[pair.edited[where]])
    warmth = float(np.median(after[:, 0] - after[:, 2] - before[:, 0] + before[:, 2]))
    expected = colour.warm(pair.source, effect.but(warmth=warmth))
    return judged(warmth / effect.number("warmth"), expected, pair, warmth=warmth)


def tint(effect: Effect, pair: Pair) -> Finding:
    """The gain of each channel, against those of the asked filter."""
    pair = pair.thinned()
    where = _enough(pair.between(2, 253), "tint")
    x, y = pair.source[where].astype(np.float32), pair.edited[where].astype(np.float32)
    gains = (x * y).sum(axis=0) / (x * x).sum(axis=0)
    asked = 1.0 - np.diag(colour.colour_matrix(effect))
    strength = along(1.0 - gains, asked)
    off = float(np.linalg.norm(1.0 - gains - strength * asked) / np.linalg.norm(asked))
    expected = colour.toned(pair.source, np.asarray(np.diag(1.0 - strength * asked), np.float32))
    found = judged(strength, expected, pair, red=float(gains[0]), green=float(gains[1]), blue=float(gains[2]))
    return Finding(float(np.hypot(found.error, off)), found.residual, found.worst, found.measures)


def hour(effect: Effect, pair: Pair) -> Finding:
    """How far the colours went, in linear light, towards those of the asked time of day."""
    pair = pair.thinned()
    where = _enough(pair.between(1, 252), "time of day")
    x, y = light.linear(pair.source[where]), light.linear(pair.edited[where])
    full = colour.colour_matrix(effect)
    strength = along(y - x, x @ full.T - x)
    reached = effect.but(strength=strength * effect.number("strength"))
    stops = float(np.log2((y @ colour.LUMINANCE).mean() / max(1e-4, float((x @ colour.LUMINANCE).mean()))))
    return judged(strength, colour.hour(pair.source, reached), pair, stops=stops)


def season(effect: Effect, pair: Pair) -> Finding:
    """How far the colours went, in levels, towards those of the asked season."""
    pair = pair.thinned()
    where = _enough(pair.mask, "season")
    x, y = pair.source.astype(np.float32), pair.edited.astype(np.float32)
    asked = colour.season(pair.source, effect).astype(np.float32) - x
    strength = along((y - x)[where], asked[where])
    leaf = colour.leafiness(x)
    greens = where & (leaf > 0.4)
    turn = float((y - x)[greens][:, 0].mean() - (y - x)[greens][:, 1].mean()) if greens.any() else 0.0
    reached = effect.but(strength=strength * effect.number("strength"))
    return judged(strength, colour.season(pair.source, reached), pair, foliage_redness=turn)
