"""Scoring a data set: what a row costs beside the judge, against a bare loop that decodes the same pictures.

`python -m tests.bench.bench_score [ROWS]`; the judge looks at nothing and says the same of every row, but is handed
its pictures as any other is. Parquet as `datasets` writes it, JPEG files of 1024 x 1024 pixels, answers synced to disk.
"""

import io
import resource
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image as Pictures

from infra.scoring.dataset import opened
from infra.scoring.pictures import decoded
from infra.scoring.scoring import Scoring, Seen
from infra.settings import Settings
from schemas.messages import JudgeJob
from schemas.ports import Info, Judged, Task
from workers.judges.null import Judge, NullJudgeOptions

ROWS = 400
SIDE = 1024
GROUP = 100


class Looking(Judge):
    """The null judge, handed the pictures; eight rows at a time."""

    INFO: ClassVar[Info] = replace(Judge.INFO, reads_images=True, batch=8)

    def judge(self, tasks: Sequence[Task[JudgeJob]]) -> list[Judged]:
        """Scores for every task, whose pictures are there."""
        assert all(len(task.images) == 2 for task in tasks)
        return super().judge(tasks)


def picture(chance: np.random.Generator) -> bytes:
    """A photograph-like JPEG: coarse noise, enlarged."""
    coarse = Pictures.fromarray(chance.integers(0, 255, (64, 64, 3), np.uint8))
    out = io.BytesIO()
    coarse.resize((SIDE, SIDE), Pictures.Resampling.BICUBIC).save(out, "JPEG", quality=92)
    return out.getvalue()


def write(path: Path, rows: int) -> None:
    """A data set of so many rows, of a few pictures."""
    chance = np.random.default_rng(0)
    few = [{"bytes": picture(chance), "path": f"{number}.jpg"} for number in range(16)]
    picked = [
        {"source_image": few[n % 16], "edited_image": few[(n * 7 + 1) % 16], "instruction": f"edit {n}"}
        for n in range(rows)
    ]
    parts = (pa.Table.from_pylist(picked[first : first + GROUP]) for first in range(0, rows, GROUP))
    first = next(parts)
    with pq.ParquetWriter(path, first.schema) as writer:
        for part in chain([first], parts):
            writer.write_table(part)


def bare(path: Path) -> tuple[float, float]:
    """Seconds and seconds of processor time of decoding every picture in a plain loop."""
    started, busy = time.perf_counter(), time.process_time()
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(8):
            for row in batch.to_pylist():
                for name in ("source_image", "edited_image"):
                    decoded(row[name]["bytes"])
    return time.perf_counter() - started, time.process_time() - busy


def scored(path: Path, to: Path) -> tuple[Seen, float, float]:
    """A run; seconds and seconds of processor time that it took."""
    to.mkdir(exist_ok=True)
    scoring = Scoring([opened(str(path), "", {})], "null", None, 0, to, Settings())
    scoring.plugin = Looking(NullJudgeOptions())
    started, busy = time.perf_counter(), time.process_time()
    seen = scoring.run()
    return seen, time.perf_counter() - started, time.process_time() - busy


def rows(count: int = ROWS) -> Iterator[tuple[str, str]]:
    """(what, measured) for the table of `make bench`."""
    with TemporaryDirectory() as name:
        path, to = Path(name) / "a.parquet", Path(name) / "to"
        write(path, count)
        plain, plain_busy = bare(path)
        seen, took, busy = scored(path, to)
        assert seen.parts[0].scores.rows == count
        again, took_again, _ = scored(path, to)
        assert again.standing == count
    each = 1000 / count
    what = f"score, {count} rows of two {SIDE} x {SIDE} JPEG"
    yield f"{what}, a bare decoding loop", f"{plain * each:.1f} ms a row ({plain_busy * each:.1f} of processor time)"
    yield f"{what}, null judge", f"{took * each:.1f} ms a row ({busy * each:.1f} of processor time)"
    yield "score, null judge against that loop", f"{took / plain:.2f} x ({busy / plain_busy:.2f} of processor time)"
    yield "score, again with every answer standing", f"{took_again * each:.1f} ms a row"
    yield "score, memory at most", f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB"


if __name__ == "__main__":
    for what, measured in rows(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS):
        print(f"{what:62} {measured}", flush=True)
