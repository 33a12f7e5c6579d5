"""Drafts: rows of an export whose pictures are only named yet."""

import json
from collections.abc import Container, Mapping
from dataclasses import dataclass

from schemas.messages import ImageRef, Triplet
from streams.dataset.chains import Chain, chain_row, pictures
from streams.dataset.preferences import Rejected, pair_row
from streams.dataset.rows import Row, row


@dataclass(frozen=True, slots=True)
class Draft:
    """A row, and where the pictures of its columns are kept (several, of a column of pictures)."""

    row: Row
    pictures: Mapping[str, ImageRef | list[ImageRef]]

    def packed(self) -> bytes:
        """The draft as JSON."""
        refs = {name: _raw(found) for name, found in self.pictures.items()}
        return json.dumps([self.row, refs], ensure_ascii=False).encode()

    @classmethod
    def unpacked(cls, data: bytes) -> "Draft":
        """What `packed` said."""
        row, refs = json.loads(data)
        return cls(row, {name: _ref(found) for name, found in refs.items()})


def triplet_draft(triplet: Triplet, calibrated: Container[str]) -> Draft:
    """A triplet's row."""
    return Draft(row(triplet, calibrated), {"source_image": triplet.before, "edited_image": triplet.after})


def pair_draft(chosen: Triplet, rejected: Rejected, calibrated: Container[str]) -> Draft:
    """A preference pair's row."""
    named: dict[str, ImageRef | list[ImageRef]] = {
        "source_image": chosen.before, "chosen_image": chosen.after, "rejected_image": rejected.image,
    }  # fmt: skip
    return Draft(pair_row(chosen, rejected, calibrated), named)


def chain_draft(chain: Chain, calibrated: Container[str]) -> Draft:
    """A chain's row."""
    return Draft(chain_row(chain, calibrated), {"images": pictures(chain)})


def _raw(found: ImageRef | list[ImageRef]) -> object:
    return [one.model_dump() for one in found] if isinstance(found, list) else found.model_dump()


def _ref(raw: object) -> ImageRef | list[ImageRef]:
    return [ImageRef.model_validate(one) for one in raw] if isinstance(raw, list) else ImageRef.model_validate(raw)
