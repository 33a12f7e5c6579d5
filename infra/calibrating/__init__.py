"""Calibration of a place's judges: labels and records gathered, what follows drawn; the statistics are in `streams`."""
