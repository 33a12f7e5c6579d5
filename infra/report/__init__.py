"""The report: a page to look at what was mined, beside the paper's numbers.

`gather` reads shelf and records, `pictures` makes the thumbnails, `cards`, `numbers` and `charts` turn both into what
the page shows, `page` renders the templates with styles and scripts inside.
"""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from infra.report import numbers, page
from infra.report.cards import Cards, refs
from infra.report.gather import gather
from infra.report.pictures import Beside, Inside, Place, Thumbnails
from schemas.errors import UserError
from schemas.ports import Blobs

Progress = Callable[[int, int], None]
"""Told (thumbnails made, thumbnails in all)."""
MOST_INSIDE = 600
"""Triplets of a page that holds its pictures itself."""
LARGEST = 16_000_000
"""Bytes, about, of such a page."""
BYTES_A_PIXEL = 0.16
"""Of a thumbnail in base64: photographs at quality 80."""


def build(
    blobs: Blobs,
    out: Path,
    title: str = "Mined triplets",
    limit: int = 5000,
    rejected: int = 600,
    side: int = 384,
    campaign: str = "",
    beside: bool | None = None,
    progress: Progress | None = None,
) -> Path:
    """Write the page to the file `out` (replacing an earlier one, whole or not at all) and return it.

    At most `limit` triplets and `rejected` attempts are shown, with thumbnails whose longer side is `side` pixels;
    `campaign` "" shows all campaigns. The pictures go inside the page or, `beside` it, into a folder named after it
    (None: when they would make it large). The same shelf and records give the same page. Raises `UserError`.
    """
    if not out.name or out.is_dir():
        raise UserError(f"cannot write the report {out} (it is a folder)", "name a file, such as report.html")
    gathered = gather(blobs, limit, rejected, campaign)
    distinct = {ref.sha256: ref for ref in refs(gathered)}
    if beside is None:
        beside = len(gathered.triplets) > MOST_INSIDE or len(distinct) * side * side * BYTES_A_PIXEL > LARGEST
    folder = out.with_name(f"{out.stem}-files")
    files = Beside(folder)
    try:
        place: Place = files.open() if beside else Inside()
        thumbnails = Thumbnails(blobs, side, place)
        thumbnails.make(distinct.values(), progress)
        cards = Cards(gathered, thumbnails)
        address = f"{quote(folder.name)}/" if beside else ""
        html = page.render(
            title,
            gathered,
            cards.payload(address),
            cards.details(),
            numbers.sections(gathered.funnel, gathered.pace),
            address,
        )
        page.write(out, html)
        files.tidy(thumbnails.addresses if beside else ())
    except OSError as error:
        raise UserError(f"cannot write the report {out} ({error.strerror or error})", "free space or rights") from None
    return out
