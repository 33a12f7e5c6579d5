"""Where a card goes: beside the packed shards, or into the folder of an export; files are replaced whole."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from infra.blobs.folder import explained
from schemas.errors import Missing, UserError
from schemas.ports import Blobs

README, CROISSANT, PLOTS = "README.md", "croissant.json", "plots/"
TRIES = 20


class Sink(Protocol):
    """Takes the files of a card."""

    def write(self, path: str, data: bytes, /) -> None:
        """Have exactly these bytes there."""

    def plots(self) -> list[str]:
        """Paths of the plots that are there."""

    def remove(self, path: str, /) -> None:
        """Have nothing there."""


class BesideShards:
    """Among the blobs under `folder`; they are create-only, so a card that changed is deleted and put anew."""

    def __init__(self, blobs: Blobs, folder: str) -> None:
        self._blobs, self._folder = blobs, folder

    def write(self, path: str, data: bytes) -> None:
        """Leave alone what is as it should be; raises `UserError` where others write without end."""
        key = f"{self._folder}{path}"
        for _ in range(TRIES):
            try:
                if self._blobs.get(key) == data:
                    return
                self._blobs.delete(key)
            except Missing:
                pass
            if self._blobs.put(key, data):
                return
        raise UserError(f"{key} is written to by others without end", "wait until they are done")

    def plots(self) -> list[str]:
        """Paths of the plots that are there."""
        return [key.removeprefix(self._folder) for key in self._blobs.list(f"{self._folder}{PLOTS}")]

    def remove(self, path: str) -> None:
        """Delete it."""
        self._blobs.delete(f"{self._folder}{path}")


class InFolder:
    """A folder of this machine."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, path: str, data: bytes) -> None:
        """Replace the file whole."""
        at = self._folder / path
        with explained(at):
            at.parent.mkdir(parents=True, exist_ok=True)
            partial = at.with_name(f".{at.name}.partial")
            partial.write_bytes(data)
            partial.replace(at)

    def plots(self) -> list[str]:
        """Paths of the plots that are there."""
        return sorted(f"{PLOTS}{path.name}" for path in (self._folder / PLOTS).glob("*.png"))

    def remove(self, path: str) -> None:
        """Delete it."""
        with explained(self._folder / path):
            (self._folder / path).unlink(missing_ok=True)


def write(sink: Sink, readme: str, croissant: str, plots: Mapping[str, bytes]) -> None:
    """Write the files of a card, what names others last, and remove plots it no longer has; `plots` by path."""
    for path, data in plots.items():
        sink.write(path, data)
    sink.write(CROISSANT, croissant.encode())
    sink.write(README, readme.encode())
    for path in sink.plots():
        if path not in plots:
            sink.remove(path)
