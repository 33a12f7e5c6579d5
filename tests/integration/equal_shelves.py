"""Mines the same scenes three times - as they come, with other worker counts, killed at least ten times - and compares.

python -m tests.integration.equal_shelves                    150 drawn scenes (minutes)
python -m tests.integration.equal_shelves --prompts null     150 null scenes (seconds)
"""

import argparse
import random
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.integration.running import fingerprint, mine, mine_killed, published, random_moments

WORKERS = ("editor=3", "screen=2", "director=2", "judge=2")


@dataclass(frozen=True)
class Row:
    """One run."""

    run: str
    workers: str
    kills: int
    shelf: list[tuple[str, str]]

    @property
    def triplets(self) -> int:
        """Records on its shelf."""
        return sum(key.startswith("shelf/triplets/") for key, _ in self.shelf)


def compare(folder: Path, prompts: str, scenes: int, kills: int, seed: int) -> list[Row]:
    """The three runs, in folders below `folder`."""
    several = tuple(part for text in WORKERS for part in ("--workers", text))
    plain, other, killed = (folder / name for name in ("plain", "workers", "killed"))
    mine(plain, "--scenes", scenes, prompts=prompts, patience_s=3600.0)
    mine(other, "--scenes", scenes, *several, prompts=prompts, patience_s=3600.0)
    moments = random_moments(seed, kills + 1, published(plain))  # a run may be done before its last moment comes
    done = mine_killed(killed, moments, "--scenes", scenes, *several, prompts=prompts, patience_s=3600.0)
    return [
        Row("as it comes", "one each", 0, fingerprint(plain)),
        Row("other workers", " ".join(WORKERS), 0, fingerprint(other)),
        Row("killed -9", " ".join(WORKERS), done, fingerprint(killed)),
    ]


def table(rows: list[Row]) -> str:
    """The rows as text, each compared with the first."""
    lines = [("run", "workers", "kills", "triplets", "shelf equal")]
    for row in rows:
        equal = "yes" if row.shelf == rows[0].shelf else "NO"
        lines.append((row.run, row.workers, str(row.kills), str(row.triplets), equal))
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def main() -> int:
    """Run, print, and fail when shelves differ."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prompts", default="grammar")
    parser.add_argument("--scenes", type=int, default=150)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32), help="of the kills")
    given = parser.parse_args()
    print(f"{given.scenes} scenes of {given.prompts}, kills by seed {given.seed}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        rows = compare(Path(folder), given.prompts, given.scenes, given.kills, given.seed)
    print(table(rows))
    return 0 if all(row.shelf == rows[0].shelf for row in rows) and rows[-1].kills >= given.kills else 1


if __name__ == "__main__":
    sys.exit(main())
