"""The marker of an export: what it is and what it holds."""

import json
from pathlib import Path

from infra.export.order import Order, Result
from streams.dataset.tally import Tally

MARKER = ".nhr-export.json"
WHAT = "an earlier export"
FORMAT = 2


def mark(root: Path, order: Order, result: Result) -> None:
    """Write the marker: what the export is and what it holds, for whoever replaces it or tells of it."""
    whole = Tally()
    for tally in result.tallies.values():
        whole.merge(tally)
    marker = {
        "format": FORMAT, "layout": order.layout, "what": order.what, "columns": order.what, "rows": result.rows,
        "splits": dict(result.splits), "tally": whole.as_dict(),
        "tallies": {split: tally.as_dict() for split, tally in result.tallies.items()},
        "left_out": dict(result.left_out), "files": list(result.files), "image_format": order.encoding.format,
    }  # fmt: skip
    (root / MARKER).write_text(json.dumps(marker, ensure_ascii=False) + "\n", encoding="utf-8")
