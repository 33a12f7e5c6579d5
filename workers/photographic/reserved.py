"""Whether a folder's owner lets its pictures be used for training: the files that lie in it, or above it.

- `.noai`: nothing at or below it may be used, whatever the file holds.
- `tdmrep.json`, also in `.well-known/`: TDMRep's rules, ``[{"location": "/summer/*", "tdm-reservation": 1}]``. The
  first that matches counts (https://www.w3.org/community/reports/tdmrep/CG-FINAL-tdmrep-20240510/, "TDM File").
- `ai.txt`: Spawning's rules (https://site.spawning.ai/spawning-ai-txt), written as those of robots.txt (RFC 9309):
  `User-Agent: *`, `Disallow: *.jpg`, `Allow: /free/`; the longest that matches counts, and of two as long `Allow`.

A location is that below the folder in which the rules lie.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

from workers.photographic.markers import Leave, reserved

Rules = tuple[tuple[str, object], ...]
_NOBODY = ".noai"
_TDMREP = ("tdmrep.json", ".well-known/tdmrep.json")
_AI = "ai.txt"


class Folders:
    """The folders from `top` down; each one's rules are read once."""

    def __init__(self, top: Path) -> None:
        self._top = top
        self._known: dict[Path, tuple[bool, Rules, Rules]] = {}

    def leave(self, picture: Path) -> Leave:
        """What the folders that hold a picture say; raises `ValueError` in one line for rules that cannot be read."""
        found = Leave()
        for folder in _upwards(picture.parent, self._top):
            if folder not in self._known:
                self._known[folder] = (folder / _NOBODY).exists(), _tdmrep(folder), _ai_txt(folder)
            nobody, reservations, directives = self._known[folder]
            where = f"/{picture.relative_to(folder).as_posix()}"
            found |= Leave(_NOBODY if nobody else "") | _first(reservations, where) | _longest(directives, where)
        return found


def _upwards(folder: Path, top: Path) -> Iterator[Path]:
    while True:
        yield folder
        if folder in (top, folder.parent):
            return
        folder = folder.parent


def _tdmrep(folder: Path) -> Rules:
    for name in _TDMREP:
        if (folder / name).is_file():
            raw = _json(folder / name)
            rules = raw if isinstance(raw, list) else [raw]
            return tuple(
                (str(rule["location"]), rule.get("tdm-reservation"))
                for rule in rules
                if isinstance(rule, dict) and "location" in rule
            )
    return ()


def _json(path: Path) -> object:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ValueError(f"its folder's {path.name} cannot be read ({str(error)[:80]}); mend or remove it") from None


def _ai_txt(folder: Path) -> Rules:
    path = folder / _AI
    if not path.is_file():
        return ()
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as error:
        raise ValueError(f"its folder's {_AI} cannot be read ({error.strerror}); mend or remove it") from None
    rules: list[tuple[str, object]] = []
    ours = opening = False
    for line in lines:
        name, _, value = (part.strip() for part in line.partition("#")[0].partition(":"))
        if name.casefold() == "user-agent":
            ours, opening = (ours and opening) or value == "*", True
        elif name.casefold() in {"allow", "disallow"}:
            opening = False
            if ours and value:
                rules.append((value, name.casefold() == "disallow"))
    return tuple(rules)


def _first(rules: Rules, where: str) -> Leave:
    for location, value in rules:
        if matches(location, where):
            found = reserved(value)
            return Leave(found.forbids and f"tdmrep.json: {found.forbids}", found.lets and f"tdmrep.json: {found.lets}")
    return Leave()


def _longest(rules: Rules, where: str) -> Leave:
    found = [(len(pattern), not forbids) for pattern, forbids in rules if matches(pattern, where)]
    if not found:
        return Leave()
    return Leave("", _AI) if max(found)[1] else Leave(_AI)


def matches(pattern: str, where: str) -> bool:
    """Whether a rule is about a location: it begins so, "*" is anything and a "$" at the end is the end (RFC 9309)."""
    pattern = unquote(pattern)
    ends = pattern.endswith("$")
    rooted = pattern if pattern.startswith(("/", "*")) else f"/{pattern}"
    parts = [re.escape(part) for part in rooted.removesuffix("$").split("*")]
    return re.match(".*".join(parts) + ("$" if ends else ""), where, re.DOTALL) is not None
