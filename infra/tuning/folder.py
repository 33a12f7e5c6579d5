"""The folder of tuning data: it appears whole or not at all, and only an earlier one of ours may be replaced."""

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from schemas.errors import UserError

MARKER = ".nhr-tuning.json"


def may_write(out: Path, force: bool) -> None:
    """Raise `UserError` when `out` is in the way: earlier tuning data is replaced with `force`, anything else never."""
    if not out.exists():
        return
    if not out.is_dir():
        raise UserError(f"{out} is a file", "name a new folder")
    if not any(out.iterdir()):
        return
    if not (out / MARKER).is_file():
        raise UserError(f"{out} is not empty and holds no earlier tuning data", "name a new folder")
    if not force:
        raise UserError(f"{out} holds earlier tuning data", "replace it with --force, or name a new folder")


@contextmanager
def appearing(out: Path) -> Iterator[Path]:
    """A folder to write to, which becomes `out` at the end; whatever goes wrong leaves `out` as it was."""
    partial, old = out.with_name(f".{out.name}.partial"), out.with_name(f".{out.name}.old")
    try:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        yield partial
        shutil.rmtree(old, ignore_errors=True)
        if out.exists():
            out.rename(old)
        partial.rename(out)
        shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        raise UserError(f"{out} cannot be written ({error.strerror or error})", "free space, or name another") from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def mark(root: Path, told: Mapping[str, object]) -> None:
    """Note what the data is, for whoever replaces or uses it."""
    (root / MARKER).write_text(json.dumps({"format": 1, **told}, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
