"""Ends a process with the one that watches over it, in good order where that can still be had."""

import logging
import os
import threading
import time

LOOK_EVERY_S = 2.0
GRACE_S = 60.0
EXIT = 70

log = logging.getLogger(__name__)


def end_with(parent: int, stop: threading.Event, grace_s: float = GRACE_S, look_every_s: float = LOOK_EVERY_S) -> None:
    """Set `stop` once `parent`, the process that started this one, is gone; end at once what goes on for `grace_s`.

    Kafka and S3 may have gone with it: what is in hand then waits for them for ever, and nobody would end it.
    """

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(look_every_s)
        log.warning("the process that watched over this one is gone: finishing what is in hand")
        stop.set()
        time.sleep(grace_s)
        log.critical("not finished within %.0f s: ending at once; nothing is lost", grace_s)
        os._exit(EXIT)  # threads that wait for the servers would keep any other way out waiting too

    threading.Thread(target=watch, name="parent", daemon=True).start()
