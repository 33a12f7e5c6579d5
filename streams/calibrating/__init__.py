"""Calibration: a judge's scores held against people's, and the bars that follow; pure statistics."""
