"""The thread that keeps the index: a look every few seconds, and a new beginning when the file is damaged."""

import logging
import sqlite3
import threading
import time

from infra.gallery.index.file import Damaged, IndexFile, is_damage
from infra.gallery.index.following import Following
from infra.gallery.index.standing import Standing
from schemas.errors import NhrError
from schemas.ports import Blobs

log = logging.getLogger(__name__)
LEAST_S = 2.0
"""Seconds between two looks; more where a look takes long, so that it is a tenth of the time at most."""
MOST_S = 60.0


class Keeper:
    """Keeps `file` up with `blobs` from `start` to `stop`."""

    def __init__(self, blobs: Blobs, file: IndexFile, standing: Standing, every_s: float = LEAST_S) -> None:
        self._blobs, self._file, self._standing, self._every_s = blobs, file, standing, every_s
        self._stop, self._wake = threading.Event(), threading.Event()
        self._damaged = False
        self._thread = threading.Thread(target=self._run, name="gallery-index", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, after the transaction in hand."""
        self._stop.set()
        self._wake.set()
        self._thread.join()

    def damaged(self) -> None:
        """Somebody found the file damaged: build it anew."""
        self._standing.complete.clear()
        self._damaged = True
        self._wake.set()

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                self._turn()
        except BaseException as error:
            self._standing.trouble = f"{type(error).__name__}: {error}"
            raise

    def _turn(self) -> None:
        try:
            if self._file.leads():
                self._keep()
                return
            self._damaged = False  # whoever leads finds that, too
            self._standing.rest()
            self._wake.wait(self._every_s)
        except sqlite3.Error as error:
            self._mend(error)

    def _mend(self, error: sqlite3.Error) -> None:
        """Build a damaged file anew; wait until the disk is better."""
        if not is_damage(error):
            self._troubled(error)
            return
        log.warning("the index %s is built anew: %s", self._file.path, error)
        self._standing.complete.clear()
        try:
            self._file.rebuild()
        except (OSError, sqlite3.Error) as worse:
            self._troubled(worse)

    def _keep(self) -> None:
        """Look again and again, until told to stop or until the file is damaged."""
        connection = self._file.writer()
        try:
            following = Following(self._blobs, connection, self._standing, self._stop.is_set)
            while not self._stop.is_set():
                if self._damaged:
                    self._damaged = False
                    raise Damaged("a page of it could not be read")
                started = time.monotonic()
                self._look(following)
                self._wake.wait(min(MOST_S, max(self._every_s, 10 * (time.monotonic() - started))))
                self._wake.clear()
        finally:
            connection.close()

    def _look(self, following: Following) -> None:
        try:
            following.look()
            self._standing.trouble = ""
        except (NhrError, OSError) as error:  # a store that is away, a retraction that cannot be read: try again
            self._troubled(error)

    def _troubled(self, error: Exception) -> None:
        """Tell it in the pages, wait a little, go on."""
        self._standing.trouble, self._standing.phase = str(error), ""
        self._wake.wait(self._every_s)
