"""Where a packer writes its shards before they are put, and one run of it over a place."""

import logging
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from infra.blobs.folder import explained
from infra.place import Place
from infra.runtime.clock import SystemClock
from infra.wiring import packages_of_the_dataset
from schemas.errors import UserError
from schemas.ports import Blobs, Clock
from streams.dataset import orphans
from streams.dataset.identities import Ids

if TYPE_CHECKING:
    from streams.dataset.packing import Options, Outcome

WORK = ".packing-"
"""How folders of packers at work begin; the leading dot keeps them out of every listing."""
STALE_S = 86_400.0
"""Age from which such a folder belongs to a process that died."""

MB = 1_000_000

log = logging.getLogger(__name__)

Told = Callable[[int, int], None]


@contextmanager
def workspace(place: Place, given: Path | None = None) -> Iterator[Path]:
    """A folder of our own on local disk: `given`, in the data folder (then shards need no copy), or the system's.

    Raises `UserError` where none can be made. What others left there a day ago and longer is removed.
    """
    parent = given or place.folder
    if parent is None:
        with TemporaryDirectory(prefix=WORK) as made:
            yield Path(made)
        return
    with explained(parent):
        _sweep(parent)
        made_there = TemporaryDirectory(prefix=WORK, dir=parent)
    with made_there as made:
        yield Path(made)


def _sweep(parent: Path) -> None:
    oldest = time.time() - STALE_S
    for left in parent.glob(f"{WORK}*"):
        with suppress(OSError):  # somebody else sweeps, too
            ages = [path.stat().st_mtime for path in (left, *left.iterdir())]
            if max(ages) < oldest:
                shutil.rmtree(left, ignore_errors=True)


class Packing:
    """Packs for a stream, in a folder of its process's own."""

    def __init__(self, blobs: Blobs, folder: Path, clock: Clock, shard_mb: int) -> None:
        with packages_of_the_dataset():
            from streams.dataset.packing import Options, Packer
        work = folder / "packing"
        shutil.rmtree(work, ignore_errors=True)  # of the process before this one
        work.mkdir(parents=True)
        self.size = shard_mb * MB
        self._blobs, self._clock = blobs, clock
        self._packer = Packer(blobs, work, clock, Options(self.size))

    def pack(self, ids: Ids) -> int:
        """Pack these; gives the bytes of the pictures in what was packed."""
        outcome = self._packer.pack(ids)
        for trouble in outcome.troubles:
            log.warning("left out of the shards: %s", trouble)
        if outcome.added:
            log.info("packed %d triplets into %d shards", outcome.packed, len(outcome.added))
        orphans.collect(self._blobs, self._clock)
        return sum(shard.counted.bytes for shard in outcome.added)


def pack(
    place: Place, options: "Options", rebuild: bool = False, temp: Path | None = None,
    progress: Told = lambda _done, _all: None,
) -> tuple["Outcome", orphans.Collected]:  # fmt: skip
    """Pack a place (with `rebuild` all of it anew), then delete orphans; raises `UserError` like `Packer`."""
    with packages_of_the_dataset():
        from streams.dataset.packing import Packer

    clock = SystemClock()
    with workspace(place, temp) as folder:
        packer = Packer(place.blobs, folder, clock, options, progress)
        try:
            outcome = packer.rebuild() if rebuild else packer.pack()
        except OSError as error:
            hint = "free some space there, or name another folder with --temp, and pack again: it goes on"
            raise UserError(f"{folder}: {error.strerror or error}", hint) from error
    return outcome, orphans.collect(place.blobs, clock, options.grace_s)
