"""Measures blur, sharpening and grain from the detail that was lost or gained."""

import cv2
import numpy as np

from schemas.errors import Reject
from workers.photographic import focus
from workers.photographic.colour import LUMA
from workers.photographic.effect import Effect
from workers.photographic.light import surroundings
from workers.photographic.measuring.finding import Finding, Pair, along, judged, unexplained
from workers.pixelwise.arrays import Mask, Plane, grey

TRIALS = (0.15, 0.3, 0.5, 0.7, 0.85, 1.0, 1.15, 1.4, 1.8, 2.6)


def _eroded(mask: Mask, reach: float) -> Mask:
    size = 2 * max(1, round(reach)) + 1
    kernel = np.ones((size, size), np.uint8)
    return np.asarray(cv2.erode(mask.view(np.uint8), kernel, borderValue=1) > 0)


def matched_blur(source: Plane, edited: Plane, asked: float, where: Mask) -> float:
    """The sigma of the Gaussian that best turns `source` into `edited` over `where`; 0 when none does better."""

    def misfit(sigma: float) -> float:
        return float(((focus.gaussian(source, sigma) - edited)[where] ** 2).mean())

    trials = np.array(TRIALS) * asked
    misfits = np.array([misfit(float(sigma)) for sigma in trials])
    best = int(misfits.argmin())
    if float(((source - edited)[where] ** 2).mean()) <= misfits[best]:
        return 0.0
    if best in (0, len(trials) - 1):
        return float(trials[best])
    return _lowest(np.log(trials[best - 1 : best + 2]), misfits[best - 1 : best + 2])


def _lowest(at: Plane, misfits: Plane) -> float:
    """Where the parabola through three points is lowest, as e^x."""
    bend, slope, _ = np.polyfit(np.asarray(at) - at[1], misfits, 2)
    offset = -slope / (2 * bend) if bend > 1e-12 else 0.0
    return float(np.exp(at[1] + np.clip(offset, at[0] - at[1], at[2] - at[1])))


def blurred(effect: Effect, pair: Pair) -> Finding:
    """Blur, of everything or of the surroundings: the Gaussian that explains the loss of detail best."""
    sigma = effect.number("sigma")
    height, width = pair.source.shape[:2]
    where = _eroded(pair.mask, 2 * sigma)
    if effect.operation == "blur_background":
        far = surroundings(effect, height, width) >= 1.0
        where &= _eroded(far, sigma) if np.count_nonzero(_eroded(far, sigma)) > 0.04 * far.size else far
    if np.count_nonzero(where) < 256:
        raise Reject("too few pixels tell of the blur; use another judge")
    planes = [grey(p).astype(np.float32) for p in (pair.source, pair.edited)]
    found = _matched(planes, sigma, where)
    reached = effect.but(sigma=max(0.05, found))
    step = focus.blur if effect.operation == "blur" else focus.blur_background
    expected = step(pair.source, reached) if found > 0 else pair.source
    return judged(found / sigma, expected, pair, _eroded(pair.mask, 2 * sigma) if pair.known is not None else None,
                  blur_sigma=found)  # fmt: skip


def _matched(planes: list[Plane], sigma: float, where: Mask) -> float:
    if sigma < 3.0 or min(where.shape) < 128:
        return matched_blur(planes[0], planes[1], sigma, where)
    half = (where.shape[1] // 2, where.shape[0] // 2)
    small = [np.asarray(cv2.resize(p, half, interpolation=cv2.INTER_AREA), np.float32) for p in planes]
    coarse = cv2.resize(where.view(np.uint8), half, interpolation=cv2.INTER_NEAREST) > 0
    return 2.0 * matched_blur(small[0], small[1], sigma / 2, np.asarray(coarse))


def sharpened(effect: Effect, pair: Pair) -> Finding:
    """How much of the picture's own detail was added to its luma."""
    sigma, asked = effect.number("sigma"), effect.number("amount")
    luma = pair.source @ LUMA
    detail = focus.detail(pair.source, sigma)
    change = pair.edited @ LUMA - luma
    spread = np.abs(1.5 * asked * detail)
    room = (pair.source.min(axis=2) - spread > 4) & (pair.source.max(axis=2) + spread < 251)
    where = room & _eroded(pair.mask, 3 * sigma)
    strength = along(change[where], asked * detail[where])
    reached = effect.but(amount=strength * asked)
    return judged(strength, focus.sharpen(pair.source, reached), pair, where, amount=strength * asked)


def grained(effect: Effect, pair: Pair) -> Finding:
    """The spread of the change, grey and unrelated to the picture, weighted as film grain is."""
    asked = effect.number("sigma")
    spread, residual, worst = _noise(pair.source.astype(np.float32), pair)
    return Finding(abs(spread / asked - 1.0), residual, worst, {"strength": spread / asked, "grain": spread})


def aged(effect: Effect, pair: Pair) -> Finding:
    """How far the colours went towards an old print's, and how much grain came with it."""
    asked = effect.number("strength")
    source = pair.source.astype(np.float32)
    wanted = focus.aged(pair.source, asked) - source
    strength = along((pair.edited - source)[pair.mask], wanted[pair.mask])
    spread, residual, worst = _noise(source + np.float32(strength) * wanted, pair)
    off = spread / (focus.GRAIN_OF_AGE * asked) - 1.0
    return Finding(max(abs(strength - 1.0), 0.6 * abs(off)), residual, worst, {"strength": strength, "grain": spread})


def _noise(expected: Plane, pair: Pair) -> tuple[float, float, float]:
    """Grain in levels at mid tone; and what is left that is no grain: slow changes and colour."""
    change = pair.edited - expected
    common = change.mean(axis=2)
    luma = expected @ LUMA
    usable = pair.mask & (luma > 20) & (luma < 235)
    usable = usable if np.count_nonzero(usable) > 64 else pair.mask
    spread = float(np.std((common / focus.grain_weight(luma))[usable]))
    slow = focus.gaussian(np.asarray(np.where(pair.mask, common, 0.0), np.float32), 6.0)
    tinged = focus.gaussian(np.asarray(np.abs(change - common[:, :, None]).mean(axis=2), np.float32), 3.0)
    rest = np.maximum(np.abs(slow) - 0.06 * spread, 0.0) + np.maximum(tinged - 1.0, 0.0)
    return (spread, *unexplained(np.asarray(rest, np.float32), pair.mask & ((luma > 20) & (luma < 235))))
