"""Runs rows through one loaded pipeline: batches of one size, each picture from its own seed, faults told apart."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from schemas.errors import Reject
from schemas.ports import Image
from workers.diffusion import troubles
from workers.diffusion.batching import Arguments, Batching
from workers.diffusion.rows import Row, batches, padded, resized
from workers.diffusion.sizes import Size, ladder
from workers.pixelwise.arrays import Pixels

log = logging.getLogger(__name__)

Outcome = Image | Reject | MemoryError


class Watch:
    """Tells which pictures of the last decoding were finite, before the pipeline clips what was not."""

    def __init__(self, pipe: Any) -> None:
        self.finite: Any = None
        decoder = getattr(pipe, "vae", None)
        if decoder is not None and hasattr(decoder, "decode"):
            self._decode = decoder.decode
            decoder.decode = self

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Decode, and look."""
        decoded = self._decode(*args, **kwargs)
        pixels = decoded[0] if isinstance(decoded, tuple) else decoded.sample
        self.finite = pixels.isfinite().flatten(1).all(1)
        return decoded


class Host:
    """A pipeline at work. `batch`: most rows of a call; `pad`: fill batches up to few sizes, as compiled blocks want.

    A batch that is too large for memory is halved, and so are all later ones of its size.
    """

    def __init__(self, pipe: Any, batching: Batching, batch: int, pad: bool = False) -> None:
        self.pipe, self.batching, self.batch = pipe, batching, batch
        self.calls: list[int] = []
        self._sizes = ladder(batch) if pad else ()
        self._most: dict[Size, int] = {}
        self._watch = Watch(pipe)

    def run(self, rows: Sequence[Row]) -> list[Outcome]:
        """A picture for each row, or why there is none; raises `Fatal` when the GPU is gone."""
        found: dict[int, Outcome] = {}
        for numbers in batches(rows, self.batching.together, self._room):
            pictures = self._pictures([rows[number] for number in numbers])
            found.update(zip(numbers, pictures, strict=True))
        return [found[number] for number in range(len(rows))]

    def warm(self, rows: Mapping[Size, Row]) -> None:
        """Run a batch of each size in full, and of every padded size, so that no job waits for that."""
        for row in rows.values():
            for count in self._sizes or (self.batch,):
                if count <= self._room(row.size):
                    self._pictures([row] * count)

    def draw(self, rows: Sequence[Row]) -> Any:
        """One call: a tensor (rows, 3, height, width) of floats in 0..1, NaN where the model gave that."""
        import torch

        filled = padded(rows, self._sizes)
        arguments: Arguments = {**self.batching.fixed, **self.batching.arguments(filled), "output_type": "pt"}
        arguments["generator"] = [torch.Generator("cpu").manual_seed(row.seed) for row in filled]
        self._watch.finite = None
        self.calls.append(len(filled))
        del self.calls[:-1000]
        return self.pipe(**arguments, **self._size(rows[0].size)).images[: len(rows)]

    def _size(self, size: Size) -> Arguments:
        """The size as arguments; nothing for pipelines that take the source's."""
        return {"height": size.height, "width": size.width} if self.batching.sized else {}

    def _room(self, size: Size) -> int:
        return self._most.get(size, self.batch)

    def _pictures(self, rows: Sequence[Row]) -> list[Outcome]:
        try:
            return self._finished(rows)
        except Exception as error:
            kind = troubles.kind_of(error)
            if kind == "broken":
                raise troubles.fatal(error) from error
            if kind != "memory":
                raise
        return self._halved(rows)  # out of the handler: the error holds on to what filled the memory

    def _halved(self, rows: Sequence[Row]) -> list[Outcome]:
        self._free()
        size, half = rows[0].size, (len(rows) + 1) // 2
        if len(rows) == 1:
            return [troubles.too_large(size)]
        self._most[size] = min(half, self._room(size))
        log.warning("out of memory with %d pictures of %s a call: going on with %d", len(rows), size, half)
        return [*self._pictures(rows[:half]), *self._pictures(rows[half:])]

    def _free(self) -> None:
        import torch

        self.batching.encodings.clear()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()

    def _finished(self, rows: Sequence[Row]) -> list[Outcome]:
        """The pictures as bytes, made so on the device; looked at for NaN before, for a single colour after."""
        drawn = self.draw(rows)
        finite = drawn.isfinite().flatten(1).all(1)
        if self._watch.finite is not None:
            finite &= self._watch.finite[: len(rows)].to(finite.device)
        whole: list[bool] = finite.tolist()
        pixels = (drawn.float().nan_to_num() * 255).round().byte().permute(0, 2, 3, 1).cpu().numpy()
        return [self._checked(row, *one) for row, *one in zip(rows, pixels, whole, strict=True)]

    def _checked(self, row: Row, pixels: Pixels, finite: bool) -> Outcome:
        if not finite:
            return troubles.named(troubles.NOT_FINITE, f"seed {row.seed}, {row.size}; another dtype may help")
        if int(np.ptp(pixels)) <= 1 or all(int(np.ptp(pixels[..., channel])) <= 1 for channel in range(3)):
            red, green, blue = (int(level) for level in pixels[0, 0])
            return troubles.named(troubles.ONE_COLOUR, f"RGB {red} {green} {blue}, seed {row.seed}, {row.size}")
        return Image(np.ascontiguousarray(resized(pixels, row.wanted)))
