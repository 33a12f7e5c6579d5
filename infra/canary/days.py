"""A day of the canary: what one judge said of every case, and where that is kept."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from schemas import formats
from schemas.errors import Missing, UserError
from schemas.messages import Score
from schemas.ports import Blobs

FOLDER = "kept/canary"
FORMAT = 1


class Mark(BaseModel):
    """What a judge said of one case: both scores, or why there are none."""

    model_config = ConfigDict(frozen=True)

    adherence: Score | None = None
    aesthetics: Score | None = None
    reason: str = ""


class Day(BaseModel):
    """One judge's scores of one day."""

    model_config = ConfigDict(frozen=True)

    format: Literal[1] = 1
    date: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
    judge: str
    cases_of: str
    marks: Mapping[str, Mark]
    tokens_in: int = 0
    tokens_out: int = 0
    cost_usd: float = 0.0

    @property
    def key(self) -> str:
        """Where it is kept."""
        return f"{FOLDER}/{self.judge}/{self.date}.json"

    def scores(self, name: str) -> dict[str, float]:
        """The scores of that name, by case."""
        given = {case: getattr(mark, name) for case, mark in self.marks.items()}
        return {case: value for case, value in given.items() if value is not None}


def keep(blobs: Blobs, day: Day) -> Day:
    """Keep the day; gives the one that stands, which is another where somebody was faster."""
    if not any(mark.adherence is not None for mark in day.marks.values()):
        why = next((mark.reason for mark in day.marks.values()), "no case")
        raise UserError(f"{day.judge} scored no case ({why})", "nothing was kept; mend it and run again")
    blobs.put(day.key, (day.model_dump_json() + "\n").encode())
    return read(blobs, day.key)


def of_day(blobs: Blobs, recipe: str, date: str, cases_of: str) -> Day | None:
    """The day as it is kept, if it was judged; raises `UserError` where it was shown another set."""
    try:
        found = read(blobs, f"{FOLDER}/{recipe}/{date}.json")
    except Missing:
        return None
    if found.cases_of != cases_of:
        what = f"{found.key} was judged on other pictures ({found.cases_of}, here {cases_of})"
        raise UserError(what, "another version of NHR or its packages draws them; run the canary in one place")
    return found


def baseline(blobs: Blobs, day: Day) -> Day:
    """The oldest day of the same judge with the same set: the day itself on the first one."""
    for key in sorted(blobs.list(f"{FOLDER}/{day.judge}/")):
        if key < day.key and (found := read(blobs, key)).cases_of == day.cases_of:
            return found
    return day


def read(blobs: Blobs, key: str) -> Day:
    """A kept day; raises `Missing`, and `UserError` for what is none or of a newer NHR."""
    data = blobs.get(key)
    formats.check_json(key, data, FORMAT)
    try:
        return Day.model_validate_json(data)
    except ValueError:
        raise UserError(f"{key} holds no canary scores", "restore or delete it") from None
