"""Tests of scoring any data set."""
