"""Which pairs a choice makes: a spread over the judge's scores to calibrate, a draw of the shelf or a week's to audit.

Both orders are hashes of the pairs' names under a seed, the same for everybody, so that raters meet on the same pairs.
"""

import json
import sqlite3
from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from infra.gallery.index import judged
from infra.gallery.index.judged import PRIME, VALID
from infra.gallery.labelling.choice import FILTERS, Choice

EDGES = (2.0, 3.0, 4.0, 4.5)
"""Where the judge's scores are cut into bins: half as wide where the bars lie."""


class Drawn(NamedTuple):
    """A pair of the sample."""

    job: str
    pair: str


def draw(connection: sqlite3.Connection, choice: Choice, labelled: Collection[str]) -> list[Drawn]:
    """The sample, in the order in which it is offered; `labelled` are pairs that anybody has labelled.

    Calibrating takes turns over the operations and the bins of both scores, from each what is labelled already first,
    then by hash: so a sample stays the same for those who come later, although more is mined meanwhile. Auditing must
    not prefer anything: the least hashes of all that is on the shelf are a random sample of it.
    """
    judged.prepare(connection)
    ask = _CALIBRATE if choice.mode == "calibrate" else _AUDIT
    where = "".join(f" AND judged.{name} = :{name}" for name in choice.filters)
    same = " AND other.judge = judged.judge" if choice.judge else ""
    factor = judged.mixed(f"seed {choice.seed}")
    values: dict[str, Any] = {"size": choice.size, "factor": factor, **choice.filters}
    if choice.mode == "calibrate":
        values["labelled"] = json.dumps(sorted(labelled))
    return [Drawn(*row) for row in connection.execute(ask.format(where=where, same=same), values)]


def named(connection: sqlite3.Connection, pairs: Collection[str]) -> list[Drawn]:
    """Those of these pairs on which there is a verdict, and that were not taken back; by their names.

    Of several verdicts on a pair, the one by which it came to the shelf.
    """
    judged.prepare(connection)
    return [Drawn(*row) for row in connection.execute(_NAMED, {"pairs": json.dumps(sorted(pairs))})]


def choices(connection: sqlite3.Connection) -> Mapping[str, list[tuple[str, int]]]:
    """The values of each filter with how many verdicts have them, most first."""
    counts: dict[str, Counter[str]] = {name: Counter() for name in FILTERS}
    names = ", ".join(FILTERS)
    for *values, count in connection.execute(f"SELECT {names}, count(*) FROM judged GROUP BY {names}"):
        for name, value in zip(FILTERS, values, strict=True):
            counts[name][value] += count
    return {
        name: sorted(((value, count) for value, count in found.items() if value), key=lambda one: (-one[1], one[0]))
        for name, found in counts.items()
    }


def total(connection: sqlite3.Connection) -> int:
    """How many verdicts there are."""
    return int(connection.execute("SELECT count(*) FROM judged").fetchone()[0])


def _bin(score: str) -> str:
    return " + ".join(f"({score} >= {edge})" for edge in EDGES)


_ONCE = """NOT EXISTS (
    SELECT 1 FROM judged AS other WHERE other.pair = judged.pair AND other.number < judged.number{same}
  )"""
"""Of several verdicts on a pair the first counts: where one judge is asked for, of its own."""
_CALIBRATE = f"""
WITH found AS (
  SELECT number, operation, 8 * ({_bin("adherence")}) + {_bin("aesthetics")} AS bins, mix * :factor % {PRIME} AS place
  FROM judged WHERE {VALID} AND {_ONCE} {{where}}
), turns AS (
  SELECT number, place, row_number() OVER (
    PARTITION BY bins, operation ORDER BY number IN (
      SELECT number FROM judged WHERE pair IN (SELECT value FROM json_each(:labelled))
    ) DESC, place
  ) AS turn
  FROM found
), sample AS (SELECT number, place FROM turns ORDER BY turn, place LIMIT :size)
SELECT job, pair FROM sample JOIN judged USING (number) ORDER BY place, pair
"""
_AUDIT = f"""
WITH found AS (
  SELECT judged.number, mix * :factor % {PRIME} AS place,
    row_number() OVER (PARTITION BY triplet ORDER BY attempt, judged.number) AS nth
  FROM triplets JOIN judged ON judged.triplet = triplets.id AND judged.pictures = triplets.pictures
    AND judged.adherence = triplets.adherence AND judged.aesthetics = triplets.aesthetics
  WHERE accepted = 1 AND triplets.shown = 1 AND {VALID} {{where}}
), sample AS (SELECT number, place FROM found WHERE nth = 1 ORDER BY place LIMIT :size)
SELECT job, pair FROM sample JOIN judged USING (number) ORDER BY place, pair
"""
_NAMED = f"""
WITH found AS (
  SELECT judged.number, row_number() OVER (
    PARTITION BY judged.pair ORDER BY triplets.id IS NULL, judged.number
  ) AS nth
  FROM judged LEFT JOIN triplets ON judged.triplet = triplets.id AND judged.pictures = triplets.pictures
    AND judged.adherence = triplets.adherence AND judged.aesthetics = triplets.aesthetics
  WHERE judged.pair IN (SELECT value FROM json_each(:pairs)) AND {VALID}
)
SELECT job, pair FROM found JOIN judged USING (number) WHERE nth = 1 ORDER BY pair
"""
# The verdict by which a triplet came to the shelf has its pictures and its scores; of equal attempts the first won.
