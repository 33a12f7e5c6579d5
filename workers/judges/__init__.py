"""Judges: they score a triplet for adherence and aesthetics."""
