"""What was kept out of a campaign though it could have been used: for its owner, its licence, or our blocklist.

Format 1. `leftout/<campaign>/<aa>/<name>.json` is JSON of ``{"format": 1, "campaign", "cause", "by"}``, created once.
`<campaign>` and `<name>` are digests, of the campaign's name and of what was kept out and why: so whoever meets the
same thing again counts nothing twice, and no record says what it was. `cause` is "marker", "licence" or "blocklist",
`by` the mark, the licence, or the entry of the list.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from schemas import formats
from schemas.ids import digest
from schemas.ports import Blobs
from streams.ahead import ahead

FORMAT = 1
FOLDER = "leftout/"

Cause = Literal["marker", "licence", "blocklist"]


class Item(NamedTuple):
    """Something that was kept out."""

    what: str
    cause: Cause
    by: str


class LeftOut(BaseModel):
    """The record of one."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    format: Literal[1] = 1
    campaign: str
    cause: Cause
    by: Annotated[str, Field(max_length=512)]


def keep(blobs: Blobs, campaign: str, items: Iterable[Item]) -> None:
    """Record what was kept out."""
    records = {_key(campaign, item): _data(campaign, item) for item in items}
    if records:
        blobs.put_all(records)


def _key(campaign: str, item: Item) -> str:
    what = item.what.encode(errors="replace").decode()  # the name of a file may be no text
    name = digest("left out", what, item.cause, item.by)
    return f"{FOLDER}{digest('campaign', campaign)}/{name[:2]}/{name}.json"


def _data(campaign: str, item: Item) -> bytes:
    return LeftOut(campaign=campaign, cause=item.cause, by=item.by[:512]).model_dump_json().encode()


def counts(blobs: Blobs, campaign: str = "") -> Counter[tuple[Cause, str]]:
    """How many were kept out, by cause and by what; of one campaign, or of all. Raises `UserError` for a bad record."""
    folder = f"{FOLDER}{digest('campaign', campaign)}/" if campaign else FOLDER
    found: Counter[tuple[Cause, str]] = Counter()
    for key, read in ahead(blobs.get, blobs.list(folder)):
        record = parse(key, read())
        found[record.cause, record.by] += 1
    return found


def parse(key: str, data: bytes) -> LeftOut:
    """The record in these bytes, read from `key`; raises `UserError`."""
    wrong = "tells nothing of what was left out"
    return formats.parsed(LeftOut, key, data, FORMAT, wrong, "delete it: it is only counted")
