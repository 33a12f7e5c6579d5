"""Names of documents as parts of S3 keys: any text, reversibly, in the same order."""

import re

END = "!"
"""Sorts before everything that a coded name holds, so that what follows it does not change the order."""

MOST = 900
"""Bytes of a coded name; S3 keys have at most 1,024."""

# The sign that begins an escape sorts where the bytes that it stands for sort among digits and letters.
_ESCAPES = ((0x30, "-"), (0x41, "="), (0x61, "_"), (0x100, "~"))
_PLAIN = frozenset(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
_CODED = tuple(
    chr(byte) if byte in _PLAIN else next(sign for below, sign in _ESCAPES if byte < below) + f"{byte:02X}"
    for byte in range(256)
)
_ESCAPE = re.compile(rb"[-=_~]([0-9A-F]{2})")


def key_of(name: str) -> str:
    """The coded name, in a folder named by its beginning (ab/abcdef); raises `ValueError` for no or too long a name."""
    coded = "".join(_CODED[byte] for byte in name.encode())
    if not 0 < len(coded) <= MOST:
        raise ValueError(f"{name[:100]!r} cannot name a document: it is empty or too long")
    return f"{coded[:2]:{END}<2}/{coded}"


def name_of(coded: str) -> str:
    """The name from the last part of its key."""
    return _ESCAPE.sub(lambda found: bytes((int(found[1], 16),)), coded.encode()).decode()
