"""`nhr score`: what a judge says of any data set, by a sample of its rows; data sets side by side."""

import csv
import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from infra import settings as environment
from infra.cli import common
from infra.cli.letters import plain
from infra.cli.logs import logged
from infra.cli.signals import draining
from schemas.errors import UserError
from streams import calibrations

if TYPE_CHECKING:
    from infra.scoring.dataset import DataSet
    from infra.scoring.scoring import Scoring, Seen
    from streams.scoring.board import Board

ALL = "all"
WIDE = 100


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command("score", short_help="Score any data set with a judge; data sets side by side.")(score)


def score(
    paths: Annotated[
        list[str],
        typer.Argument(metavar="PATH", help="Data sets: folders, files, quoted patterns; NAME=PATH calls one NAME."),
    ],
    judge: Annotated[
        str, typer.Option(metavar="NAME[:OPTION=VALUE]", help="Who scores; `nhr models judge` lists them.")
    ] = "",
    samples: Annotated[
        str, typer.Option(metavar="N", help="Rows of each data set that are looked at, or all.")
    ] = "1000",
    seed: Annotated[int, typer.Option(min=0, metavar="S", help="Which rows: the same seed, the same rows.")] = 0,
    preset: Annotated[
        str, typer.Option(metavar="NAME", help="Columns of a known layout (default: found out by looking).")
    ] = "",
    mapping: Annotated[
        str, typer.Option("--map", metavar="ROLE=COLUMN,...", help="Which column is what, where no preset fits.")
    ] = "",
    to: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder of the answers (default: score in NHR_OUT or nhr-data).")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Data folder whose calibrations say whether the judge has one.")
    ] = None,
    level: Annotated[
        float, typer.Option(min=0.5, max=0.999, metavar="SHARE", help="How sure an interval is to hold the truth.")
    ] = 0.95,
    as_json: Annotated[bool, typer.Option("--json", help="Everything as one JSON document.")] = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="The table in Markdown.")] = False,
    to_csv: Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="Also write every mean there.")] = None,
) -> None:
    """Score any data set of edits with a judge: adherence, aesthetics and their geometric mean, beside the paper's.

    Parquet files, WebDataset tars, picture folders with metadata.jsonl or .csv, what `nhr pack` and `nhr export`
    wrote: what it is and which columns count is found out and told. Each row counts as likely as any other; a larger N
    holds every smaller one. Intervals (bootstrap) take the source as the unit of chance.

    Each answer is kept, so a run that was stopped or killed, or that asks for more rows or another table, pays for
    nothing twice. Rows that cannot be read or judged are counted with their reasons. Ctrl-C finishes what is in hand;
    the same command goes on there. Exit status: 0 done, 130 stopped, 2 something for you to mend.

    \b
    Presets: nhr, nhr-edit, omniedit, magicbrush, instructpix2pix
    Roles of --map: source, edited, instruction, category, cluster (rows of
    one source), effect (for judges that read no language)

    \b
    Examples:
      nhr score data-set --judge gemini:model=gemini-2.5-flash
      nhr score ours=data OmniEdit='omni/data/dev-*.parquet' --judge gemini:...
      nhr score mine.parquet --map source=before,edited=after,instruction=text \\
        --samples all --judge openai:model=M,url=http://gpu:8000/v1
      nhr score a b --judge gemini:... --samples 5000 --seed 7 --json > all.json
    """
    if not judge:
        raise UserError("no judge is named", "give --judge NAME, such as --judge gemini:model=...")
    from infra.scoring import columns
    from infra.scoring.scoring import Scoring

    settings = environment.from_environment()
    told = columns.parsed(mapping)
    data_sets = _named([_opened(text, preset, told, as_json) for text in paths])
    folder = (to or settings.out / "score").expanduser()
    scoring = Scoring(data_sets, judge, _samples(samples), seed, folder, settings)
    calibrated = _calibrated(out, scoring.recipe)
    seen = _run(scoring)
    if seen.done < seen.wanted:
        typer.echo(f"stopped: {seen.done:,} of {seen.wanted:,} rows are done; the same command goes on there", err=True)
        raise typer.Exit(130)
    found = _board(seen, level, seed)
    if to_csv:
        _write(to_csv, found)
    if as_json:
        whole = {"judge": scoring.recipe, "calibrated": calibrated, "seed": seed, "samples": samples}
        typer.echo(json.dumps(whole | found.as_dict() | {"paid_usd": seen.paid_usd}, ensure_ascii=False, indent=1))
    else:
        _print(found, scoring.recipe, calibrated, as_markdown)
        typer.echo(_took(seen, scoring.to), err=True)


def _opened(text: str, preset: str, mapping: dict[str, str], quiet: bool) -> "DataSet":
    """The data set, and what it was found to be."""
    from infra.scoring import dataset

    found = dataset.opened(text, preset, mapping)
    if not quiet:
        how = f"{found.rows.format}, {found.chosen.how}: {found.chosen.columns}"
        typer.echo(plain(f"{found.name}: {how}"), err=True)
    return found


def _named(found: "list[DataSet]") -> "list[DataSet]":
    names = [one.name for one in found]
    for name in names:
        if names.count(name) > 1:
            raise UserError(f"two data sets are called {name}", "name one of them: NAME=PATH")
    return found


def _samples(text: str) -> int | None:
    if text == ALL:
        return None
    if not text.isdecimal() or not int(text):
        raise UserError(f"--samples {text!r} is no number of rows", "give a number from 1 on, or all")
    return int(text)


def _calibrated(out: Path | None, recipe: str) -> bool:
    if out is None:
        return False
    with common.kept(out) as blobs:
        return recipe in calibrations.calibrated(blobs)


def _run(scoring: "Scoring") -> "Seen":
    from infra.cli import score_drawing

    with (
        logged(scoring.to, scoring.settings.log_level, "--to"),
        score_drawing.progress() as view,
        draining(scoring.stop, view.abandon),
    ):
        scoring.view, scoring.warn = view.show, partial(typer.echo, err=True)
        return scoring.run()


def _board(seen: "Seen", level: float, seed: int) -> "Board":
    from streams.scoring.board import board

    parts = [(part.of.name, part.of.rows.count(), len(part.numbers), part.scores) for part in seen.parts]
    return board(parts, level, seed)


def _print(found: "Board", judge: str, calibrated: bool, as_markdown: bool) -> None:
    from infra.cli import score_drawing

    if as_markdown:
        typer.echo(score_drawing.markdown(found, judge, calibrated))
        return
    console = Console(highlight=False)
    console.width = max(WIDE, console.width)  # rather wrapped by the terminal than numbers cut short
    console.print(score_drawing.drawn(found, judge, calibrated))


def _took(seen: "Seen", to: Path) -> str:
    """What this run did, in a line."""
    new = f"{seen.asked:,} rows judged now, {seen.standing:,} answers stood"
    return f"{new}; ${seen.paid_usd:,.2f} paid now; answers are kept in {to}"


def _write(path: Path, found: "Board") -> None:
    """A line for every mean."""
    from streams.scoring.board import CSV_COLUMNS

    try:
        with path.expanduser().open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(CSV_COLUMNS)
            writer.writerows(found.records())
    except OSError as error:
        raise UserError(f"{path} cannot be written ({error.strerror})", "give another --csv FILE") from None
