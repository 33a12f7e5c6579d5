"""The gallery's index: what there is, findable at once; built from the shelf and the records, rebuilt at will.

`schema` says what is in the file, `file` opens it, `following` keeps it up with what is mined, `asking` reads it.
"""
