"""The export from end to end: what is on the shelf, what of it is taken, and the folder that is written."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from infra import newfolder
from infra.export import attempts, duplicates, gathering, released
from infra.export.drafts import Draft, triplet_draft
from infra.export.marker import MARKER, WHAT, mark
from infra.export.order import Order, Phases, Result, Told, What, silent
from infra.export.pictures import need
from infra.export.sharing import share
from infra.export.spool import Spool, Table, spool
from infra.wiring import packages_of_the_dataset
from schemas.errors import UserError
from schemas.ports import Blobs
from streams import calibrations
from streams.dataset.columns import CHAINS, EXPORTED, PREFERENCES, TRIPLETS, Column
from streams.dataset.tally import Tally

THREADS = 4
_COLUMNS: Mapping[What, Sequence[Column]] = {"triplets": EXPORTED, "preferences": PREFERENCES, "chains": CHAINS}


def export(
    blobs: Blobs, out: Path, order: Order, force: bool = False, dry_run: bool = False, phases: Phases = silent,
    threads: int = THREADS,
) -> Result:  # fmt: skip
    """Write what is ordered to the new folder `out`, which appears whole or not at all; `dry_run` only counts it.

    Raises `UserError` when there is nothing to export, a picture cannot be read, or `out` is in the way: an earlier
    export is replaced with `force`, anything else never.
    """
    out = out.absolute()
    if not dry_run:
        newfolder.may_write(out, MARKER, WHAT, force)
    need(order.encoding)
    if order.layout != "nhr":
        _need_shards()
    calibrated = calibrations.calibrated(blobs)
    with spool(order.splits, order.seed) as kept:
        result = _choose(blobs, kept, order, calibrated, phases)
        if not dry_run:
            with newfolder.appearing(out) as root:
                _write(blobs, kept, order, calibrated, root, result, phases, threads)
                mark(root, order, result)
    return result


def _choose(blobs: Blobs, kept: Spool, order: Order, calibrated: frozenset[str], phases: Phases) -> Result:
    """Spool what is to be written, and count it."""
    gathering.triplets(blobs, kept, order.filters, calibrated, phases)
    if not kept.has("triplets"):
        raise UserError("the shelf is empty, there is nothing to export", "mine some triplets first: `nhr mine`")
    duplicates.leave_out(blobs, kept, order.dedup, phases)
    left_out: Counter[str] = Counter(kept.counts("triplets", "out"))
    table = _table(order)
    if order.what == "preferences" or (order.what == "triplets" and order.layout != "nhr" and order.attempts):
        attempts.read(blobs, kept.db, phases)
    if order.what == "preferences":
        left_out += gathering.preferences(blobs, kept, order, calibrated, phases)
    elif order.what == "chains":
        gathering.chained(kept, order, calibrated, phases)
    left_out += Counter(share(kept, table, order))
    splits, operations = kept.counts(table, "split"), kept.counts(table, "operation")
    if not splits:
        why = ", ".join(f"{count} by {reason}" for reason, count in sorted(left_out.items())) or "none were made"
        raise UserError(f"no {order.what} are left to export; left out: {why}", "ask for less")
    by_split = {name: splits.get(name, 0) for name in order.splits.names}
    operations = {} if order.what == "chains" else operations
    return Result(sum(splits.values()), by_split, operations, dict(sorted(left_out.items())))


def _write(
    blobs: Blobs, kept: Spool, order: Order, calibrated: frozenset[str], root: Path, result: Result, phases: Phases,
    threads: int,
) -> None:  # fmt: skip
    """Write the splits that hold anything to `root`, and note in the result what is in them."""
    write = _writer(blobs, kept, order, calibrated, root, threads)
    tallies: dict[str, Tally] = {}
    files: list[str] = []
    with phases(order.what) as told:
        for split in [name for name, rows in result.splits.items() if rows]:
            before = sum(tally.rows for tally in tallies.values())
            tallies[split], written = write(split, _after(told, before, result.rows))
            files += written
    result.tallies, result.files = tallies, sorted(files)


def _after(told: Told, before: int, total: int) -> Told:
    """Progress of a part of the rows, told as that of all of them."""
    return lambda done, _total: told(before + done, total)


def _writer(
    blobs: Blobs, kept: Spool, order: Order, calibrated: frozenset[str], root: Path, threads: int
) -> Callable[[str, Told], tuple[Tally, list[str]]]:
    """What writes a split in the layout that is ordered; gives what is in it, and its files."""
    if order.layout == "nhr":
        return lambda split, told: released.write(blobs, kept, split, root, order.encoding, calibrated, told, threads)
    from infra.export import sharded

    return lambda split, told: sharded.write(
        blobs, order.layout, columns(order), _drafts(kept, order, split, calibrated), split, root, order.encoding,
        order.shard_bytes, told, threads,
    )  # fmt: skip


def columns(order: Order) -> Sequence[Column]:
    """The columns of what is exported as shards."""
    return TRIPLETS if order.what == "triplets" and not order.attempts else _COLUMNS[order.what]


def _drafts(kept: Spool, order: Order, split: str, calibrated: frozenset[str]) -> Iterator[Draft]:
    if order.what != "triplets":
        yield from map(Draft.unpacked, kept.items(_table(order), split))
        return
    known = kept.has("attempts")
    for triplet in kept.triplets(split):
        draft = triplet_draft(triplet, calibrated)
        if order.attempts:
            draft.row.update(attempts.difficulty(kept.db, triplet) if known else attempts.UNKNOWN)
        yield draft


def _table(order: Order) -> Table:
    return "triplets" if order.what == "triplets" else "derived"


def _need_shards() -> None:
    with packages_of_the_dataset():
        from infra.export import sharded  # noqa: F401 - only whether what it needs is there
