"""A folder of results: it appears whole or not at all, and only an earlier one of its kind may be replaced."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from schemas.errors import UserError


def may_write(out: Path, marker: str, what: str, force: bool) -> None:
    """Raise `UserError` when `out` is in the way: one with the `marker`, `what` in words, is replaced with `force`."""
    if not out.exists():
        return
    if not out.is_dir():
        raise UserError(f"{out} is a file", "name a new folder")
    if not any(out.iterdir()):
        return
    if not (out / marker).is_file():
        raise UserError(f"{out} is not empty and not {what}", "name a new folder")
    if not force:
        raise UserError(f"{out} holds {what}", "replace it with --force, or name a new folder")


@contextmanager
def appearing(out: Path) -> Iterator[Path]:
    """A folder to write to, which becomes `out` at the end; whatever goes wrong leaves `out` as it was."""
    partial = out.with_name(f".{out.name}.partial")
    try:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        yield partial
        _swap(partial, out)
    except OSError as error:
        raise UserError(f"{out} cannot be written ({error.strerror or error})", "free space, or name another") from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _swap(partial: Path, out: Path) -> None:
    """Put the finished folder in place; an earlier one leaves only once the new one is complete."""
    old = out.with_name(f".{out.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if out.exists():
        out.rename(old)
    partial.rename(out)
    shutil.rmtree(old, ignore_errors=True)
