"""The note of a data folder: the format of everything in it that carries no number of its own, and who wrote it.

`format.json` is ``{"format": 1, "nhr": "<version>"}``, made when a folder is first mined into. It speaks for standing
answers (`answers/`, the bytes of messages of version 1 topics), for images, for the names of keys. What has a number of
its own - ledgers, records of the shelf, segments, policies, campaigns, the database - is checked where it is read.
"""

import json
from importlib.metadata import version
from pathlib import Path

from schemas import formats
from schemas.errors import UserError
from schemas.ports import Blobs

FORMAT = 1
NOTE = "format.json"
_LONGEST = 1 << 16
_HINT = "restore it, or delete it if no newer NHR mined there"


def check(folder: Path) -> None:
    """Raise `UserError` when a newer NHR mined into `folder`; a folder without a note is older than notes are."""
    path = folder / NOTE
    try:
        with path.open("rb") as file:
            stored = json.loads(file.read(_LONGEST))
    except (FileNotFoundError, NotADirectoryError):
        return
    except (OSError, ValueError, RecursionError) as error:
        why = " ".join(str(error).split())[:120]
        raise UserError(f"{path} cannot be read ({why})", _HINT) from None
    formats.check(f"{folder} (see {NOTE})", stored, FORMAT)
    if not isinstance(stored, dict) or type(stored.get("format")) is not int:
        raise UserError(f"{path} names no format", _HINT)


def note(blobs: Blobs) -> None:
    """Note the format of a folder that is mined into, unless that was done before."""
    stored = {"format": FORMAT, "nhr": version("nhr")}
    blobs.put(NOTE, (json.dumps(stored) + "\n").encode())
