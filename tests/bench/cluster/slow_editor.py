"""A null editor that sleeps 400 ms for every four pictures, as a process: `python -m tests.bench.cluster.slow_editor`.

The one in the roster takes 256 jobs at once, so that many of them wait for processors and not for its sleep.
"""

import os
import signal
import sys
import threading
from typing import ClassVar

from infra.cluster import role
from infra.cluster.parent import end_with
from infra.runtime.loop import Loop
from infra.runtime.pictures import Pictures
from infra.runtime.worker import Worker
from infra.settings import from_environment
from schemas.ports import Info
from workers import roster
from workers.editors import null

BATCH = 4
SLEEP_MS = 400.0
RECIPE = "bench@0"


class Editor(null.Editor):
    """Sleeps for every few jobs."""

    INFO: ClassVar[Info] = Info(summary="bench", reads_images=False, batch=BATCH)


def build(with_: role.Equipment) -> role.Job:
    """The editor's loop, as `nhr worker editor` builds it."""
    pictures = Pictures(with_.stores.blobs, 0)
    plugin = Editor(null.NullEditorOptions(sleep_ms=SLEEP_MS))
    kind = roster.KINDS["editor"]
    made = Worker(kind, plugin, RECIPE, with_.stores.blobs, pictures, with_.clock, with_.meters, with_.in_hand)
    paused = with_.control.of(made.group)
    return role.Job(Loop(made, with_.stores.bus, with_.meters, with_.clock, with_.stop, paused).run)


def main() -> None:
    """Work until SIGTERM, or until the parent is gone."""
    parent = int(sys.argv[sys.argv.index("--parent") + 1])
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    end_with(parent, stop)
    role.play("editor", from_environment(dict(os.environ)), build, stop)


if __name__ == "__main__":
    main()
