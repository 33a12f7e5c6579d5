"""Which rows of a data set are looked at: drawn by a seed, each as likely as any other."""

import hashlib


def drawn(rows: int, wanted: int | None, seed: int) -> list[int]:
    """Numbers (0 to `rows` - 1) of the rows to look at, in order; all of them for None or where there are too few.

    Row numbers are drawn one after another from SHA-256 of the seed and a counter, and those drawn before are passed
    over: so the same seed gives the same rows everywhere, and a larger sample holds every smaller one.
    """
    if wanted is None or wanted >= rows:
        return list(range(rows))
    found: set[int] = set()
    turn = 0
    while len(found) < wanted:
        found.add(_number(seed, turn) % rows)  # 64 bits: the bias towards small numbers is below rows / 2^64
        turn += 1
    return sorted(found)


def _number(seed: int, turn: int) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed}:{turn}".encode()).digest()[:8], "big")
