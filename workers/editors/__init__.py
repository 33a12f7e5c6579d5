"""Editors: image-to-image models that try an instruction on a source."""
