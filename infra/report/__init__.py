"""The report: one self-contained HTML page to look at what was mined, beside the paper's numbers.

`gather` reads shelf and records, `pictures` makes the thumbnails, `cards` and `numbers` turn both into what the page
shows, `page` renders the templates with styles and scripts inside.
"""

from collections.abc import Callable
from pathlib import Path

from infra.report import cards, numbers, page
from infra.report.gather import gather
from infra.report.pictures import Thumbnails
from schemas.errors import UserError
from schemas.ports import Blobs

Progress = Callable[[int, int], None]
"""Told (thumbnails made, thumbnails in all)."""


def build(
    blobs: Blobs,
    out: Path,
    title: str = "Mined triplets",
    limit: int = 300,
    rejected: int = 120,
    side: int = 384,
    campaign: str = "",
    progress: Progress | None = None,
) -> Path:
    """Write the page to the file `out` (replacing an earlier one, whole or not at all) and return it.

    At most `limit` triplets and `rejected` attempts are shown, with thumbnails whose longer side is `side` pixels;
    `campaign` "" shows all campaigns. The same shelf and records give the same page. Raises `UserError` in one line.
    """
    gathered = gather(blobs, limit, rejected, campaign)
    thumbnails = Thumbnails(blobs, side)
    thumbnails.make(cards.pictures(gathered), progress)
    html = page.render(title, gathered, cards.payload(gathered, thumbnails), numbers.sections(gathered.funnel))
    try:
        page.write(out, html)
    except OSError as error:
        raise UserError(f"cannot write the report {out} ({error.strerror or error})", "free space or rights") from None
    return out
