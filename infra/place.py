"""A place where data is kept: a folder of this machine, or the bucket of the cluster that the settings name."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from infra.blobs.folder import FolderBlobs
from infra.settings import Settings
from infra.wiring import bucket
from schemas.ports import Blobs


@dataclass(frozen=True, slots=True)
class Place:
    """What is kept there, and what people call it; a bucket has no `folder`."""

    blobs: Blobs
    name: str
    folder: Path | None = None

    def same(self, other: "Place") -> bool:
        """Whether that is this very place."""
        if self.folder is None or other.folder is None:
            return self.folder is other.folder
        return self.folder.resolve() == other.folder.resolve()


def of_folder(folder: Path, fsync: bool = True) -> Place:
    """That folder as a place."""
    return Place(FolderBlobs(folder, fsync=fsync), str(folder), folder)


@contextmanager
def opened(folder: Path | None, settings: Settings) -> Iterator[Place]:
    """That folder, or without one the cluster's bucket; raises `UserError` for what is not set or not for us."""
    if folder is not None:
        yield of_folder(folder, settings.fsync)
        return
    with bucket(settings) as blobs:
        yield Place(blobs, f"{settings.s3}/{settings.s3_bucket}")
