"""Golden files: bytes that an earlier NHR wrote, which every later one must read, with the same meaning, for ever.

`v1/` holds one file for each sample in `samples.py`. To add a message class, or an optional field: describe a sample
of it there under a new name (`Class`, or `Class.what-is-new`), run `python -m tests.golden.write`, commit the new file.
Files and samples that exist are never changed: a test that fails here found bytes in the world that became unreadable.
"""
