"""Prints what each pixel measurement costs on one core; run `python -m tests.bench.bench_pixels`."""

import time
from collections.abc import Callable
from functools import partial

import cv2
import numpy as np

from workers.pixelwise import change, likeness
from workers.pixelwise.arrays import Pixels, grey, shrunk
from workers.pixelwise.shift import global_shift
from workers.screens.pixels import measures

SIDE = 1024


def pair(kind: str) -> tuple[Pixels, Pixels]:
    """A textured picture of 1024 x 1024 and an edit of it."""
    rng = np.random.default_rng(7)
    noise = rng.normal(0, 1, (SIDE, SIDE, 3)).astype(np.float32)
    field = sum(cv2.GaussianBlur(noise, (0, 0), sigma) * sigma for sigma in (1, 4, 16, 48))
    source = np.clip(128 + 45 * np.asarray(field) / np.std(field), 0, 255).astype(np.uint8)
    edited = source.copy()
    if kind == "object":
        cv2.circle(edited, (600, 500), 170, (230, 40, 60), -1)
    elif kind == "night":
        edited = (source * np.array([0.35, 0.42, 0.6])).astype(np.uint8)
    elif kind == "noise":
        edited = np.clip(source + rng.normal(0, 30, source.shape), 0, 255).astype(np.uint8)
    return source, edited


def flagged(source: Pixels, edited: Pixels) -> Pixels:
    """What the paper's check looks at."""
    return change.over(change.worst_channel(change.difference(source, edited)), change.FLAG)


def milliseconds(step: Callable[[], object], rounds: int = 15) -> float:
    """Median CPU time of `step`, the first call left out (OpenCV builds its tables in it)."""
    step()
    times = []
    for _ in range(rounds):
        start = time.process_time()
        step()
        times.append(1000 * (time.process_time() - start))
    return float(np.median(times))


STEPS: dict[str, Callable[[Pixels, Pixels], object]] = {
    "whole screen": measures,
    "difference": change.difference,
    "connected components": lambda a, b: change.largest_component(flagged(a, b)),
    "outside the edit": lambda a, b: change.outside(flagged(a, b), 15),
    "shift (16-tile median)": lambda a, b: global_shift(shrunk(grey(a), 512), shrunk(grey(b), 512)),
    "ssim at quarter scale": lambda a, b: likeness.ssim(shrunk(grey(a), 256), shrunk(grey(b), 256)),
    "hash": lambda a, b: likeness.hash_distance(grey(a), grey(b)),
    "sharpness": lambda a, b: (likeness.sharpness(grey(a)), likeness.sharpness(grey(b))),
    "colour at quarter scale": lambda a, b: (likeness.mean_lab(shrunk(a, 256)), likeness.mean_lab(shrunk(b, 256))),
}


def rows() -> list[tuple[str, str]]:
    """(what, measured) for the table of `make bench`: milliseconds of CPU on an object, a night and a noise edit."""
    cv2.setNumThreads(1)
    pairs = [pair(kind) for kind in ("object", "night", "noise")]
    table = []
    for name, step in STEPS.items():
        costs = [milliseconds(partial(step, *two)) for two in pairs]
        table.append((f"pixels, {SIDE}², {name}", " / ".join(f"{cost:.1f}" for cost in costs) + " ms"))
    return table


def main() -> None:
    """Print the table."""
    for what, measured in rows():
        print(f"{what:44} {measured}")


if __name__ == "__main__":
    main()
