"""Prints what the content screens cost on one thread, and what they find; run `python -m tests.bench.bench_content`."""

from itertools import islice

import cv2
import numpy as np

from schemas.ports import Task
from tests.bench.bench_pixels import milliseconds
from tests.unit.content.planting import LATTICE, MARKS, PHOTOGRAPHS, opened, tiled, written
from workers import roster
from workers.content.marks import watermark
from workers.content.nudity import NudeNet, score
from workers.content.reading import Reader
from workers.pixelwise.arrays import Pixels

SIDE = 1024
SCENES = 60
PLAIN = ("Photo of the day", "Chapter One", "HARBOUR CAFE")


def scenes() -> list[Pixels]:
    """Scenes of the simulated generator, of a quarter of a megapixel."""
    prompts = islice(roster.prompter("grammar:megapixels=0.25").intake("bench", 0), SCENES)
    generator = roster.parse("generator", "simulated:faithful=1")
    generator.load()
    made = roster.run(roster.KINDS["generator"], generator, [Task(prompt) for prompt in prompts])
    return [picture.pixels for picture in made]


def rows() -> list[tuple[str, str]]:
    """(what, measured) for the table of `make bench`."""
    reader, bodies = Reader(threads=1, side=736), NudeNet(threads=1, side=320)
    clean = [opened(path) for path in PHOTOGRAPHS]
    large: Pixels = np.asarray(cv2.resize(clean[3], (SIDE, SIDE)), np.uint8)
    several = tiled(large, "Jane Doe", 0.04, LATTICE, 1.0)
    marked = [written(picture, **mark) for picture in clean for mark in MARKS.values()]  # type: ignore[arg-type]
    marked += [tiled(picture, "Jane Doe", 0.05, LATTICE, 0.5) for picture in clean]
    plain = [written(picture, text) for picture in clean for text in PLAIN]
    drawn = scenes()

    def flagged(pictures: list[Pixels]) -> str:
        return f"{sum(watermark(reader(picture))[0] > 0.5 for picture in pictures)} of {len(pictures)}"

    def exposed(pictures: list[Pixels]) -> str:
        return f"{sum(score(bodies(picture)) > 0.5 for picture in pictures)} of {len(pictures)}"

    return [
        (f"screen nsfw, a picture of {SIDE}²", f"{milliseconds(lambda: bodies(large)):.0f} ms"),
        (f"screen text, a picture of {SIDE}² without text", f"{milliseconds(lambda: reader(large)):.0f} ms"),
        (f"screen text, one with {len(LATTICE)} lines", f"{milliseconds(lambda: reader(several)):.0f} ms"),
        ("watermarks found of those planted on photographs", flagged(marked)),
        ("watermarks seen where plain text was planted", flagged(plain)),
        ("watermarks seen on clean photographs, on drawn scenes", f"{flagged(clean)}, {flagged(drawn)}"),
        ("bodies seen on clean photographs, on drawn scenes", f"{exposed(clean)}, {exposed(drawn)}"),
    ]


def main() -> None:
    """Print the table."""
    for what, measured in rows():
        print(f"{what:62} {measured}")


if __name__ == "__main__":
    main()
