"""Names of everything, made only from what was asked.

Never from generated text, bytes, model or time, so doing a thing twice gives it the same name and does no harm.
"""

import hashlib
from functools import lru_cache
from typing import Literal

Stage = Literal["generate", "gate", "edit", "screen", "judge", "text"]
TripletKind = Literal["forward", "inverse", "composite"]


SEPARATOR = "\x1f"


def digest(*parts: str | int) -> str:
    """128 bits of SHA-256 over the parts, joined by the unit separator, as 32 hex digits.

    Parts that hold that character themselves are told apart by their lengths, under another hash.
    """
    joined = SEPARATOR.join(map(str, parts))
    if joined.count(SEPARATOR) < len(parts):
        return hashlib.sha256(joined.encode()).hexdigest()[:32]
    measured = "".join(f"{len(part)}:{part}," for part in map(str, parts))
    return hashlib.sha512(measured.encode()).hexdigest()[:32]


@lru_cache(maxsize=1 << 12)
def source_id(campaign: str, prompt_id: str, seed: int, width: int, height: int) -> str:
    """Name of the image drawn for one (prompt, seed, size) of a campaign."""
    return digest("source", campaign, prompt_id, seed, width, height)


def photo_source_id(campaign: str, sha256: str) -> str:
    """Name of a real photograph, by its content, in a campaign."""
    return digest("photo", campaign, sha256)


@lru_cache(maxsize=1 << 12)
def request_id(source: str, instruction: str) -> str:
    """Name of one edit asked of one source."""
    return digest("request", source, instruction)


@lru_cache(maxsize=1 << 13)
def job_id(subject: str, stage: str, attempt: int = 0, policy: str = "", retry: int = 0) -> str:
    """Name of one piece of work: `subject` is a source, request or triplet id; `retry` counts redrives."""
    return digest("job", subject, stage, attempt, policy, retry)


@lru_cache(maxsize=1 << 12)
def triplet_id(request: str, kind: TripletKind, other: str = "") -> str:
    """Name of a triplet of one request (forward, inverse) or of an ordered pair of requests (composite)."""
    return digest("triplet", request, kind, other)


def attempt_seed(request: str, attempt: int) -> int:
    """The seed (31 bits) of one attempt at one request."""
    return int(digest("seed", request, attempt)[:8], 16) & 0x7FFFFFFF
