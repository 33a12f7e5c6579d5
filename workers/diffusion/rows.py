"""Jobs as rows of a batch: what is drawn, from what, at which size; and pictures between the sizes."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import PIL.Image

from schemas.messages import EditJob, Prompt
from schemas.ports import Task
from workers.diffusion.sizes import Size
from workers.pixelwise.arrays import Pixels


@dataclass(frozen=True, slots=True)
class Row:
    """One picture to draw at `size`. `source` is None or the picture to edit, at that size; `name` names it.

    `wanted` is the size the answer is to have. Equal names are equal pictures.
    """

    text: str
    seed: int
    size: Size
    wanted: Size
    source: PIL.Image.Image | None = None
    name: str = ""


def prompted(task: Task[Prompt], at: Callable[[Size], Size]) -> Row:
    """The row of a generator's task."""
    size = at(Size(task.job.width, task.job.height))
    return Row(task.job.text, task.job.seed, size, size)


def asked(task: Task[EditJob], at: Callable[[Size], Size]) -> Row:
    """The row of an editor's task: the source is brought to the size it is edited at, the answer to the source's."""
    pixels = task.images[0].pixels
    wanted = Size(pixels.shape[1], pixels.shape[0])
    size = at(wanted)
    source = PIL.Image.fromarray(resized(pixels, size))
    return Row(task.job.request.instruction, task.job.seed, size, wanted, source, task.job.subject.image.sha256)


def resized(pixels: Pixels, size: Size) -> Pixels:
    """The picture at that size; itself where it has it."""
    if pixels.shape[1::-1] == size:
        return pixels
    return np.asarray(PIL.Image.fromarray(pixels).resize(size, PIL.Image.Resampling.LANCZOS), np.uint8)


def batches(rows: Sequence[Row], together: Callable[[Row], Hashable], most: Callable[[Size], int]) -> list[list[int]]:
    """The rows' numbers in batches: those that go together, of one size, neighbours with the same source and text."""
    groups: dict[Any, list[int]] = {}
    for number, row in enumerate(rows):
        groups.setdefault((row.size, together(row)), []).append(number)
    found = []
    for (size, _), numbers in groups.items():
        numbers.sort(key=lambda number: (rows[number].name, rows[number].text))
        step = most(size)
        found += [numbers[first : first + step] for first in range(0, len(numbers), step)]
    return found


def padded(rows: Sequence[Row], sizes: Sequence[int]) -> list[Row]:
    """The rows, and copies of the last one up to the next of the batch sizes."""
    size = next((size for size in sizes if size >= len(rows)), len(rows))
    return [*rows, *[replace(rows[-1])] * (size - len(rows))]
