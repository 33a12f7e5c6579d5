"""Opinions: what people said of judged pairs, beside what the judge had said; `streams/consensus` joins them."""

from collections.abc import Iterable, Iterator
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError

from schemas.errors import UserError
from schemas.messages import Name, Reason, Score, Scores, Whole
from streams import labels
from streams.labels import Label

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""A text that begins so would be run by a spreadsheet: in CSV files it has an apostrophe before it."""
NEEDED = (
    "triplet_id", "rater", "operation", "adherence", "aesthetics", "judge", "judged_adherence", "judged_aesthetics",
    "accepted",
)  # fmt: skip
"""The columns without which a table of labels says nothing of a judge; see `Opinion` for the others."""


def _plain(value: Any) -> Any:
    """A text as it was before it was made inert for spreadsheets."""
    guarded = isinstance(value, str) and value[:1] == "'" and value[1:].startswith(FORMULA)
    return value[1:] if guarded else value


Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=128)]
Recipe = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9@+._-]*$", max_length=128)]
Words = Annotated[Reason, BeforeValidator(_plain)]


class Opinion(BaseModel):
    """One rater's scores, 1.0 to 5.0, of a pair (before, instruction, after), beside what the `judge` had said of it.

    `judge` is a recipe, `before` and `after` are SHA-256 of the pictures shown ("" where a table does not say),
    `accepted` tells whether the pair passed the bars. A row of a table has the same names, those of the judge's scores
    being `judged_adherence`, `judged_aesthetics` and `judged_preservation`.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    triplet_id: Text
    attempt: Annotated[Whole, Field(ge=0)] = 0
    kind: Name = "forward"
    rater: Text
    operation: Text
    instruction: Words = ""
    before: Name = ""
    after: Name = ""
    adherence: Score
    aesthetics: Score
    note: Words = ""
    judge: Recipe
    judged: Scores
    accepted: bool
    job_id: Name = ""
    at: float = 0.0

    @property
    def pair(self) -> str:
        """How the pair is called."""
        return labels.pair(self.triplet_id, self.attempt)


def from_labels(found: Iterable[Label]) -> Iterator[Opinion]:
    """The opinions that labels hold, those passed over that name no judge.

    Raises `UserError` naming the label of a judge that no plug-in can be.
    """
    for label in found:
        if not label.judge:
            continue
        try:
            yield Opinion.model_validate(label.model_dump(exclude={"format"}))
        except ValidationError:
            raise UserError(f"{label.folder} has a label of {label.judge!r}, which is no judge", "delete it") from None


def latest(opinions: Iterable[Opinion]) -> list[Opinion]:
    """Each rater's last opinion of each pair beside each judge, by pair, rater and judge."""
    last = {(one.pair, one.rater, one.judge): one for one in opinions}
    return [one for _, one in sorted(last.items())]
