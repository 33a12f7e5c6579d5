"""Who made a photograph and what may be done with it: the files beside it, then its own file, then the folder."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from workers.photographic import markers, xmp
from workers.photographic.licensing import Licence, recognised
from workers.photographic.markers import Leave
from workers.photographic.reading import Opened, cleaned

FIELDS = {"licence": 256, "author": 256, "caption": 4096, "source": 256}
_ENDINGS = frozenset({".json", ".xmp", ".c2pa", ".md", ".txt"})
_LARGEST = 4 << 20
_NO, _YES = frozenset({"false", "0", "no"}), frozenset({"true", "1", "yes"})


@dataclass(frozen=True, slots=True)
class Rights:
    """What is known of a photograph's rights; `web` is where it comes from."""

    licence: Licence
    author: str
    caption: str
    web: str
    leave: Leave


def accompanies(path: Path) -> bool:
    """Whether a file is no picture but speaks of some: hidden, a sidecar, a licence, a note."""
    name = path.name.lower()
    return name.startswith((".", "license", "licence", "readme")) or path.suffix.lower() in _ENDINGS


def rights(picture: Path, data: bytes, opened: Opened, told: Mapping[str, str]) -> Rights:
    """What the sidecars `NAME.json`, `NAME.xmp` and `NAME.c2pa` say, and else the file's bytes, EXIF, IPTC and XMP.

    `told` holds `licence` and `author` for pictures of which nothing says more. Raises `ValueError` in one line when
    `NAME.json` is no JSON object.
    """
    beside, raw = _sidecar(picture)
    around = [read for ending in (".xmp", ".c2pa") for read in _beside(picture, ending)]
    packets = [packet for part in (*around, *opened.xmp, data) for packet in xmp.packets(part)]
    said = xmp.properties(dict.fromkeys(packets))
    leave = _sidecars_leave(raw)
    leave |= markers.inside(b"".join((*around, data)) if around else data, packets, said, opened.keywords)
    return Rights(
        licence=recognised(beside["licence"]) if beside["licence"] else _licence(opened, said, told.get("licence", "")),
        author=beside["author"] or opened.author or _first(said, f"{xmp.DC}creator") or told.get("author", ""),
        caption=beside["caption"],
        web=beside["source"] or _first(said, f"{xmp.DC}source"),
        leave=leave,
    )  # fmt: skip


def _licence(opened: Opened, said: xmp.Properties, told: str) -> Licence:
    """The first of the file's words that name a licence, else the first of them, else what was told."""
    names = (f"{xmp.CC}license", f"{xmp.RIGHTS}WebStatement", f"{xmp.RIGHTS}UsageTerms", f"{xmp.DC}rights")
    words = [opened.licence, *(_first(said, name) for name in names)]
    known = [recognised(one) for one in words if one]
    named = [one for one in known if one.spdx] or [one for one in known if one.commercial is not None] or known
    return named[0] if named else recognised(told)


def _first(said: xmp.Properties, name: str) -> str:
    return cleaned(next(iter(said.get(name, ())), ""))


def _sidecar(picture: Path) -> tuple[Mapping[str, str], Mapping[str, object]]:
    """The fields of `NAME.json` (or `NAME.jpg.json`), and all that it says."""
    for path in (picture.with_suffix(".json"), picture.with_name(picture.name + ".json")):
        if path.is_file():
            try:
                found = json.loads(path.read_text(encoding="utf-8"))
            except (OSError, ValueError, RecursionError) as error:
                raise ValueError(
                    f"its sidecar {path.name} cannot be read ({str(error)[:80]}); mend or remove it"
                ) from None
            if not isinstance(found, dict):
                raise ValueError(f"its sidecar {path.name} is no JSON object; mend or remove it")
            return {name: cleaned(found.get(name), limit) for name, limit in FIELDS.items()}, found
    return dict.fromkeys(FIELDS, ""), {}


def _sidecars_leave(raw: Mapping[str, object]) -> Leave:
    """`"train": false`, `"noai": true`, `"tdm-reservation": 1`, keywords and `"DataMining"`, as in the file itself."""
    train, noai = (str(raw.get(name, "")).strip().casefold() for name in ("train", "noai"))
    found = Leave("sidecar train: false" if train in _NO else "", "sidecar train: true" if train in _YES else "")
    found |= Leave("sidecar noai: true" if noai in _YES else "")
    for name in ("tdm-reservation", "tdm_reservation"):
        told = markers.reserved(raw.get(name))
        found |= Leave(told.forbids and f"sidecar {told.forbids}", told.lets and f"sidecar {told.lets}")
    words = raw.get("keywords", ())
    listed = [str(word) for word in words] if isinstance(words, list) else [str(words)]
    mining = [str(raw[name]) for name in ("DataMining", "plus:DataMining") if name in raw]
    return found | markers.inside(b"", (), {f"{xmp.PLUS}DataMining": tuple(mining)}, listed)


def _beside(picture: Path, ending: str) -> Iterator[bytes]:
    """The bytes of `NAME.xmp` and `NAME.jpg.xmp`, as far as they can be read."""
    for path in (picture.with_suffix(ending), picture.with_name(picture.name + ending)):
        if path.is_file():
            try:
                with path.open("rb") as file:
                    yield file.read(_LARGEST)
            except OSError as error:
                raise ValueError(
                    f"its sidecar {path.name} cannot be read ({error.strerror}); mend or remove it"
                ) from None


def folder_licence(folder: Path, top: Path) -> str:
    """First line of the nearest LICENSE or LICENCE file between `folder` and `top`; "" when there is none."""
    while True:
        for name in ("LICENSE", "LICENCE", "LICENSE.txt", "LICENCE.txt", "LICENSE.md"):
            path = folder / name
            if path.is_file():
                lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
                return cleaned(next((line for line in lines if line.strip()), ""))
        if folder in (top, folder.parent):
            return ""
        folder = folder.parent
