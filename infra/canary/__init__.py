"""The canary: judges shown the same labelled set day after day, each held against its own first day.

A day's scores are put, create-only, under `kept/canary/<judge's recipe>/<date>.json`. The baseline is the oldest day
with the same set of pictures: a judge with other options or other words has another recipe, hence another baseline.
"""
