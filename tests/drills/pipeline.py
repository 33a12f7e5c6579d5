"""A whole pipeline of null models in this process, which can be put in trouble: started by the drills.

    python -m tests.drills.pipeline FOLDER PORT FAULT PACE_S TIMES

It mines until it is told to stop and tells its metrics at PORT. While there is a file FOLDER/fault, it is in the
trouble named FAULT. An edit takes PACE_S. What NHR waits for by itself is TIMES shorter, as the drills' time is faster.
"""

import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from infra import engine
from infra.bus.sqlite import SqliteBus
from infra.cli.signals import draining
from infra.engine import Engine
from infra.progress import Order
from infra.runtime import patience
from infra.runtime.pictures import Pictures
from infra.settings import Settings
from infra.telemetry import embedded
from infra.wiring import crew
from schemas import topics
from schemas.errors import Retry
from schemas.messages import ImageRef
from schemas.ports import Image, Judged, Outgoing, Task
from streams.rules import policy
from workers.editors.null import Editor
from workers.judges.null import Judge

SWITCH = "fault"
LOOK_S = 0.05
EDITS_AT_ONCE = 4
SCENES_AHEAD = 8
SLOW_FETCH_S = 3.0
POISON_EVERY = 20
Trouble = Callable[[Callable[[], bool]], None]


def judge_away(on: Callable[[], bool]) -> None:
    """The service that judges refuses all."""
    _judging(on, lambda _job: Retry("503 service unavailable"))


def judge_harsh(on: Callable[[], bool]) -> None:
    """The judge finds everything bad."""
    _judging(on, lambda _job: Judged(2.0, 2.0))


def judge_hangs(on: Callable[[], bool]) -> None:
    """The judge does not return from its work."""
    judge = Judge.judge

    def hanging(self: Judge, tasks: Sequence[Task[Any]]) -> list[Judged]:
        while on():
            time.sleep(LOOK_S)
        return judge(self, tasks)

    Judge.judge = hanging  # type: ignore[method-assign]


def poison(on: Callable[[], bool]) -> None:
    """Of all that is published one message in twenty is no message."""
    publish, counts = SqliteBus.publish, Counter[str]()
    read = {topic.name for topic in topics.ALL if topic.groups}

    def poisoned(self: SqliteBus, messages: Sequence[Outgoing]) -> None:
        added = []
        for message in messages if on() else ():
            counts[message.topic] += 1
            if message.topic in read and counts[message.topic] % POISON_EVERY == 0:
                added.append(Outgoing(message.topic, message.key, b"\xc1 poison"))
        publish(self, [*messages, *added])

    SqliteBus.publish = poisoned  # type: ignore[method-assign]


def editor_starves(on: Callable[[], bool]) -> None:
    """Pictures come to the editor far more slowly than it works at them."""
    fetch = Pictures.fetch

    def slow(self: Pictures, ref: ImageRef) -> Image:
        if on() and threading.current_thread().name.startswith("editor"):
            time.sleep(SLOW_FETCH_S)
        return fetch(self, ref)

    Pictures.fetch = slow  # type: ignore[method-assign]


def nothing(_on: Callable[[], bool]) -> None:
    """No trouble that the pipeline itself could make."""


TROUBLES: dict[str, Trouble] = {
    one.__name__: one for one in (judge_away, judge_harsh, judge_hangs, poison, editor_starves, nothing)
}


def _judging(on: Callable[[], bool], say: Callable[[Any], Any]) -> None:
    judge = Judge.judge

    def told(self: Judge, tasks: Sequence[Task[Any]]) -> list[Any]:
        return [say(task.job) for task in tasks] if on() else judge(self, tasks)

    Judge.judge = told  # type: ignore[method-assign]


def _paced(pace_s: float) -> None:
    """An editor as real ones are: it looks at pictures, a few at a time, and takes its time over each."""
    edit = Editor.edit

    def slowly(self: Editor, tasks: Sequence[Task[Any]]) -> list[Image]:
        time.sleep(pace_s * len(tasks))
        return edit(self, tasks)

    Editor.edit = slowly  # type: ignore[method-assign]
    Editor.INFO = replace(Editor.INFO, reads_images=True, batch=EDITS_AT_ONCE)


def _faster(times: float) -> None:
    """What NHR waits for by itself, as much shorter."""
    patience.LONGEST_PAUSE_S /= times
    embedded.EVERY_S = 15.0 / times
    engine.AHEAD_CHEAP = SCENES_AHEAD


def main() -> None:
    """Mine until somebody says stop."""
    folder, port, trouble, pace_s, times = Path(sys.argv[1]), sys.argv[2], sys.argv[3], *map(float, sys.argv[4:])
    switch = folder / SWITCH
    _faster(times)
    _paced(pace_s)
    TROUBLES[trouble](switch.exists)
    settings = Settings(metrics=f"127.0.0.1:{port}", fsync=False)
    order = Order(folder / "data", "drill", "null", policy.read("paper"), crew("null", {}, {}))
    order.out.mkdir(parents=True, exist_ok=True)
    pipeline = Engine(order, settings, lambda _progress: None)
    with draining(pipeline.stop):
        pipeline.run()


if __name__ == "__main__":
    main()
