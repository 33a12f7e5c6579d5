"""Measures from two pictures how strongly an asked effect is there, and what else changed."""

from collections.abc import Callable, Mapping

from schemas.errors import Reject
from workers.photographic.effect import Effect
from workers.photographic.measuring import layout, texture, tone
from workers.photographic.measuring.finding import Finding, Pair
from workers.photographic.operations import Known, certainty, undo
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

    The source is not at hand: it is computed back from one of the two, whichever effect loses less, and the other is
    measured against it; if the pixels left do not tell, the other way round. Raises `Reject` when neither way works.
    """
    ways = sorted(((first, before, second, after), (second, after, first, before)), key=lambda way: -certainty(way[0]))
    refused = Reject(f"{first.operation} and {second.operation} both lose pixels: nothing left to measure one against")
    for undone, shown, asked, other in ways:
        source = undo(shown, undone)
        if source is not None:
            try:
                return _measured(asked, source, other)
            except Reject as error:
                refused = error
    raise refused


def _measured(effect: Effect, source: Known, edited: Pixels) -> Finding:
    if effect.operation not in RESIZING and source.pixels.shape != edited.shape:
        return Finding(1.0, 128.0, 128.0, {"same_size": 0.0})
    return MEASURED[effect.operation](effect, Pair(source.pixels, edited, source.mask))
