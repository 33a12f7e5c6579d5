"""Says which packages of a lock an image needs, hashes and all: the lock holds those of every extra.

Runs before anything is installed, so it knows nothing but Python. `pip install --require-hashes` refuses a list that
lacks a package, so what is forgotten here fails the build.
"""

import argparse
import re
import sys
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

ITSELF = "nhr"
ENTRY = re.compile(r"^([A-Za-z0-9._-]+)==")
REQUIRER = re.compile(r"^    #(?: via)? +([A-Za-z0-9._-]+)")
NAME = re.compile(r"^[A-Za-z0-9._-]+")


def main() -> None:
    """Print the part of the lock that ROOT... need."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("root", nargs="+", help=".  (NHR itself), .[EXTRA], or a package of the lock")
    parser.add_argument("--lock", default="requirements.lock", help="the lock to choose from")
    given = parser.parse_args()
    roots = given.root
    try:
        lock = Path(given.lock).read_text(encoding="utf-8")
        project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]
        sys.stdout.write(needed(lock, wanted(project, roots)))
    except KeyError as error:
        sys.exit(f"needed.py: {error} is in neither; renew the lock (`make lock`) or correct the name")
    except OSError as error:
        sys.exit(f"needed.py: {error}; run it where {given.lock} and pyproject.toml are")


def wanted(project: Mapping[str, Any], roots: Iterable[str]) -> set[str]:
    """Names of the packages that the roots ask for by themselves; KeyError for an extra that there is not."""
    asked: list[str] = []
    for root in roots:
        own, _, extra = root.rstrip("]").partition("[")
        asked += project["dependencies"] if own == "." else [own]
        asked += project["optional-dependencies"][extra] if extra else []
    return {normal(found[0]) for text in asked if (found := NAME.match(text))}


def needed(lock: str, names: set[str]) -> str:
    """The lock's entries for `names` and for all that they require; KeyError for a name that the lock lacks."""
    entries = _entries(lock)
    known = {name for name, _, _ in entries}
    if missing := names - known:
        raise KeyError(", ".join(sorted(missing)))
    found = set(names)
    while more := {name for name, requirers, _ in entries if requirers & found} - found:
        found |= more
    return "".join(text for name, _, text in entries if name in found)


def _entries(lock: str) -> list[tuple[str, set[str], str]]:
    """Of each entry its name, who requires it (the lock says so in comments), and its text."""
    entries: list[tuple[str, set[str], str]] = []
    for line in lock.splitlines(keepends=True):
        if entry := ENTRY.match(line):
            entries.append((normal(entry[1]), set(), line))
        elif entries:
            name, requirers, text = entries[-1]
            if (requirer := REQUIRER.match(line)) and normal(requirer[1]) != ITSELF:
                requirers.add(normal(requirer[1]))
            entries[-1] = (name, requirers, text + line)
    return entries


def normal(name: str) -> str:
    """The name as the lock spells it."""
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    main()
