"""Bytes that nobody should send, through every handler and every reader; a failure names the seed that repeats it.

`FUZZ_CASES` (5,000 unless set) says how many, `FUZZ_SEED` (0) where to begin:

    FUZZ_CASES=100000 FUZZ_SEED=7 python -m pytest tests/fuzz
"""
