"""What of the packed data set was taken back: found without reading every record again for each new retraction.

A retraction of a triplet names its id. One of a source or a picture does not, so the records of everything packed are
read; that they were is noted in the next manifest as `mark`, until somebody retracts another source or picture.
"""

from schemas import ids as digests
from schemas.errors import Missing
from schemas.ports import Blobs
from streams import shelf
from streams.ahead import ahead
from streams.dataset import identities
from streams.dataset.identities import Ids
from streams.retractions import Retractions


def mark(taken_back: Retractions) -> str:
    """Names the retractions that only a record can tell to concern it."""
    return digests.digest("retractions", *sorted(one.key for one in taken_back if one.target != "triplet"))


def by_id(ids: Ids, taken_back: Retractions) -> Ids:
    """Those of `ids` that are retracted by name."""
    named = identities.of_hex(one.value for one in taken_back if one.target == "triplet")
    return identities.common(ids, named)


def by_record(blobs: Blobs, ids: Ids, taken_back: Retractions) -> Ids:
    """Those of `ids` that are retracted in any way, by their records; one that is not there tells nothing."""
    if all(one.target == "triplet" for one in taken_back):
        return by_id(ids, taken_back)

    def covered(name: str) -> bool:
        try:
            return taken_back.of(shelf.read(blobs, name)) is not None
        except Missing:
            return False

    found = (name for name, told in ahead(covered, identities.names(ids)) if told())
    return identities.union([identities.of_hex(found), by_id(ids, taken_back)])
