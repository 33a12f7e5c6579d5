"""What the loop costs a diffusion model, against a bare `for` over the same pipeline calls; batches; shared encodings.

The pipelines are tiny, of random weights, on one thread: what is measured is what stands around them. With
`python -m tests.bench.bench_diffusion gpu` (`make bench-gpu`) the same on full-size random weights.
"""

import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from infra.metrics import Metrics
from infra.runtime.clock import SystemClock
from infra.runtime.inhand import InHand
from infra.runtime.loop import Loop
from infra.runtime.pictures import Pictures
from infra.runtime.worker import Worker
from infra.settings import Settings
from infra.wiring import embedded
from schemas import codec, metrics
from schemas import messages as m
from schemas.ports import Image, Task
from tests import tiny
from tests.diffusion.families import TEXTS, edit, pixels
from workers import roster
from workers.diffusion.rows import Row, asked

SOURCES, ATTEMPTS = 8, 4
BATCHES = (1, 2, 4, 8)
STEPS, LENGTH = 8, 64
TURNS = 4


def loaded(folder: Path, **settings: object) -> Any:
    """The editor on that pipeline, loaded."""
    given = {"model": str(folder), "steps": STEPS, "max_sequence_length": LENGTH, **settings}
    plugin = roster.build("editor", "flux_kontext", given)
    plugin.load()
    return plugin


def jobs(pictures: Pictures, side: int) -> list[m.EditJob]:
    """Attempts on each of a few sources, each stored as a file."""
    made = []
    for number in range(SOURCES):
        image = pictures.store(f"scratch/sources/{number:04}", Image(pixels(number, side, side)))
        for attempt in range(ATTEMPTS):
            job = edit(number, seed=attempt).job
            made.append(job.model_copy(update={"subject": job.subject.model_copy(update={"image": image})}))
    return made


class Timed:
    """A plug-in whose pipeline calls are noted: their rows, when they began and ended."""

    def __init__(self, plugin: Any) -> None:
        self.spans: list[tuple[float, float]] = []
        self.cpu = 0.0
        self.batches: list[list[Row]] = []
        self._draw = plugin.host.draw
        plugin.host.draw = self.draw

    def draw(self, rows: Sequence[Row]) -> Any:
        """One call."""
        began, worked = time.monotonic(), time.thread_time()
        drawn = self._draw(rows)
        self.cpu += time.thread_time() - worked
        self.spans.append((began, time.monotonic()))
        self.batches.append(list(rows))
        return drawn


def looped(plugin: Any, side: int) -> None:
    """The jobs through bus, worker and loop, as `nhr mine` runs them."""
    plugin.host.batching.encodings.clear()
    plugin.load = lambda: None  # it is, and its first call lies behind it
    stop, meters, clock = threading.Event(), Metrics(), SystemClock()
    with tempfile.TemporaryDirectory() as folder, embedded(Path(folder), Settings()) as stores:
        pictures = Pictures(stores.blobs, cache_bytes=0)
        stores.bus.publish([codec.outgoing(job) for job in jobs(pictures, side)])
        worker = Worker(
            roster.KINDS["editor"], plugin, "bench@0", stores.blobs, pictures, clock, meters, InHand(stores.cursors)
        )
        loop = threading.Thread(target=Loop(worker, stores.bus, meters, clock, stop).run)
        loop.start()
        while any(lag.waiting or lag.in_flight for (_, group), lag in stores.bus.lag().items() if group == "editor"):
            time.sleep(0.05)
        stop.set()
        loop.join()
    assert meters.totals(metrics.JOBS)["editor", "answered"] == SOURCES * ATTEMPTS


def bare(plugin: Any, batches: Sequence[Sequence[Row]]) -> float:
    """Seconds of a `for` over the same calls with the same encodings kept, and their pictures brought to memory."""
    plugin.host.batching.encodings.clear()
    began = time.monotonic()
    for rows in batches:
        (plugin.host.draw(rows).float() * 255).round().byte().cpu()
    return time.monotonic() - began


