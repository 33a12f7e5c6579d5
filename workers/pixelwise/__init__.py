"""Measurements on pixels that need no model: change, shift, sharpness, colour, similarity, defects."""
