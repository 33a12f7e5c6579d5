"""Tests of the shelf, the records, the funnel and `show`."""
