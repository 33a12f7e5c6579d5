"""Writes dashboards/*.json: `python -m infra.deploy.grafana`, or `make dashboards`."""

import sys
from collections.abc import Mapping
from pathlib import Path

from infra.deploy.grafana import funnel, kafka, overview, runbook, workers

FOLDER = Path(__file__).with_name("dashboards")


def built() -> Mapping[str, str]:
    """What is in each file of the folder, by its name."""
    document = runbook.FILE.read_text(encoding="utf-8")
    boards = (overview.BOARD, funnel.BOARD, workers.BOARD, kafka.BOARD, runbook.board(document))
    known = runbook.sections(document)
    return {f"{board.uid.removeprefix('nhr-')}.json": board.json(known) for board in boards}


def write(folder: Path) -> None:
    """Write them all, and remove what is no longer built."""
    files = built()
    for old in folder.glob("*.json"):
        if old.name not in files:
            old.unlink()
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(FOLDER)
    sys.stdout.write(f"dashboards: {FOLDER}\n")
