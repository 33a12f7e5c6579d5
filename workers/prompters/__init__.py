"""Prompt engineers: they propose scenes, or photographs, and the edits to ask of them."""
