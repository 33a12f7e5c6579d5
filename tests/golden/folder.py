"""`v1/folder.zip`: a data folder as `nhr mine` leaves it when it is stopped in the middle of its second run."""

import signal
import tempfile
import zipfile
from io import BytesIO
from pathlib import Path

from tests.integration.running import ended, mine, published, started, until

SCENES = 24
ORDER = ("mine", "--prompts", "null", "--scenes", SCENES)
"""What resumes it."""
_BEFORE = 12
"""Scenes that were finished."""
_MORE = 60
_SLOW = ("--editor", "null:sleep_ms=1000")
_PASSING = {"nhr.lock", "nhr.log"}
_LONG_AGO = (1980, 1, 1, 0, 0, 0)


def packed() -> bytes:
    """Mine, stop, pack."""
    with tempfile.TemporaryDirectory() as name:
        out = Path(name)
        mine(out, "--scenes", _BEFORE)
        least = published(out) + _MORE
        with started(*ORDER, *_SLOW, "--out", out) as process:
            until(lambda: published(out) > least, process)
            process.send_signal(signal.SIGTERM)
            result = ended(process)
            assert result.status == 130, f"it was done before it could be stopped: {result}"
        buffer = BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(out.rglob("*")):
                if path.is_file() and path.name not in _PASSING:
                    archive.writestr(zipfile.ZipInfo(path.relative_to(out).as_posix(), _LONG_AGO), path.read_bytes(),
                                     zipfile.ZIP_DEFLATED)  # fmt: skip
        return buffer.getvalue()


def unpack(archive: Path, to: Path) -> Path:
    """The folder again, at `to`."""
    with zipfile.ZipFile(archive) as packed_folder:
        packed_folder.extractall(to)
    return to
