"""The folder of a process's own notes: found again by whoever comes after it, never shared by two."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from schemas.errors import UserError

LOCK = "lock"
MOST = 1024
HINT = "set NHR_STATE to a folder that this process may write and that outlives its restarts"


@contextmanager
def own_folder(state: Path, role: str, slot: str = "") -> Iterator[Path]:
    """The folder of this process for as long as it lives: that of its slot, else the first that nobody holds.

    So a process that died is followed by one that finds its notes. Raises `UserError` where there is none to be had.
    """
    names = [f"{role}-{slot}"] if slot else [f"{role}-{number}" for number in range(MOST)]
    for name in names:
        folder = state / name
        try:
            folder.mkdir(parents=True, exist_ok=True)
            file = (folder / LOCK).open("a", encoding="ascii")
        except OSError as error:
            raise UserError(f"state folder {folder} cannot be used ({error.strerror})", HINT) from None
        with file:
            if _locked(file):
                yield folder
                return
    if slot:
        raise UserError(f"another {role} runs in slot {slot!r} here", "give each process a slot of its own (NHR_SLOT)")
    raise UserError(f"{state} holds {MOST} processes of {role}", "use another NHR_STATE")


def _locked(file: IO[str]) -> bool:
    """Whether this process now holds the lock; the system takes it back however the process ends."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
