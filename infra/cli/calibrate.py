"""`nhr calibrate`: hold judges against people, and find the bars that follow."""

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from infra.cli import common
from infra.cli.common import Where
from infra.place import Place
from schemas.errors import UserError
from streams import calibrations, paper
from streams.rules import policy as policies

if TYPE_CHECKING:
    from infra.calibrating.gathering import Gathered
    from streams.calibrating.findings import Findings

NARROW = 80


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command("calibrate", short_help="Hold judges against people; find their bars.")(calibrate)


def calibrate(
    file: Annotated[
        Path | None,
        typer.Argument(metavar="LABELS", help="CSV or JSONL of labels (default: those given in the gallery)."),
    ] = None,
    out: Where = None,
    judge: Annotated[str, typer.Option(metavar="RECIPE", help="Only this judge, by name or recipe.")] = "",
    policy: Annotated[
        str, typer.Option(metavar="POLICY", help="The policy whose bars are looked at, and on which --write builds.")
    ] = "paper",
    precision: Annotated[
        float, typer.Option(min=0.0, max=1.0, metavar="SHARE", help="What a bar is to give (paper's judge: 0.834).")
    ] = 0.83,
    sure: Annotated[
        bool, typer.Option("--sure", help="Even by the lower end of the precision's 95 % interval (Wilson).")
    ] = False,
    positive: Annotated[
        float, typer.Option(min=1.0, max=5.0, metavar="SCORE", help="A pair is good with both human scores above.")
    ] = paper.LABELLED_GOOD,
    least: Annotated[
        int, typer.Option(min=2, metavar="PAIRS", help="Of fewer labelled pairs no bar is told, nothing is kept.")
    ] = 30,
    recorded: Annotated[
        bool, typer.Option("--records", help="Read the records as well, so that labels stand for all that was judged.")
    ] = False,
    write: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a policy with the bars found.")] = None,
    plots: Annotated[Path | None, typer.Option(metavar="DIR", help="Draw everything there, as PNG.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Keep nothing in the place.")] = False,
    seed: Annotated[int, typer.Option(min=0, help="Of the bootstrap.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Everything as one JSON document.")] = False,
) -> None:
    """Hold judges against people: errors, precision and recall over thresholds, and the bars that follow.

    Labels come from the gallery's label mode (`nhr gallery`), or from a file such as it exports; each rater's bias is
    removed as in the paper. What is found of a judge is kept in the place, which makes it a calibrated one. --write
    makes a policy: the least bar of --precision for each judge, and with one judge for each group of operations.
    With --records the labelled pairs are weighted by how often such scores are given, and labels count for every judge
    that judged the same pairs.

    \b
    Examples:
      nhr calibrate --out data --records
      nhr calibrate --out data --plots plots --write mine.toml
      nhr redecide --policy mine.toml --out data  what those bars would give
      nhr calibrate labels.csv --dry-run          a file alone, nothing kept
      nhr calibrate --judge gemini --precision 0.9 --sure --json
    """
    from infra.calibrating.gathering import gather
    from streams.calibrating.bars import Aim
    from streams.calibrating.findings import Terms, findings

    base = policies.read(policy)
    aim = Aim(precision, sure, positive, least)
    with _place(file, out, dry_run and not recorded) as place:
        with common.progress("labels") as told:
            gathered = gather(place, file, judge, recorded, told)
        terms = Terms(aim, base, seed)
        with common.progress("judges") as told:
            found = []
            for number, (name, sample) in enumerate(gathered.samples.items()):
                told(number, len(gathered.samples))
                counts = gathered.labels[name], gathered.raters[name]
                found.append(findings(sample, *counts, terms, gathered.records.get(name)))
        drawn = _plotted(plots, found) if plots else []
        if write:
            _write(write, base, found)
        kept = {} if dry_run or place is None else _kept(place, found, least)
    _tell(gathered, found, kept, drawn, write, as_json)


@contextmanager
def _place(file: Path | None, out: Path | None, needless: bool) -> Iterator[Place | None]:
    """The place meant; none where labels come from a file and nothing is to be kept."""
    if file is not None and out is None and needless:
        yield None
        return
    with common.at(out) as place:
        yield place


def _kept(place: Place, found: Sequence["Findings"], least: int) -> dict[str, str]:
    """Keep what rests on enough pairs; where, by judge."""
    now = time.time()
    return {one.judge: calibrations.keep(place.blobs, one.record(now)) for one in found if one.pairs >= least}


def _plotted(folder: Path, found: Sequence["Findings"]) -> list[str]:
    from infra.calibrating import plots

    return [str(path) for one in found for path in plots.draw(common.made(folder.expanduser(), "--plots"), one)]


def _write(path: Path, base: policies.Policy, found: Sequence["Findings"]) -> None:
    from streams.calibrating import writing

    toml = writing.policy(base, found)
    policies.parse(toml, str(path))
    try:
        path.expanduser().write_text(toml, encoding="utf-8")
    except OSError as error:
        raise UserError(f"{path} cannot be written ({error.strerror})", "give another --write FILE") from None


def _tell(
    gathered: "Gathered", found: Sequence["Findings"], kept: dict[str, str], drawn: Sequence[str],
    written: Path | None, as_json: bool,
) -> None:  # fmt: skip
    if as_json:
        said = {
            "raters": [asdict(one) for one in gathered.panel.raters],
            "agreement": {scale: asdict(one) for scale, one in gathered.panel.agreement.items()},
            "notes": list(gathered.panel.notes), "retracted": gathered.retracted,
            "judges": [one.as_dict() | {"kept": kept.get(one.judge)} for one in found], "plots": list(drawn),
            "policy": str(written) if written else None,
        }  # fmt: skip
        typer.echo(json.dumps(said, ensure_ascii=False, indent=1, allow_nan=False))
        return
    from infra.calibrating import tables

    console = Console(highlight=False)
    console.width = max(NARROW, console.width)
    console.print(tables.panel(gathered))
    for one in found:
        console.print("", tables.judge(one), sep="\n")
        if one.judge in kept:
            console.print(f"Kept as {kept[one.judge]}.", markup=False)
        elif one.pairs < one.aim.least:
            console.print(f"Not kept: it rests on fewer than {one.aim.least} pairs (--least).", markup=False)
    for path in drawn:
        console.print(f"Drawn: {path}", markup=False, soft_wrap=True)
    if written:
        console.print(f"Policy written: {written}   (nhr redecide --policy {written})", markup=False, soft_wrap=True)
