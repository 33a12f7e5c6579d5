"""Tests of the exported layout."""
