"""Who made a photograph and what may be done with it, from the files that lie beside it."""

import json
from collections.abc import Mapping
from pathlib import Path

from workers.photographic.reading import cleaned

FIELDS = {"licence": 256, "author": 256, "caption": 4096}
_ENDINGS = frozenset({".json", ".xmp", ".md", ".txt"})


def accompanies(path: Path) -> bool:
    """Whether a file is no picture but speaks of some: hidden, a sidecar, a licence, a note."""
    name = path.name.lower()
    return name.startswith((".", "license", "licence", "readme")) or path.suffix.lower() in _ENDINGS


def sidecar(picture: Path) -> Mapping[str, str]:
    """`licence`, `author`, `caption` from `NAME.json` (or `NAME.jpg.json`) beside the picture.

    Raises `ValueError` in one line when that file is no JSON object.
    """
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
            return {name: cleaned(found.get(name), limit) for name, limit in FIELDS.items()}
    return {}


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
