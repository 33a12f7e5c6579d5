"""Measures turns, mirroring, crops, zooms, frames and captions: where things are now."""

import cv2
import numpy as np

from schemas.errors import Reject
from workers.photographic import geometry, overlay
from workers.photographic.effect import Effect
from workers.photographic.measuring.finding import Finding, Pair, difference, unexplained
from workers.pixelwise.arrays import Mask, Pixels, Plane, grey, shrunk, thumbnail

SIDE = 64
WHITE = 190
"""A pixel whose channels are all above this counts as a white letter's."""
ZOOMS = (0.4, 0.55, 0.7, 0.8, 0.9, 0.95, 1.0, 1.05, 1.1, 1.2, 1.35, 1.6, 2.0)


def _moved(effect: Effect, pair: Pair, expected: Pixels) -> tuple[float, float]:
    """What differs from the turned source, where the source is known."""
    if pair.known is None:
        return unexplained(difference(expected, pair.edited), None)
    mask = np.repeat(pair.known.view(np.uint8)[:, :, None] * np.uint8(255), 3, axis=2)
    return unexplained(difference(expected, pair.edited), np.asarray(geometry.turn(mask, effect)[:, :, 0] > 250))


def turned(effect: Effect, pair: Pair) -> Finding:
    """Which of the eight right-angle views of the source the edited picture is most like."""
    after = thumbnail(pair.edited, SIDE)
    likeness = {view: float((thumbnail(np.ascontiguousarray(shown), SIDE) * after).sum())
                for view, shown in geometry.dihedral(shrunk(pair.source, 256)).items()}  # fmt: skip
    best = max(likeness, key=lambda view: likeness[view])
    asked = geometry.view(effect)
    rivals = [value for view, value in likeness.items() if view != asked]
    if likeness[asked] > 0.9 and max(rivals) > likeness[asked] - 0.01:
        raise Reject(f"the picture looks the same from several sides, so its {effect.operation} cannot be measured")
    expected = geometry.turn(pair.source, effect)
    measures = {"likeness": likeness[asked], "turn": 90.0 * best[0], "mirrored": float(best[1])}
    if best != asked or expected.shape != pair.edited.shape:
        return Finding(1.0, 128.0, 128.0, measures)
    return Finding(0.0, *_moved(effect, pair, expected), measures)


def cropped(effect: Effect, pair: Pair) -> Finding:
    """Where the edited picture is found in the source, against the asked box."""
    left, top, right, bottom = geometry.box(effect, *pair.source.shape[:2])
    height, width = pair.edited.shape[:2]
    if height > pair.source.shape[0] or width > pair.source.shape[1]:
        return Finding(1.0, 128.0, 128.0, {"overlap": 0.0})
    places = {(left, top), _found(pair.source, pair.edited)}
    findings = [_cropped_at(place, (left, top, right, bottom), pair) for place in sorted(places)]
    return min(findings, key=lambda found: found.residual)


def _cropped_at(place: tuple[int, int], asked: tuple[int, int, int, int], pair: Pair) -> Finding:
    (at_x, at_y), (left, top, right, bottom) = place, asked
    height, width = pair.edited.shape[:2]
    across = max(0, min(right, at_x + width) - max(left, at_x))
    down = max(0, min(bottom, at_y + height) - max(top, at_y))
    overlap = across * down / ((right - left) * (bottom - top) + width * height - across * down)
    there = slice(at_y, at_y + height), slice(at_x, at_x + width)
    if pair.source[there].shape != pair.edited.shape:
        return Finding(1.0, 128.0, 128.0, {"overlap": overlap})
    known = None if pair.known is None else pair.known[there]
    residual, worst = unexplained(difference(pair.source[there], pair.edited), known)
    return Finding(2.0 * (1.0 - overlap), residual, worst, {"overlap": overlap})


def _found(source: Pixels, edited: Pixels) -> tuple[int, int]:
    """Left and top of `edited` in `source`: a coarse search, then an exact one around it."""
    step = max(1, round(max(source.shape) / 256))
    coarse = cv2.matchTemplate(grey(source)[::step, ::step], grey(edited)[::step, ::step], cv2.TM_SQDIFF)
    x, y = (step * place for place in cv2.minMaxLoc(coarse)[2])
    reach = 2 * step
    left, top = max(0, x - reach), max(0, y - reach)
    height, width = edited.shape[:2]
    window = source[top : y + reach + height, left : x + reach + width]
    fine = cv2.matchTemplate(grey(window)[:, :], grey(edited), cv2.TM_SQDIFF)
    dx, dy = cv2.minMaxLoc(fine)[2]
    return left + dx, top + dy


