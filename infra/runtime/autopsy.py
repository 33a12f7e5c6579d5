"""How the process before this one ended in a data folder: by a fault of its own, or killed by somebody else.

A fault (segmentation fault, abort) leaves the stacks of all threads in a file, a `Fatal` error its reason, and the
kernel counts whom it kills when memory runs out. Whoever ended otherwise - `kill -9`, a power cut, a container stopped
in a hurry - died of no job.
"""

import faulthandler
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from infra.blobs.folder import explained
from schemas.errors import Fatal

FAULT = "Fatal Python error: "
VMSTAT = Path("/proc/vmstat")
UNKNOWN = -1

log = logging.getLogger(__name__)


@contextmanager
def watched(path: Path, vmstat: Path = VMSTAT) -> Iterator[bool]:
    """Watch this process for faults, in the file at `path`; gives whether the one before may have died of its work.

    Where that cannot be told - the system counts no kills, or somebody else handles faults - any death may have been.
    """
    kills = _kills(vmstat)
    itself = _died_of_itself(path, kills)
    begun = path.with_name(f"{path.name}.new")
    with explained(begun):
        begun.write_text(f"{UNKNOWN if faulthandler.is_enabled() else kills}\n", encoding="utf-8")
        begun.replace(path)
    with path.open("a", encoding="utf-8") as file:
        try:
            with _faults(file):
                yield itself
        except Fatal as error:
            file.write(f"{FAULT}{error}\n")
            raise


@contextmanager
def _faults(file: IO[str]) -> Iterator[None]:
    """Have faults written to the file, unless somebody else handles them."""
    if faulthandler.is_enabled():
        yield
        return
    faulthandler.enable(file)
    try:
        yield
    finally:
        faulthandler.disable()


def _died_of_itself(path: Path, kills: int) -> bool:
    """Whether the file tells of a fault, or the kernel has killed somebody since it was begun."""
    try:
        first, _, fault = path.read_text(encoding="utf-8", errors="replace").partition("\n")
        before = int(first)
    except (OSError, ValueError):
        return True
    if FAULT in fault:
        log.error("the process before this one died:\n%s", fault.strip())
        return True
    return UNKNOWN in {before, kills} or kills > before


def _kills(vmstat: Path) -> int:
    """How many processes the kernel has killed for want of memory since it started; `UNKNOWN` where it does not say."""
    try:
        lines = vmstat.read_text(encoding="ascii").splitlines()
    except OSError:
        return UNKNOWN
    return next((int(line.split()[1]) for line in lines if line.startswith("oom_kill ")), UNKNOWN)
