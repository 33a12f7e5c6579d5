"""The folder of an export: it appears whole or not at all, and only an earlier export may be replaced."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infra.export.order import Order, Result
from schemas.errors import UserError
from streams.dataset.tally import Tally

MARKER = ".nhr-export.json"
FORMAT = 2


@contextmanager
def appearing(out: Path) -> Iterator[Path]:
    """A folder to write to, which becomes `out` at the end; whatever goes wrong leaves nothing behind."""
    partial = out.with_name(f".{out.name}.partial")
    try:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        yield partial
        _swap(partial, out)
    except OSError as error:
        raise UserError(f"cannot write the export {out} ({error.strerror or error})", "free space or rights") from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def may_write(out: Path, force: bool) -> None:
    """Raise `UserError` when `out` is in the way: an earlier export is replaced with `force`, anything else never."""
    if not out.exists():
        return
    if not out.is_dir():
        raise UserError(f"{out} is a file", "name a new folder")
    if not any(out.iterdir()):
        return
    if not (out / MARKER).is_file():
        raise UserError(f"{out} is not empty and no earlier export", "name a new folder")
    if not force:
        raise UserError(f"{out} holds an earlier export", "replace it with --force, or name a new folder")


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


def _swap(partial: Path, out: Path) -> None:
    """Put the finished folder in place; an earlier export leaves only once the new one is complete."""
    old = out.with_name(f".{out.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if out.exists():
        out.rename(old)
    partial.rename(out)
    shutil.rmtree(old, ignore_errors=True)
