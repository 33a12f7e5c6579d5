"""Whether the model ever waits: an editor of 200 ms a batch, one-megapixel pictures read and written around it."""

import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np

from infra.metrics import Metrics
from infra.runtime.clock import SystemClock
from infra.runtime.inhand import InHand
from infra.runtime.loop import Loop
from infra.runtime.pictures import Pictures
from infra.runtime.tuning import tune
from infra.runtime.worker import Worker
from infra.settings import Settings
from infra.wiring import embedded
from schemas import codec, ids, metrics
from schemas import messages as m
from schemas.ports import Image, Info, Task
from workers import roster
from workers.plugin import Options, PlugIn

JOBS = 240
BATCH = 4
STEP_S = 0.2
SIDE = 1024


class SleepingEditor(PlugIn[Options]):
    """Takes 200 ms a batch and gives a picture of its own for every job; notes when it began and ended."""

    INFO: ClassVar[Info] = Info(summary="bench", dear=True, batch=BATCH)

    def load(self) -> None:
        """Prepare a picture as noisy as a photograph."""
        smooth = np.linspace(0, 200, SIDE, dtype=np.float32)[None, :, None].repeat(SIDE, 0).repeat(3, 2)
        noise = np.random.default_rng(0).normal(0, 3, smooth.shape)
        self.pixels = np.clip(smooth + noise + 20, 0, 255).astype(np.uint8)
        self.spans: list[tuple[float, float]] = []

    def edit(self, tasks: Sequence[Task[m.EditJob]]) -> list[Image]:
        """Shift the picture by the job's seed, and sleep for the rest of the step."""
        started = time.monotonic()
        images = [Image(np.roll(self.pixels, task.job.seed, axis=0)) for task in tasks]
        time.sleep(max(0.0, started + STEP_S - time.monotonic()))
        self.spans.append((started, time.monotonic()))
        return images


def jobs(pictures: Pictures, editor: SleepingEditor) -> list[m.EditJob]:
    """Jobs on sources of their own, each stored as a file."""
    made = []
    for number in range(JOBS):
        image = pictures.store(f"scratch/sources/{number:04}", Image(np.roll(editor.pixels, number, axis=0)))
        subject = m.Subject(campaign="bench", source_id=f"{number:032x}", prompt_id="p", image=image)
        request = m.Request(instruction="do it", operation="remove")
        name = ids.job_id(subject.source_id, "edit")
        made.append(
            m.EditJob(
                job_id=name, policy_id="p", subject=subject, request=request, request_id=name, attempt=0, seed=number
            )
        )  # fmt: skip
    return made


def busy_share() -> float:
    """Share of the time between the first step's begin and the last one's end that the model thread worked."""
    tune()
    stop, meters, clock = threading.Event(), Metrics(), SystemClock()
    editor = SleepingEditor(Options())
    editor.load()
    with tempfile.TemporaryDirectory() as folder, embedded(Path(folder), Settings()) as stores:
        pictures = Pictures(stores.blobs, cache_bytes=0)
        stores.bus.publish([codec.outgoing(job) for job in jobs(pictures, editor)])
        in_hand = InHand(stores.cursors)
        worker = Worker(roster.KINDS["editor"], editor, "bench@0", stores.blobs, pictures, clock, meters, in_hand)
        loop = threading.Thread(target=Loop(worker, stores.bus, meters, clock, stop).run)
        loop.start()
        while any(lag.waiting or lag.in_flight for (_, group), lag in stores.bus.lag().items() if group == "editor"):
            time.sleep(0.05)
        stop.set()
        loop.join()
    assert meters.totals(metrics.JOBS)["editor", "answered"] == JOBS
    worked = sum(end - start for start, end in editor.spans)
    return worked / (editor.spans[-1][1] - editor.spans[0][0])


def rows() -> list[tuple[str, str]]:
    """(what, measured) for the table of `make bench`."""
    return [(f"editor of 200 ms per {BATCH} x 1 MP: model thread busy", f"{busy_share():.1%}")]


def main() -> None:
    """Print the table."""
    for what, measured in rows():
        print(f"{what:60} {measured}")


if __name__ == "__main__":
    main()
