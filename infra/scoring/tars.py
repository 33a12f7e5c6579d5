"""WebDataset tars: a pass over the headers finds where samples begin, then only those of the sample are read.

A sample is the run of files that share a name up to the first dot. Its columns are the rest of the names (without a
picture's or a text's ending, where more is left), and the fields of its JSON.
"""

import json
import tarfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import groupby, islice
from pathlib import Path
from typing import IO

from infra.scoring.index import Index, Place
from infra.scoring.rows import MOST_BYTES, Row
from schemas.errors import UserError

PICTURES = frozenset({"jpg", "jpeg", "png", "webp", "jxl", "bmp", "tif", "tiff", "gif", "avif"})
TEXTS = frozenset({"txt", "text", "cls", "id"})
LOOKED_AT = 16
"""Samples whose columns are those of the data set."""
MOST_TEXT = 1 << 20
"""Bytes of a text or of JSON."""
DAMAGE = (tarfile.TarError, OSError, ValueError, RecursionError, EOFError)
Members = list[tarfile.TarInfo]


class TarRows:
    """The samples of tar files, file after file. Raises `UserError` for a file that is no plain tar."""

    format = "WebDataset"

    def __init__(self, files: Sequence[Path], root: Path) -> None:
        self._root, self._index = root, Index(files, _begins)
        self.columns: Sequence[str] = self._told(files[0])

    def count(self) -> int:
        """Samples of all files: their headers are read, and nothing else."""
        return self._index.count()

    def read(self, numbers: Sequence[int], columns: Sequence[str]) -> Iterator[Row]:
        """The samples with these numbers (see `Rows`)."""
        for path, places in self._index.places(numbers):
            with path.open("rb") as file:
                for place in places:
                    yield self._row(path, file, place, columns)

    def _row(self, path: Path, file: IO[bytes], place: Place, columns: Sequence[str]) -> Row:
        name = path.relative_to(self._root).as_posix()
        try:
            file.seek(place.begin)
            with tarfile.open(fileobj=file, mode="r:") as tar:
                key, members = next(_samples(tar))
                return Row(place.number, f"{name}:{key}", path.parent, _values(tar, members, columns))
        except (*DAMAGE, StopIteration) as error:
            why = f"its sample cannot be read ({' '.join(str(error).split())[:120] or type(error).__name__})"
            return Row(place.number, f"{name}:{place.number}", path.parent, {}, why)

    def _told(self, path: Path) -> list[str]:
        """The columns of a file's first samples; no picture is read."""
        found: dict[str, object] = {}
        with _opened(path) as tar, path.open("rb") as file:
            for _, members in islice(_samples(tar), LOOKED_AT):
                file.seek(members[0].offset)
                with suppress(*DAMAGE), tarfile.open(fileobj=file, mode="r:") as alone:
                    found |= _values(alone, next(_samples(alone))[1], ())
        return list(found)


def _begins(path: Path) -> Iterator[int]:
    with _opened(path) as tar:
        yield from (members[0].offset for _, members in _samples(tar))


@contextmanager
def _opened(path: Path) -> Iterator[tarfile.TarFile]:
    try:
        with tarfile.open(path, mode="r:") as tar:
            yield tar
    except DAMAGE as error:
        hint = "unpack a compressed one first (gunzip), or fetch it again"
        raise UserError(f"{path} is no plain tar that can be read ({error})", hint) from None


def _samples(tar: tarfile.TarFile) -> Iterator[tuple[str, Members]]:
    """Each sample's key and members, in order; what was passed is forgotten."""
    named = ((_key(member.name), member) for member in _members(tar))
    for key, together in groupby(named, lambda one: one[0]):
        if key:
            yield key, [member for _, member in together]


def _members(tar: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    """Every file's header up to the end, or to where the tar is cut short or damaged."""
    while (member := _next(tar)) is not None:
        vars(tar)["members"].clear()  # it would remember all of a large file
        if member.isfile():
            yield member


def _next(tar: tarfile.TarFile) -> tarfile.TarInfo | None:
    with suppress(tarfile.TarError):
        return tar.next()
    return None


def _key(name: str) -> str:
    folder, slash, base = name.rpartition("/")
    return f"{folder}{slash}{base.partition('.')[0]}" if not base.startswith(".") else ""


def _values(tar: tarfile.TarFile, members: Members, columns: Sequence[str]) -> dict[str, object]:
    """Values by column; only pictures of `columns` are read, of others stands None."""
    found: dict[str, object] = {}
    fields: dict[str, object] = {}
    for member in members:
        rest, _, ending = member.name.rpartition("/")[2].partition(".")[2].rpartition(".")
        name, ending = rest or ending, ending.lower()
        if ending in PICTURES:
            found[name] = _data(tar, member, MOST_BYTES) if name in columns else None
        elif ending in TEXTS:
            found[name] = _data(tar, member, MOST_TEXT).decode()
        elif ending == "json":
            told = json.loads(_data(tar, member, MOST_TEXT))
            fields |= told if isinstance(told, dict) else {name: told}
    return fields | found


def _data(tar: tarfile.TarFile, member: tarfile.TarInfo, most: int) -> bytes:
    if member.size > most:
        raise ValueError(f"a file of it is over {most >> 20} MiB")
    file = tar.extractfile(member)
    data = file.read() if file else b""
    if len(data) < member.size:
        raise EOFError("it is cut short")
    return data
