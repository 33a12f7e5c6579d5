"""`nhr export`: take the data set away, in a layout that trainers read."""

import json
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from infra.cli import common
from infra.cli.common import Where
from schemas.errors import UserError

if TYPE_CHECKING:
    from infra.export.order import Encoding, Order, Result

Name = TypeVar("Name", bound=str)


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command("export", short_help="Write the data set in a layout trainers read.")(export)


def export(
    to: Annotated[
        Path, typer.Option(metavar="DIR", help="Folder to write; it must be new, or an earlier export with --force.")
    ],
    out: Where = None,
    what: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="triplets; preferences: accepted beside rejected attempts; chains: 2 to 5 edits in a row.",
        ),
    ] = "triplets",
    layout: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="nhr: the released one, JPEG files and metadata.jsonl (default for triplets); parquet (default "
            "for the others); webdataset.",
        ),
    ] = "",
    split: Annotated[
        str, typer.Option(metavar="NAME=SHARE,...", help="Splits by source, and their shares of the sources.")
    ] = "train=1",
    images: Annotated[
        str,
        typer.Option(
            metavar="FORMAT", help="keep (as on the shelf; default), jpeg (default of nhr), webp, png or jxl."
        ),
    ] = "",
    quality: Annotated[
        int | None,
        typer.Option(min=1, max=100, metavar="Q", help="Of jpeg (default: 95); makes webp and jxl lossy."),
    ] = None,
    kind: Annotated[
        list[str] | None, typer.Option(metavar="KIND", help="Only forward, inverse or composite; repeatable.")
    ] = None,
    operation: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Only this operation; repeatable.")
    ] = None,
    campaign: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Only this campaign; repeatable.")] = None,
    min_score: Annotated[
        float, typer.Option(min=0, max=5, metavar="SCORE", help="Adherence and aesthetics each at least this.")
    ] = 0.0,
    only_calibrated: Annotated[
        bool, typer.Option("--only-calibrated", help="Only what a judge scored that was held against people.")
    ] = False,
    dedup: Annotated[
        str,
        typer.Option(
            metavar="WAYS",
            help="exact: same pictures and words; phash:N: both pictures' hashes at most N of 64 bits apart, "
            "4 being cautious. The better one stays.",
        ),
    ] = "",
    quota: Annotated[
        list[str] | None, typer.Option(metavar="OPERATION=N", help="At most N of an operation; repeatable.")
    ] = None,
    balance: Annotated[
        float,
        typer.Option(
            min=0, max=1, metavar="ALPHA", help="Rows in proportion to (rows there are)^ALPHA; 0: all operations alike."
        ),
    ] = 1.0,
    most_share: Annotated[
        float, typer.Option(min=0, max=1, metavar="SHARE", help="No operation above this share of the rows.")
    ] = 1.0,
    limit: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="At most N rows, of each operation its share.")
    ] = None,
    prefer: Annotated[
        str, typer.Option(metavar="WHICH", help="Which rows stay where some must go: random ones, or by score.")
    ] = "random",
    seed: Annotated[int, typer.Option(metavar="S", help="Which random ones.")] = 0,
    min_margin: Annotated[
        float,
        typer.Option(min=0, max=4, metavar="M", help="Preferences: least difference of the geometric mean scores."),
    ] = 0.5,
    pairs: Annotated[
        int, typer.Option(min=1, metavar="K", help="Preferences: most pairs of a request, the clearest first.")
    ] = 4,
    chains: Annotated[int, typer.Option(min=1, metavar="K", help="Chains: most of a source.")] = 8,
    attempts: Annotated[
        bool,
        typer.Option("--attempts/--no-attempts", help="Parquet, webdataset: tell from the records how hard each was."),
    ] = True,
    shard_mb: Annotated[
        int, typer.Option(min=1, metavar="MB", help="Parquet, webdataset: about so much in a file.")
    ] = 500,
    force: Annotated[bool, typer.Option("--force", help="Replace an earlier export.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell the counts it would write.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The result as JSON.")] = False,
) -> None:
    """Write the data set in a layout that trainers read; retracted triplets stay out.

    The folder appears whole or not at all, and the same shelf gives the same bytes. Filters are applied first, then
    duplicates leave, then quota, balance, limit and share, in this order; everything left out is counted. A source, and
    a photograph in several campaigns, is in one split only, and what is mined later moves none.

    \b
    Examples:
      nhr export --out data --to set            see set/train/metadata.jsonl
      nhr export --out data --to hub --layout parquet --dedup exact,phash:4
      nhr export --out data --to hub --layout parquet --split train=0.98,test=0.02
      nhr export --out data --to tars --layout webdataset --images jxl
      nhr export --out data --to pairs --what preferences --min-margin 1
      nhr export --out data --to turns --what chains --layout webdataset
      nhr export --out data --to set --most-share 0.2 --dry-run
      nhr export --to set --quota remove=10000 --balance 0.5 --json

    \b
    Then, in Python:
      datasets.load_dataset("hub")
      webdataset.WebDataset("tars/train/train-000000.tar")
    """
    from infra.export.exporting import export as write
    from infra.export.order import LAYOUTS, WHAT, Dedup, Filters, Order
    from streams.dataset.balancing import Shares
    from streams.dataset.splitting import Splits

    wanted = _one_of("what", what, WHAT)
    written = _one_of("layout", layout or ("nhr" if wanted == "triplets" else "parquet"), LAYOUTS)
    order = Order(
        wanted, written, Splits.parse(split),
        Filters(_kinds(kind), frozenset(operation or ()), frozenset(campaign or ()), min_score, only_calibrated),
        Dedup.parse(dedup),
        Shares(dict(map(_quota, quota or ())), balance, limit, Fraction(str(most_share))),
        _one_of("prefer", prefer, ("random", "score")), seed, _encoding(images, written, quality),
        min_margin, pairs, chains, attempts, shard_mb * 1_000_000,
    )  # fmt: skip
    with common.kept(out) as blobs:
        result = write(blobs, to, order, force=force, dry_run=dry_run, phases=common.progress)
    if as_json:
        about = {"to": str(to), "what": order.what, "layout": order.layout, "image_format": order.encoding.format}
        typer.echo(json.dumps({**about, "dry_run": dry_run, **result.counts()}, ensure_ascii=False))
    else:
        _tell(to, order, result, dry_run)


