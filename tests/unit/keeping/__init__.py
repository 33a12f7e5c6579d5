"""Tests of what keeps a data folder in order: needs, verification, status."""
