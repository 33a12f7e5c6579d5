"""`nhr pack`: the shelf as immutable Parquet and WebDataset shards."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from infra import settings as environment
from infra.cli import common
from infra.cli.common import Where
from infra.disk import size
from infra.packing import MB
from infra.packing import pack as run
from infra.runtime.clock import SystemClock
from infra.wiring import packages_of_the_dataset
from schemas.errors import UserError
from streams.dataset import orphans
from streams.dataset.orphans import Collected

if TYPE_CHECKING:
    from streams.dataset.building import Format
    from streams.dataset.packing import Options, Outcome


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command("pack", short_help="Pack the triplets into Parquet and WebDataset shards.")(pack)


def pack(
    out: Where = None,
    shard_mb: Annotated[
        int | None,
        typer.Option(min=1, max=4000, metavar="N", help="MB of pictures a shard, about (default: NHR_PACK_MB, 500)."),
    ] = None,
    formats: Annotated[
        str, typer.Option(metavar="NAMES", help="parquet, webdataset, or both; the same rows.")
    ] = "parquet,webdataset",
    at_least: Annotated[
        int, typer.Option(min=0, metavar="N", help="Hold back a last shard of fewer triplets for the next time.")
    ] = 0,
    whole: Annotated[bool, typer.Option("--whole", help="Hold back a last shard that is not full.")] = False,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Pack the whole shelf anew: its bytes depend on the shelf alone.")
    ] = False,
    collect: Annotated[
        bool, typer.Option("--collect", help="Only delete the files that nobody needs any more; pack nothing.")
    ] = False,
    grace: Annotated[
        str, typer.Option(metavar="TIME", help="How long files without a manifest are left alone, such as 12h.")
    ] = "24h",
    temp: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Local folder for a shard being written (default: in the data folder)."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The result as JSON.")] = False,
) -> None:
    """Pack what no shard holds yet into immutable shards of about 500 MB, for `datasets` and `webdataset`.

    They lie in packed/: parquet/*.parquet with the pictures inside, webdataset/*.tar with the same rows, and manifests/
    which say by name and SHA-256 which files count. Read those: everything else there is on its way in or out.
    What was taken back (`nhr retract`) is left out, and shards that hold it are replaced. Files that were replaced, or
    that a crash left, are deleted after --grace, at the end of each run.

    It may run while mining goes on, and several at once; one that was killed is gone on with by the same command. A
    rebuild puts all triplets in the order of their ids: two equal shelves give the same files, however they came to be.
    It does nothing where it stands so already. Exit status: 1 where triplets could not be read.

    \b
    Examples:
      nhr pack --out data
      nhr pack --out data --formats parquet --shard-mb 200 --whole
      nhr pack --out data --rebuild
      nhr pack --collect --grace 0s --out data    nobody packs or reads just now
      nhr pack --json                             without --out: of the cluster
    """
    settings = environment.from_environment()
    grace_s = common.seconds(grace)
    if grace_s is None:
        raise UserError(f"--grace {grace!r} is no time", "write a number and s, m, h or d, such as 12h or 0s")
    if collect:
        with common.kept(out) as blobs:
            _tell_collected(orphans.collect(blobs, SystemClock(), grace_s), as_json)
        return
    with packages_of_the_dataset():
        from streams.dataset.packing import Options

    options = Options((shard_mb or settings.pack_mb) * MB, _formats(formats), at_least, whole, grace_s)
    with common.at(out) as place, common.progress("triplets") as told:
        outcome, collected = run(place, options, rebuild, temp and common.made(temp, "--temp"), told)
    _tell(outcome, collected, options, as_json)
    if outcome.troubles:
        raise typer.Exit(1)


def _formats(text: str) -> tuple["Format", ...]:
    from streams.dataset.building import FORMATS

    asked = {name.strip() for name in text.split(",")} - {""}
    unknown = sorted(asked.difference(FORMATS))
    if unknown or not asked:
        raise UserError(f"--formats: no format is called {(unknown or [''])[0]!r}", f"formats: {', '.join(FORMATS)}")
    return tuple(name for name in FORMATS if name in asked)


def _tell_collected(collected: Collected, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"collected": len(collected.keys)}))
    else:
        typer.echo(f"deleted {_count(len(collected.keys), 'file')} that nobody needs any more")


def _tell(outcome: "Outcome", collected: Collected, options: "Options", as_json: bool) -> None:
    from streams.dataset.packing import UNREADABLE

    for line in outcome.troubles:
        typer.echo(f"left out: {line}", err=True)
    more = outcome.counts[UNREADABLE] - len(outcome.troubles)
    if more > 0:
        typer.echo(f"left out: {more:,} more; `nhr verify` names them all", err=True)
    if as_json:
        typer.echo(json.dumps(_facts(outcome, collected)))
        return
    for line in _lines(outcome, collected, options):
        typer.echo(line)


def _facts(outcome: "Outcome", collected: Collected) -> dict[str, object]:
    from streams.dataset.packing import HELD_BACK, RETRACTED, TAKEN_OUT, UNREADABLE

    state, counts = outcome.state, outcome.counts
    return {
        "packed": outcome.packed, "shards": [shard.name for shard in outcome.added], "bytes": outcome.bytes,
        "dropped": outcome.dropped, "held_back": counts[HELD_BACK], "retracted": counts[RETRACTED],
        "taken_out": counts[TAKEN_OUT], "unreadable": counts[UNREADABLE], "collected": len(collected.keys),
        "manifest": state.number,
        "all": {"triplets": state.rows, "shards": len(state.shards), "bytes": _bytes(outcome)},
    }  # fmt: skip


def _lines(outcome: "Outcome", collected: Collected, options: "Options") -> list[str]:
    from streams.dataset.packing import HELD_BACK, TAKEN_OUT

    state, counts = outcome.state, outcome.counts
    lines = ["nothing to pack: every triplet that counts is in a shard"]
    if outcome.added:
        lines = [f"packed {_count(outcome.packed, 'triplet')} into {_count(len(outcome.added), 'shard')} "
                 f"({size(outcome.bytes)}, {' and '.join(options.formats)})"]  # fmt: skip
    elif counts[HELD_BACK]:
        lines = ["packed nothing"]
    if outcome.dropped:
        taken = f", without {_count(counts[TAKEN_OUT], 'triplet')} taken back" if counts[TAKEN_OUT] else ""
        lines.append(f"dropped {_count(len(outcome.dropped), 'shard')}{taken}; readers may use them for --grace")
    if counts[HELD_BACK]:
        lines.append(f"held back {_count(counts[HELD_BACK], 'triplet')} for the next time")
    if collected.keys:
        lines.append(f"deleted {_count(len(collected.keys), 'file')} that nobody needs any more")
    what = f"{_count(state.rows, 'triplet')} in {_count(len(state.shards), 'shard')}, {size(_bytes(outcome))}"
    lines.append(f"Packed data set: {what}; manifest {state.number}")
    return lines


def _bytes(outcome: "Outcome") -> int:
    return sum(file.bytes for shard in outcome.state.shards for file in shard.files)


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
