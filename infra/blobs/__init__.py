"""Blob stores, create-only: a folder and memory; and what a key may look like."""

import re

MAX_KEY = 512
"""Characters of a key, so that every store can hold it."""

_PART = r"[^./\\\x00-\x1f\x7f][^/\\\x00-\x1f\x7f]{0,199}"
_KEY = re.compile(rf"{_PART}(?:/{_PART})*")
_PREFIX = re.compile(rf"(?:{_PART}/)*(?:{_PART})?")


def checked(key: str) -> str:
    """`key` itself; raises `ValueError` unless it is plain names of up to 200 characters joined by slashes.

    Names that begin with a dot are refused: so are "." and "..", and a store may keep its own files there.
    """
    if len(key) > MAX_KEY or not _KEY.fullmatch(key):
        raise ValueError(f"{key[:MAX_KEY]!r} is no blob key: want names without leading dots, joined by single slashes")
    return key


def checked_prefix(prefix: str) -> str:
    """`prefix` itself; raises `ValueError` unless some key can begin with it."""
    if len(prefix) > MAX_KEY or not _PREFIX.fullmatch(prefix):
        raise ValueError(f"{prefix[:MAX_KEY]!r} begins no blob key")
    return prefix
