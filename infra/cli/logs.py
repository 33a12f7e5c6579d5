"""Warnings and the like go to a file in the data folder, so that they never tear what is shown."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from infra.cli import common
from schemas.errors import UserError

LOG = "nhr.log"


class _LogFile(logging.FileHandler):
    """A log that a full disk silences: whoever cannot write there says so where it matters."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the library's name
        """Go on."""

    def close(self) -> None:
        """Close, whether or not the last lines can be written."""
        with suppress(OSError):
            super().close()


@contextmanager
def logged(out: Path, level: str, option: str = "--out") -> Iterator[None]:
    """Warnings and the like go to a file in that folder, which `option` names; raises `UserError`."""
    try:
        handler = _LogFile(common.made(out, option) / LOG, encoding="utf-8")
    except OSError as error:
        hint = f"make it a folder that you may write to, or give another {option}"
        raise UserError(f"folder {out} cannot be written ({error.strerror})", hint) from None
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(level.upper())
    try:
        yield
    finally:
        root.removeHandler(handler)
        handler.close()
