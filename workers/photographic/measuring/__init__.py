"""Measures from two pictures how strongly an asked effect is there, and what else changed."""

from collections.abc import Callable, Mapping

from schemas.errors import Reject
from workers.photographic.effect import Effect
from workers.photographic.measuring import layout, texture, tone
from workers.photographic.measuring.finding import Finding, Pair
from workers.photographic.operations import EXACT, Known, certainty, hides, undo
from workers.pixelwise.arrays import Pixels

MEASURED: Mapping[str, Callable[[Effect, Pair], Finding]] = {
    "exposure": tone.lit,
    "contrast": tone.contrast,
    "saturation": tone.saturation,
    "color_temperature": tone.temperature,
    "tint": tone.tint,
    "monochrome": tone.saturation,
    "vignette": tone.lit,
    "season": tone.season,
    "time_of_day": tone.hour,
    "lighting": tone.lit,
    "blur_background": texture.blurred,
    "dim_surroundings": tone.lit,
    "blur": texture.blurred,
    "sharpen": texture.sharpened,
    "grain": texture.grained,
    "degrade": texture.aged,
    "rotate": layout.turned,
    "flip": layout.turned,
    "crop": layout.cropped,
    "zoom": layout.zoomed,
    "frame": layout.framed,
    "caption": layout.captioned,
}
"""What measures each operation."""
RESIZING = frozenset({"rotate", "crop"})


def measure(effect: Effect, source: Pixels, edited: Pixels) -> Finding:
    """How well `edited` is `source` under `effect`; raises `Reject` where these pixels cannot tell."""
    return _measured(effect, Known(source), edited)


def measure_pair(first: Effect, second: Effect, before: Pixels, after: Pixels) -> Finding:
    """How well `before` and `after` are one source under `first` and under `second`.

    The source is not at hand: it is computed back from each picture in turn, the more certain first, and the other is
    measured against it; one way is enough when the first undoing is exact. Both count, since one effect may hide what
    another did: night most of a saturation, a frame what it covers. An overlay that no computed source can prove is
    measured as it stands. Raises `Reject` when that leaves an effect unmeasured.
    """
    ways = sorted(((first, before, second, after), (second, after, first, before)), key=lambda way: -certainty(way[0]))
    refused = Reject(f"{first.operation} and {second.operation} both lose pixels: nothing left to measure one against")
    findings: list[Finding] = []
    proven: set[str] = set()
    for undone, shown, asked, other in ways:
        source = undo(shown, undone)
        if source is None or (findings and certainty(ways[0][0]) == EXACT):
            continue
        try:
            findings.append(_measured(asked, source, other))
            proven |= {asked.operation} if hides(undone) else {asked.operation, undone.operation}
        except Reject as error:
            refused = error
    if not findings:
        raise refused
    errors = [
        _standing(effect, shown, other, refused) for effect, shown, _, other in ways if effect.operation not in proven
    ]
    return Finding(
        error=max(*errors, *(found.error for found in findings), 0.0),
        residual=max(found.residual for found in findings),
        worst=max(found.worst for found in findings),
        measures=findings[0].measures,
    )


def _standing(effect: Effect, shown: Pixels, other: Pixels, refused: Reject) -> float:
    """The error of an overlay as it stands in one picture; `other` tells what was white before, where sizes agree."""
    if effect.operation == "frame":
        return layout.frame_error(effect, shown)
    if effect.operation == "caption":
        return layout.caption_error(effect, shown, layout.not_white(other) if other.shape == shown.shape else None)
    raise refused


def _measured(effect: Effect, source: Known, edited: Pixels) -> Finding:
    if effect.operation not in RESIZING and source.pixels.shape != edited.shape:
        return Finding(1.0, 128.0, 128.0, {"same_size": 0.0})
    return MEASURED[effect.operation](effect, Pair(source.pixels, edited, source.mask))
