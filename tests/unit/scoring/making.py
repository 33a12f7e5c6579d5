"""Data sets in every layout, their pictures tiny; and judges that do as a test says."""

import io
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image as Pictures

from infra.scoring.dataset import DataSet, opened
from infra.scoring.scoring import Scoring, Seen
from infra.settings import Settings
from schemas.messages import JudgeJob
from schemas.ports import Info, Judged, Task
from streams.scoring.scores import Scores
from workers.plugin import Options, PlugIn

SETTINGS = Settings(fsync=False)
SIDE = 64
INFO = Info(summary="does as it is told", dear=True, batch=4)
Say = Callable[[Task[JudgeJob]], Any]
Row = dict[str, Any]


def picture(number: int, kind: str = "PNG") -> bytes:
    """A picture of its own for each number."""
    pixels = np.random.default_rng(number).integers(0, 255, (8, 8, 3), np.uint8)
    out = io.BytesIO()
    Pictures.fromarray(pixels).resize((SIDE, SIDE)).save(out, kind)
    return out.getvalue()


def image(number: int) -> Row:
    """As Hugging Face keeps a picture in Parquet."""
    return {"bytes": picture(number), "path": f"{number}.png"}


def triple(number: int, **more: object) -> Row:
    """A row of a plain layout."""
    return {
        "source_image": image(2 * number), "edited_image": image(2 * number + 1), "instruction": f"edit {number}",
        **more,
    }  # fmt: skip


def parquet(path: Path, rows: Sequence[Row], group: int = 5) -> Path:
    """The rows as a Parquet file, `group` rows a row group."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(list(rows)), path, row_group_size=group)
    return path


def released(folder: Path, rows: int) -> Path:
    """A folder in the layout that NHR-Edit was released in: two edits of each source."""
    (folder / "train" / "images" / "00").mkdir(parents=True)
    lines, categories = [], ("add", "remove")
    for number in range(rows):
        source, edited = f"images/00/s{number // 2}_original.jpg", f"images/00/s{number // 2}_edited_{number % 2}.jpg"
        (folder / "train" / source).write_bytes(picture(1000 + number // 2, "JPEG"))
        (folder / "train" / edited).write_bytes(picture(number, "JPEG"))
        lines.append({
            "sample_id": f"s{number // 2}", "source_file_name": source, "edited_file_name": edited,
            "edit_instruction": f"edit {number}", "augmented_instructions": [], "category": categories[number % 2],
            "style": "photo", "kind": "forward", "img_width": SIDE, "img_height": SIDE,
        })  # fmt: skip
    (folder / "train" / "metadata.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder


class Scripted(PlugIn[Options]):
    """A judge that says of each task what `say` says, and raises what that raises.

    `asked` are its jobs, `steps` how many came at a time.
    """

    INFO = INFO

    def __init__(self, say: Say, info: Info = INFO) -> None:
        super().__init__(Options())
        self.INFO = info  # type: ignore[misc]  # each script has its own
        self.asked: list[JudgeJob] = []
        self.steps: list[int] = []
        self._say = say

    def judge(self, tasks: Sequence[Task[JudgeJob]]) -> list[Any]:
        self.steps.append(len(tasks))
        self.asked += [task.job for task in tasks]
        return [self._say(task) for task in tasks]


def fine(_task: Task[JudgeJob]) -> Judged:
    return Judged(4.0, 4.5)


def scoring(
    to: Path, judge: Scripted | str, *data_sets: DataSet, samples: int | None = None, seed: int = 0, **more: Any
) -> Scoring:
    """A scoring of data sets by a judge of the test's or of the roster's."""
    to.mkdir(exist_ok=True)
    found = Scoring(list(data_sets), judge if isinstance(judge, str) else "null", samples, seed, to, SETTINGS, **more)
    if isinstance(judge, Scripted):
        found.plugin, found.recipe = judge, "scripted@0123456789ab"
    return found


def scored(to: Path, judge: Scripted | str, path: Path, samples: int | None = None, **more: Any) -> Scores:
    """What came of scoring the data set there."""
    return run(to, judge, path, samples, **more).parts[0].scores


def run(to: Path, judge: Scripted | str, path: Path, samples: int | None = None, **more: Any) -> Seen:
    """A whole run over the data set there."""
    return scoring(to, judge, of(path), samples=samples, **more).run()


def of(path: Path | str, preset: str = "", mapping: Mapping[str, str] = {}) -> DataSet:
    """The data set there."""
    return opened(str(path), preset, mapping)