def _tell(to: Path, order: "Order", result: "Result", dry_run: bool) -> None:
    """The counts, one line each; a line of its own only for what there is something to say of."""
    where = f"{to}/train" if order.layout == "nhr" and order.splits.names == ("train",) else str(to)
    typer.echo(f"{result.rows} {order.what} {'would be ' if dry_run else ''}in {where}")
    lines = {
        "by split": result.splits if len(result.splits) > 1 else {},
        "by operation": result.operations if dry_run else {},
        "left out": result.left_out,
    }
    for what, counts in lines.items():
        if counts:
            typer.echo(f"{what}: {', '.join(f'{name} {count}' for name, count in counts.items())}")


def _one_of(option: str, value: str, known: Sequence[Name]) -> Name:
    for name in known:
        if value == name:
            return name
    raise UserError(f"unknown {option} {value!r}", f"{option}: {', '.join(known)}")


def _kinds(kinds: Sequence[str] | None) -> frozenset[str]:
    return frozenset(_one_of("kind", kind, ("forward", "inverse", "composite")) for kind in kinds or ())


def _encoding(images: str, layout: str, quality: int | None) -> "Encoding":
    from infra.export.order import FORMATS, Encoding

    return Encoding(_one_of("images", images or ("jpeg" if layout == "nhr" else "keep"), FORMATS), quality)


def _quota(text: str) -> tuple[str, int]:
    name, equals, count = text.partition("=")
    if not name or not equals or not count.isdecimal():
        raise UserError(f"--quota {text!r} is no quota", "name an operation and a number, as in remove=10000")
    return name, int(count)