def ratio(folder: Path, side: int, **settings: object) -> str:
    """The loop's throughput over the bare one's, the pipeline's share of the loop's time, and its CPU over the bare's.

    Each at its best of a few turns, which alternate. Where others use the cores, only the last two can be compared.
    """
    plugin = loaded(folder, **settings)
    plugin.edit([Task(edit(99, seed=seed).job, (Image(pixels(99, side, side)),)) for seed in range(4)])
    draw, loops, bares, shares, efforts = plugin.host.draw, list[float](), list[float](), list[float](), list[float]()
    for _ in range(TURNS):
        plugin.host.draw = draw
        timed = Timed(plugin)
        looped(plugin, side)
        loops.append(timed.spans[-1][1] - timed.spans[0][0])
        shares.append(sum(end - began for began, end in timed.spans) / loops[-1])
        cpu, timed.cpu = timed.cpu, 0.0
        bares.append(bare(plugin, list(timed.batches)))
        efforts.append(cpu / timed.cpu)
    return f"{min(bares) / min(loops):.1%} / {max(shares):.1%} / {min(efforts):.2f}"


def pace(plugin: Any, rows: Sequence[Row], batch: int) -> float:
    """Pictures a second in batches of that size, nothing encoded before."""
    began = time.monotonic()
    for first in range(0, len(rows), batch):
        plugin.host.draw(rows[first : first + batch])
    return len(rows) / (time.monotonic() - began)


def unshared(plugin: Any, rows: Sequence[Row], batch: int) -> float:
    """The same, with every row's text and source encoded by the pipeline itself in every call."""
    import torch

    size = rows[0].size
    fixed = {**plugin.host.batching.fixed, "max_area": size.width * size.height, "_auto_resize": False}
    began = time.monotonic()
    for first in range(0, len(rows), batch):
        part = rows[first : first + batch]
        seeds = [torch.Generator("cpu").manual_seed(row.seed) for row in part]
        plugin.host.pipe(
            prompt=[row.text for row in part], image=[row.source for row in part], generator=seeds, output_type="pt",
            height=size.height, width=size.width, **fixed,
        )  # fmt: skip
    return len(rows) / (time.monotonic() - began)


def measured(folder: Path, side: int, **settings: object) -> Iterator[tuple[str, str]]:
    """All rows for one pipeline."""
    yield "loop over a bare for: throughput / pipeline busy / its CPU", ratio(folder, side, **settings)
    plugin = loaded(folder, **settings)
    tasks = [edit(number % 2, TEXTS[number % 2], number, side, side) for number in range(16)]
    rows = [asked(task, plugin.at) for task in tasks]
    pace(plugin, rows, 8)
    paces = [pace(plugin, rows, batch) for batch in BATCHES]
    yield f"pictures/s in batches of {'/'.join(map(str, BATCHES))}", " / ".join(f"{one:.1f}" for one in paces)
    one = sorted(rows, key=lambda row: row.name)
    unshared(plugin, one, 4)
    plugin.host.batching.encodings.clear()
    yield "pictures/s, encodings shared against none", f"{pace(plugin, one, 4):.1f} / {unshared(plugin, one, 4):.1f}"


def rows() -> list[tuple[str, str]]:
    """(what, measured) for the table of `make bench`."""
    with tempfile.TemporaryDirectory() as folder:
        kontext = tiny.pipeline(Path(folder), "kontext")
        return [(f"tiny Kontext: {what}", found) for what, found in measured(kontext, 64, batch=8)]


def main() -> None:
    """Print the table; "gpu": of full-size random weights, where there is a GPU."""
    if sys.argv[1:] == ["gpu"]:
        from tests.gpu import large

        found = large.rows()
    else:
        found = rows()
    for what, value in found:
        print(f"{what:76} {value}")


if __name__ == "__main__":
    main()
