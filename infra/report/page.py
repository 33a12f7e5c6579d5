"""The HTML file: templates rendered with escaping, styles and scripts put inside and nothing else allowed to run."""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import unquote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from infra.report.gather import Gathered

HERE = Path(__file__).parent
STYLES = ("base.css", "gallery.css", "slider.css", "dialog.css", "numbers.css", "charts.css")
SCRIPTS = (
    "dom.js", "address.js", "filled.js", "slider.js", "cards.js", "filters.js", "gallery.js", "attempts.js",
    "dialog.js", "look.js", "main.js",
)  # fmt: skip
UNSAFE = "<>&\u2028\u2029"


def render(
    title: str,
    gathered: Gathered,
    data: Mapping[str, object],
    details: Mapping[str, object],
    numbers: Mapping[str, object],
    files: str = "",
) -> str:
    """The page's HTML; `files` is the folder beside it that its pictures are in ("": they are inside)."""
    style, script = joined("", STYLES), joined('"use strict";\n', SCRIPTS)
    return (
        templates(HERE / "templates")
        .get_template("page.html")
        .render(
            title=title,
            policy=policy(style, script, bool(files)),
            style=Markup(style),
            script=Markup(script),
            data=embedded(data),
            details=embedded(details),
            page=gathered,
            shown=len(gathered.triplets),
            rejected_shown=len(gathered.rejected),
            numbers=numbers,
            files=files,
            folder=unquote(files),
        )
    )


def templates(*folders: Path) -> Environment:
    """The templates of these folders, the first one's before the others'; everything put into them is escaped."""
    return Environment(
        loader=FileSystemLoader(folders),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


def embedded(data: Mapping[str, object]) -> Markup:
    """JSON that cannot leave its script element: no "<", ">" or "&" stands in it unescaped."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for mark in UNSAFE:
        text = text.replace(mark, f"\\u{ord(mark):04x}")
    return Markup(text)


def policy(style: str, script: str, files: bool) -> str:
    """The content security policy: these very styles and scripts, pictures of the page's own, and nothing else.

    With pictures in files beside the page, those of its own origin are let in; for a page opened from a disk some
    browsers want `file:` said as well.
    """
    pictures = "data: 'self' file:" if files else "data:"
    return (
        f"default-src 'none'; img-src {pictures}; style-src {_hash(style)}; script-src {_hash(script)}; "
        "base-uri 'none'; form-action 'none'"
    )


def write(out: Path, html: str) -> None:
    """Replace the file `out` by the page, whole or not at all; makes its folder."""
    out.parent.mkdir(parents=True, exist_ok=True)
    partial = out.with_name(f".{out.name}.partial")
    try:
        partial.write_text(html, encoding="utf-8")
        partial.replace(out)
    finally:
        partial.unlink(missing_ok=True)


def joined(head: str, names: Sequence[str]) -> str:
    """Assets of those names as one text after `head`."""
    parts = [(HERE / "assets" / name).read_text(encoding="utf-8") for name in names]
    return head + "\n".join(parts)


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