def zoomed(effect: Effect, pair: Pair) -> Finding:
    """The enlargement of the source's middle that the edited picture is most like."""
    asked = effect.number("factor")
    after = thumbnail(pair.edited, 96)
    factors = np.unique(np.maximum(1.0, np.array(ZOOMS) * asked))
    likeness = np.array([float((_middle(pair.source, float(f)) * after).sum()) for f in factors])
    best = int(likeness.argmax())
    factor = float(factors[best])
    for width in (0.04, 0.015, 0.006):
        near = factor * np.array([1 - width, 1.0, 1 + width])
        values = [float((_middle(pair.source, float(f)) * after).sum()) for f in near]
        factor = max(1.0, float(near[int(np.argmax(values))]))
    if abs(factor / asked - 1.0) < 0.02:
        factor = asked
    reached = effect.but(factor=factor)
    gap = difference(geometry.zoom(pair.source, reached), pair.edited)
    known = None if pair.known is None else _zoomed_mask(pair.known, reached)
    return Finding(abs((factor - 1) / (asked - 1) - 1.0), *unexplained(gap, known), {"factor": factor})


def _middle(source: Pixels, factor: float) -> Plane:
    return thumbnail(geometry.zoomed(source, factor, 96, 96), 96)


def _zoomed_mask(known: Mask, effect: Effect) -> Mask:
    shown = np.repeat(known.view(np.uint8)[:, :, None] * np.uint8(255), 3, axis=2)
    return np.asarray(geometry.zoom(shown, effect)[:, :, 0] > 250)


def framed(effect: Effect, pair: Pair) -> Finding:
    """How far a plain band of the asked colour reaches in from each side, and what changed within it."""
    height, width = pair.edited.shape[:2]
    asked = overlay.frame_width(effect, height, width)
    rim = ~plain_inside(asked, height, width)
    if float(_painted(effect, pair.source)[rim].mean()) > 0.6:
        raise Reject("the source already has such an edge, so its frame cannot be measured")
    reach = _reach(effect, pair.edited)
    inside = plain_inside(max(asked, *reach), height, width)
    residual, worst = unexplained(difference(pair.source, pair.edited), inside & pair.mask)
    return Finding(frame_error(effect, pair.edited), residual, worst, {"frame_px": float(np.mean(reach))})


def frame_error(effect: Effect, edited: Pixels) -> float:
    """Relative error of the frame's width on its worst side."""
    asked = overlay.frame_width(effect, *edited.shape[:2])
    return max(abs(side / asked - 1.0) for side in _reach(effect, edited))


def _painted(effect: Effect, pixels: Pixels) -> Mask:
    color = np.array(overlay.COLORS[effect.word("color")], np.int16)
    return np.asarray(np.abs(pixels.astype(np.int16) - color).max(axis=2) <= 14)


def _reach(effect: Effect, edited: Pixels) -> list[int]:
    """How many rows or columns are of the frame's colour, from the top, the bottom, the left and the right."""
    plain = _painted(effect, edited)
    rows, columns = plain.mean(axis=1) > 0.98, plain.mean(axis=0) > 0.98
    return [int(np.argmin(np.append(line, False))) for line in (rows, rows[::-1], columns, columns[::-1])]


def plain_inside(band: int, height: int, width: int) -> Mask:
    """True farther than `band` pixels from every side."""
    mask = np.zeros((height, width), np.bool_)
    mask[band : height - band, band : width - band] = True
    return mask


def captioned(effect: Effect, pair: Pair) -> Finding:
    """Whether white letters stand exactly where those of the asked text belong, and nothing else changed."""
    height, width = pair.edited.shape[:2]
    left, top, right, bottom = overlay.lettering(effect, height, width)[2]
    error = caption_error(effect, pair.edited, pair.mask & not_white(pair.source))
    rest = pair.mask.copy()
    rest[top:bottom, left:right] = False
    residual, worst = unexplained(difference(pair.source, pair.edited), rest)
    return Finding(error, residual, worst, {"letters": 1.0 - error / 2.0})


def caption_error(effect: Effect, edited: Pixels, fair: Mask | None = None) -> float:
    """2 less twice the F1 score of white pixels against the text's letters; `fair`: where white means a letter."""
    height, width = edited.shape[:2]
    letters, _, (left, top, right, bottom) = overlay.lettering(effect, height, width)
    box = (slice(top, bottom), slice(left, right))
    wanted, white = letters[box] > 0.8, edited[box].min(axis=2) > WHITE
    clear = wanted | (letters[box] < 0.25)
    clear &= True if fair is None else fair[box]
    if np.count_nonzero(wanted & clear) < 0.2 * np.count_nonzero(wanted):
        raise Reject("the place of the caption is too bright to read white letters there")
    hits, wrong = int((white & wanted & clear).sum()), int(((white ^ wanted) & clear).sum())
    return 2.0 * wrong / max(1, 2 * hits + wrong)


def not_white(pixels: Pixels) -> Mask:
    """Where white would not be there but for a letter."""
    return np.asarray(pixels.min(axis=2) <= WHITE)
