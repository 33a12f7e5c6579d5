"""Which pairs a choice makes: a spread over the judge's scores for calibrating, a plain draw of the shelf for auditing.

Both orders are hashes of the pairs' names under a seed, the same for everybody, so that raters meet on the same pairs.
"""

import json
import sqlite3
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
    connection.create_function("mixed", 1, _mixing(choice.seed), deterministic=True)
    ask = _CALIBRATE if choice.mode == "calibrate" else _AUDIT
    where = "".join(f" AND judged.{name} = :{name}" for name in choice.filters)
    values: dict[str, Any] = {"size": choice.size, **choice.filters}
    if choice.mode == "calibrate":
        values["labelled"] = json.dumps(sorted(labelled))
    return [Drawn(*row) for row in connection.execute(ask.format(where=where), values)]


def choices(connection: sqlite3.Connection) -> Mapping[str, list[tuple[str, int]]]:
    """The values of each filter with how many verdicts have them, most first."""
    return {
        name: connection.execute(
            f"SELECT {name}, count(*) FROM judged WHERE {name} != '' GROUP BY {name} ORDER BY count(*) DESC, {name}"
        ).fetchall()
        for name in FILTERS
    }


def total(connection: sqlite3.Connection) -> int:
    """How many verdicts there are."""
    return int(connection.execute("SELECT count(*) FROM judged").fetchone()[0])


def _mixing(seed: int) -> Any:
    factor = judged.mixed(f"seed {seed}")
    return lambda mix: mix * factor % PRIME


def _bin(score: str) -> str:
    return " + ".join(f"({score} >= {edge})" for edge in EDGES)


_CALIBRATE = f"""
WITH found AS (
  SELECT job, pair, operation, {_bin("adherence")} AS first, {_bin("aesthetics")} AS second, mixed(mix) AS place,
    row_number() OVER (PARTITION BY pair ORDER BY number) AS nth
  FROM judged WHERE {VALID} {{where}}
), turns AS (
  SELECT job, pair, place, row_number() OVER (
    PARTITION BY operation, first, second
    ORDER BY pair IN (SELECT value FROM json_each(:labelled)) DESC, place, pair
  ) AS turn
  FROM found WHERE nth = 1
), sample AS (SELECT job, pair, place FROM turns ORDER BY turn, place, pair LIMIT :size)
SELECT job, pair FROM sample ORDER BY place, pair
"""
_AUDIT = f"""
WITH found AS (
  SELECT job, pair, mixed(mix) AS place, row_number() OVER (PARTITION BY triplets.id ORDER BY judged.number) AS nth
  FROM judged JOIN triplets ON triplets.id = judged.triplet AND triplets.pictures = judged.pictures
  WHERE accepted = 1 AND triplets.shown = 1 AND {VALID} {{where}}
)
SELECT job, pair FROM found WHERE nth = 1 ORDER BY place, pair LIMIT :size
"""
