"""Debian's packages without root: fetched by apt-get and unpacked into the user's cache, by one process at a time."""

import fcntl
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from infra import settings
from schemas.errors import UserError

TOOLS = ("apt-get", "dpkg-deb")
FETCH_S = 600


def unpacked(package: str) -> Path:
    """The folder under which the package's files lie (usr/bin, ...); fetched where it is not there yet.

    Raises `UserError` when it cannot be fetched.
    """
    home = settings.cache_home() / "nhr" / "services"
    root = home / f"debian-{package}"
    if root.is_dir():
        return root
    home.mkdir(parents=True, exist_ok=True)
    with (home / f"{root.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not root.is_dir():
            with tempfile.TemporaryDirectory(prefix="fetching-", dir=home) as staging:
                _fetch(package, Path(staging)).rename(root)
    return root


def _fetch(package: str, staging: Path) -> Path:
    """Download and unpack; where apt has no lists, or old ones, with lists of our own."""
    hint = f"install {package} so that it is found on PATH"
    missing = next((tool for tool in TOOLS if shutil.which(tool) is None), None)
    if missing:
        raise UserError(f"{package} is not installed, nor {missing}, which would fetch Debian's package", hint)
    download = ["download", package]
    said = _run(["apt-get", *download], staging)
    if said is not None:
        for part in ("lists/partial", "cache/archives/partial"):
            (staging / part).mkdir(parents=True)
        own = ["-o", f"Dir::State::Lists={staging / 'lists'}", "-o", f"Dir::Cache={staging / 'cache'}"]
        said = _run(["apt-get", *own, "update"], staging) or _run(["apt-get", *own, *download], staging)
    found = next(staging.glob(f"{package}_*.deb"), None)
    if said is None and found:
        said = _run(["dpkg-deb", "-x", str(found), str(staging / "root")], staging)
    if said is not None or not found:
        raise UserError(f"Debian's package {package} cannot be fetched: {said}", f"look at the network, or {hint}")
    return staging / "root"


def _run(command: Sequence[str], folder: Path) -> str | None:
    """None when it did well, else its errors in one line."""
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=FETCH_S, check=False)
    except subprocess.TimeoutExpired:
        return f"{command[0]} took longer than {FETCH_S} s"
    if done.returncode == 0:
        return None
    errors = [line for line in done.stderr.splitlines() if line.startswith(("E:", "dpkg-deb: error"))]
    return " ".join(errors[:2]) or f"{command[0]} ended with {done.returncode}"
