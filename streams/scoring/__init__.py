"""Scoring of any data set: which rows are looked at, and what their scores come to."""
