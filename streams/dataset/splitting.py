"""Splits by source: where a source belongs is settled by its name alone, so that what is mined later moves nothing."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from schemas import ids
from schemas.errors import UserError
from schemas.messages import Subject

_SPACE = 1 << 64
_HINT = "name splits and their shares of the sources, which add up to 1, as in train=0.98,test=0.02"


@dataclass(frozen=True, slots=True)
class Splits:
    """Names of the splits, and where each ends on the range of hashes, 0 to 2^64."""

    names: tuple[str, ...]
    ends: tuple[int, ...]

    @classmethod
    def parse(cls, text: str) -> "Splits":
        """The splits that "train=0.98,test=0.02" names; raises `UserError` for anything else."""
        shares = [_share(part) for part in text.split(",")]
        names = tuple(name for name, _ in shares)
        if len(set(names)) < len(names):
            raise UserError(f"--split {text!r} names a split twice", _HINT)
        if (total := sum(share for _, share in shares)) != 1:
            raise UserError(f"--split {text!r} adds up to {float(total):g}", _HINT)
        return cls(names, tuple(_ends([share for _, share in shares])))

    def of(self, group: str) -> str:
        """The split of a group of sources."""
        at = int(ids.digest("split", group)[:16], 16)
        return next(name for name, end in zip(self.names, self.ends, strict=True) if at < end)


def group_of(subject: Subject) -> str:
    """What must stay together: a source, or a photograph in however many campaigns it is a source."""
    return subject.image.sha256 if subject.origin == "photo" else subject.source_id


def _share(part: str) -> tuple[str, Fraction]:
    name, equals, share = (word.strip() for word in part.partition("="))
    if not equals or not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,31}", name) or name == "all":
        raise UserError(f"--split: {part!r} is no split", _HINT)
    if not re.fullmatch(r"\d*\.?\d+", share) or not 0 < (found := Fraction(share)) <= 1:
        raise UserError(f"--split: {share!r} is no share of the sources", _HINT)
    return name, found


def _ends(shares: Sequence[Fraction]) -> list[int]:
    ends, total = [], Fraction(0)
    for share in shares:
        total += share
        ends.append(int(total * _SPACE))
    return ends
