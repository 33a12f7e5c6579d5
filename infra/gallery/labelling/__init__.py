"""Labelling: people score judged pairs themselves, blind, so that judges can be calibrated and the shelf be audited.

`choice` is what somebody wants to label, `sample` which pairs that makes, `book` who has labelled what, `desk` gives
the next pair and keeps its label; `telling` sums labels up and exports them. The pages are `pages.labels`.
"""
