"""Styles and scripts of the gallery, most of them the report's, under addresses that name their content."""

import hashlib
from pathlib import Path

from infra.report.page import joined

HERE = Path(__file__).parent
SHARED_STYLES = ("base.css", "gallery.css", "slider.css", "dialog.css", "numbers.css", "charts.css")
SHARED_SCRIPTS = ("dom.js", "slider.js", "look.js")


class Assets:
    """The files that every page loads."""

    def __init__(self) -> None:
        style = joined("", SHARED_STYLES) + "\n" + _own("pages.css", "labels.css")
        script = joined('"use strict";\n', SHARED_SCRIPTS) + "\n" + _own("pages.js", "labels.js")
        icon = (HERE / "icon.svg").read_text(encoding="utf-8")
        texts = (("style", "css", style), ("script", "js", script), ("icon", "svg", icon))
        self._files = {_named(*named): named[2].encode() for named in texts}
        self.style, self.script, self.icon = (f"/assets/{name}" for name in self._files)

    def get(self, name: str) -> bytes | None:
        """The content of a file; None for no such name."""
        return self._files.get(name)


def _own(*names: str) -> str:
    return "\n".join((HERE / name).read_text(encoding="utf-8") for name in names)


def _named(stem: str, ending: str, text: str) -> str:
    return f"{stem}-{hashlib.sha256(text.encode()).hexdigest()[:16]}.{ending}"
