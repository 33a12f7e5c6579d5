"""Settings of the process itself that suit a pipeline of many threads and many small messages."""

import gc

import cv2

YOUNG_OBJECTS = 100_000


def tune() -> None:
    """One OpenCV thread per caller, for the loops already use all cores; and rarer garbage collections.

    Messages hold no cycles, so collecting after every 700 new objects, Python's default, only costs: measured with
    `python -m tests.bench.bench_director`, about a third of the director's time.
    """
    cv2.setNumThreads(1)
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, 20, 20)
