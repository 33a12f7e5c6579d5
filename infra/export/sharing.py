"""Quotas, balance, shares and samples, applied to the rows of a spool."""

from collections.abc import Mapping

from infra.export.order import Order
from infra.export.spool import Spool, Table
from schemas.errors import UserError
from schemas.taxonomy import taxonomy
from streams.dataset.balancing import allot

_ORDERS = {"random": "chance, id", "score": "score DESC, id"}
"""Which rows of an operation go first."""


def share(spool: Spool, table: Table, order: Order) -> Mapping[str, int]:
    """Take out what is over the operations' numbers; gives how many, by rule."""
    there = spool.counts(table, "operation")
    for name in order.shares.quotas:
        if name not in there and name not in taxonomy().operations:
            known = ", ".join(sorted(there))
            raise UserError(f"--quota: there is no operation {name!r}", f"there are: {known}")
    allotted = allot(there, order.shares)
    spool.db.executemany("INSERT INTO allotted VALUES (?, ?)", allotted.rows.items())
    place = f"row_number() OVER (PARTITION BY operation ORDER BY {_ORDERS[order.prefer]}) AS place"
    spool.db.execute(
        f"UPDATE {table} SET out = 'shares' WHERE number IN (SELECT number FROM ("
        f"SELECT number, operation, {place} FROM {table} WHERE out IS NULL) NATURAL JOIN allotted WHERE place > rows)"
    )
    return allotted.left_out
