"""How many cases there are, and the seed of each."""

import os
import random
from collections.abc import Iterator

CASES = int(os.environ.get("FUZZ_CASES", "5000"))
SEED = int(os.environ.get("FUZZ_SEED", "0"))


def chances(name: str, share: float) -> Iterator[tuple[str, random.Random]]:
    """A generator for each case of a test, and what repeats it; `share` is the test's part of all cases."""
    for number in range(SEED, SEED + max(1, round(CASES * share))):
        yield f"FUZZ_SEED={number} FUZZ_CASES=1 ({name})", random.Random(f"{name}/{number}")
