"""Work that runs ahead: several items at once, their results in order, a bounded number of them in memory."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

THREADS = 8
"""A store that answers in 30 ms is then read at 250 a second."""
MOST = 64


def ahead(
    do: Callable[[Item], Result], items: Iterable[Item], threads: int = THREADS, most: int = MOST
) -> Iterator[tuple[Item, Callable[[], Result]]]:  # fmt: skip
    """Each item, in order, with what gives the result of `do`, or raises what that raised.

    `do` runs in `threads`; `items` are taken by the caller's thread, at most `most` before their turn.
    """
    waiting: deque[tuple[Item, Future[Result]]] = deque()
    pool = ThreadPoolExecutor(threads)
    try:
        for item in items:
            waiting.append((item, pool.submit(do, item)))
            if len(waiting) >= most:
                first, future = waiting.popleft()
                yield first, future.result
        while waiting:
            first, future = waiting.popleft()
            yield first, future.result
    finally:
        pool.shutdown(cancel_futures=True)
