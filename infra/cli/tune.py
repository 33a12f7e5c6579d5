"""`nhr tune export`: labelled pairs as data to tune judges with."""

import json
import re
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from infra.cli import common
from infra.cli.common import Where
from schemas.errors import UserError
from schemas.ports import Blobs
from streams import labels, opinion_tables, opinions
from streams.opinions import Opinion

if TYPE_CHECKING:
    from infra.tuning.exporting import Written

HELP = """Tune a judge of one's own with what people labelled.

\b
Label pairs, tune with them, judge by what comes of it, label what it judged:
  nhr gallery --out data                                      Label
  nhr tune export --to tuned --gcs gs://bucket/nhr --out data
  nhr mine --judge gemini:model=projects/P/locations/L/endpoints/N ...
  nhr calibrate --out data
"""
GCS = re.compile(r"gs://[a-z0-9][a-z0-9._-]{1,220}[a-z0-9](/[^\s?#]+)?/?")
ADVISED = 100
"""Training examples that Google Cloud advises to begin with."""
MOST_EXAMPLES, MOST_VALIDATION, MOST_BYTES = 300_000, 5_000, 1_000_000_000
"""Its limits: multimodal training examples, validation examples, bytes of a file of training examples."""


def register(cli: typer.Typer) -> None:
    """Add the command."""
    group = typer.Typer(help=HELP, short_help="Write labelled pairs as tuning data for judges.", no_args_is_help=True)
    group.command("export", short_help="Write labelled pairs as data for Gemini and for open models.")(export)
    cli.add_typer(group, name="tune")


def export(
    to: Annotated[Path, typer.Option(metavar="DIR", help="Folder to write; new, or earlier tuning data with --force.")],
    out: Where = None,
    labelled: Annotated[
        Path | None,
        typer.Option("--labels", metavar="FILE", help="A CSV or JSONL file of labels (default: those kept there)."),
    ] = None,
    gcs: Annotated[
        str, typer.Option(metavar="URI", help="gs://BUCKET/PREFIX to which you will copy DIR: Gemini's pictures.")
    ] = "",
    inline: Annotated[
        bool, typer.Option("--inline", help="Pictures inside the lines (base64), no files of them.")
    ] = False,
    validation: Annotated[
        float, typer.Option(min=0, max=0.9, metavar="SHARE", help="Share of the sources kept for validation.")
    ] = 0.2,
    most_per_bin: Annotated[
        int, typer.Option(min=0, metavar="N", help="Most training examples of a bin of both scores (0: all).")
    ] = 0,
    raters: Annotated[int, typer.Option(min=1, metavar="N", help="Only pairs with labels of so many raters.")] = 1,
    reasons: Annotated[
        Literal["none", "before", "after"],
        typer.Option(help="Where a rater noted something, ask for a reason before or after the scores, as that judge."),
    ] = "none",
    side: Annotated[
        int, typer.Option(min=64, max=4096, metavar="N", help="Longest side of a picture, as the judge's option.")
    ] = 1024,
    skip_missing: Annotated[
        bool, typer.Option("--skip-missing", help="Leave out pairs whose pictures are not to be found.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace earlier tuning data.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="What was written as JSON.")] = False,
) -> None:
    """Write labelled pairs as supervised tuning data: the question that our judges ask, people's scores as the answer.

    Scores are what the raters of a pair agree on, each one's bias removed. Questions and pictures are those that the
    judges gemini and openai send, to the word and the byte, so a tuned model is asked as it was tuned. All pairs of a
    source are in one split. What was retracted is left out.

    \b
    DIR/gemini/train.jsonl, validation.jsonl    for Gemini (--gcs, --inline)
    DIR/chat/train.jsonl, validation.jsonl      chats, for open vision models
    DIR/images/                                 each picture once, as it is shown

    Chats name pictures by their path from DIR; for Gemini they lie in a bucket, to which you copy DIR.

    \b
    Examples:
      nhr tune export --to tuned --gcs gs://bucket/nhr --out data
      gcloud storage cp -r tuned/* gs://bucket/nhr
      nhr tune export --to tuned --labels labels.csv --raters 2 --out data
    """
    from infra.tuning import exporting, pairs

    if gcs and inline:
        raise UserError("--gcs and --inline are two places for one picture", "give one of them")
    if gcs and not GCS.fullmatch(gcs):
        raise UserError(f"--gcs {gcs!r} is no place in a bucket", "give gs://BUCKET/PREFIX")
    order = exporting.Order(gcs, inline, validation, most_per_bin, reasons, side, skip_missing)
    with common.kept(out) as blobs, common.progress("pairs") as told:
        found = pairs.find(blobs, list(_opinions(blobs, labelled)), raters)
        written = exporting.export(blobs, found, to, order, force, told)
    notes = list(_notes(written, order.gcs or ("--inline" * inline)))
    if as_json:
        typer.echo(json.dumps({**asdict(written), "notes": notes}, ensure_ascii=False, indent=1))
    else:
        typer.echo("\n".join([*_said(written, to), *notes]))


def _opinions(blobs: Blobs, file: Path | None) -> Iterator[Opinion]:
    return opinion_tables.from_file(file.expanduser()) if file else opinions.from_labels(labels.latest(blobs))


def _said(written: "Written", to: Path) -> Iterator[str]:
    counts = ", ".join(f"{count:,} for {name}" for name, count in written.examples.items())
    files = f"; {written.pictures:,} pictures" if written.pictures else ""
    yield f"Examples: {counts}{files}"
    for name, size in written.bytes.items():
        yield f"  {to / name}  {size / 1e6:,.1f} MB"
    left = [f"{count:,} {why}" for why, count in written.left_out.items() if count]
    if left:
        yield f"Left out: {', '.join(left)}"


def _notes(written: "Written", gemini: str) -> Iterator[str]:
    """What should be known before the data is used, Google Cloud's limits among it."""
    train, validation = (written.examples.get(name, 0) for name in ("train", "validation"))
    if not validation:
        yield "Nothing is kept for validation: label pairs of more sources, or give a larger --validation."
    if not gemini:
        yield "Not written for Gemini, whose pictures must lie in a bucket: --gcs gs://BUCKET/PREFIX, or --inline."
        return
    if train < ADVISED:
        yield f"Google Cloud advises at least {ADVISED} training examples, better thousands; there are {train:,}."
    if train > MOST_EXAMPLES:
        yield f"Gemini takes {MOST_EXAMPLES:,} training examples with pictures at most: give --most-per-bin."
    if validation > MOST_VALIDATION:
        yield f"Gemini takes {MOST_VALIDATION:,} validation examples at most: give a smaller --validation."
    if written.bytes.get("gemini/train.jsonl", 0) > MOST_BYTES:
        yield "Gemini takes training files of 1 GB at most: give --gcs instead of --inline, or --most-per-bin."
    if gemini == "--inline":
        yield "Google Cloud documents pictures in buckets alone (--gcs); whether it takes inline ones is not known."
    else:
        yield f"Copy the folder to {gemini.rstrip('/')}/ before tuning."
