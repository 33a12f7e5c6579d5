"""Tuning data for judges: labelled pairs as the very questions that our judges ask, with people's scores as answers.

`pairs` finds what was labelled in a place, `choosing` splits and balances it, `lines` makes the lines of the files,
`folder` lets the folder appear whole or not at all, `exporting` does all of it.
"""
