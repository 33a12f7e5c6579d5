"""Exact photographic edits: what each does to pixels, how it is undone, worded, proposed and measured."""
