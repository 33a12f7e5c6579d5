"""`nhr retract`, `verify` and `gc`: take back what should not be used, check what is kept, free what is not needed."""

import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from infra import settings as environment
from infra.cli import common
from infra.cli.common import Where
from infra.disk import size
from infra.looking import looked_into
from infra.place import Place, opened
from infra.verify.findings import Findings
from schemas.errors import UserError
from schemas.messages import Triplet
from schemas.ports import Blobs
from streams import retractions
from streams.retractions import Retraction, Target

MOST_LINES = 200
PATIENCE_S = 30.0
"""For an answer of S3 that fits its digest: one that never comes is damage, and the next object's turn."""
_KINDS = ("forward", "inverse", "composite")


def register(cli: typer.Typer) -> None:
    """Add the commands."""
    cli.command("verify", short_help="Check that everything kept is whole.")(verify)
    cli.command("gc", short_help="Free what no one will need again.")(gc)
    cli.command("retract", short_help="Take triplets back: every reader leaves them out.")(retract)


def retract(
    triplet: Annotated[str, typer.Argument(metavar="[ID]", help="Id of a triplet, or how it begins.")] = "",
    source: Annotated[
        str, typer.Option(metavar="SOURCE_ID", help="Every triplet of this source, also those still to come.")
    ] = "",
    sha: Annotated[
        str, typer.Option(metavar="SHA256", help="Every triplet that names this picture, also those still to come.")
    ] = "",
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why; kept with it, and told by `nhr show`.")] = "",
    blocked: Annotated[
        Path | None, typer.Option("--blocklist", metavar="FILE", help="Every triplet that this blocklist names.")
    ] = None,
    with_derived: Annotated[
        bool, typer.Option("--with-derived", help="With an ID: the other triplets built on its edits as well.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what it would take back.")] = False,
    listed: Annotated[bool, typer.Option("--list", help="List what was taken back so far.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The result as JSON.")] = False,
    out: Where = None,
) -> None:
    """Take triplets back: reports, exports and counts leave them out from now on, and so do later runs.

    The files stay where they are, `nhr show` still finds them and says why they were taken back. A retraction is one
    small file in retractions/, created once; deleting it undoes it. It can be done while mining goes on.

    \b
    Examples:
      nhr retract 02b5ae --reason "the ball is still there" --out data
      nhr retract 02b5ae --with-derived --reason "a watermark" --dry-run
      nhr retract --source 5f0c...e1 --reason "the photographer asked us to"
      nhr retract --blocklist bad.txt --dry-run   what a later list covers
      nhr retract --list
    """
    with common.kept(out) as blobs:
        if listed:
            _list(blobs, as_json)
            return
        if blocked is not None:
            if triplet or source or sha or with_derived:
                raise UserError("--blocklist names what to take back", "leave the other ways out")
            _retract_listed(blobs, blocked, reason.strip() or "blocklist", dry_run, as_json)
            return
        target, value, base = _wanted(blobs, triplet, source, sha)
        if not reason.strip():
            raise UserError("a retraction needs its reason", 'say it with --reason "..."')
        if with_derived and base is None:
            raise UserError(
                "--with-derived goes with the ID of a triplet", "--source and --sha cover everything anyway"
            )
        _retract(blobs, Retraction(target=target, value=value, reason=reason.strip(), at=time.time()), base,
                 with_derived, dry_run, as_json)  # fmt: skip


def _wanted(blobs: Blobs, triplet: str, source: str, sha: str) -> tuple[Target, str, Triplet | None]:
    """What was named: exactly one of the three ways."""
    from infra.show import find

    if sum(map(bool, (triplet, source, sha))) != 1:
        raise UserError("name what to take back in one way", "give an ID, or --source SOURCE_ID, or --sha SHA256")
    if source:
        return "source", retractions.checked("source", source), None
    if sha:
        return "sha256", retractions.checked("sha256", sha), None
    base = find(blobs, triplet)
    return "triplet", base.triplet_id, base


def _retract(
    blobs: Blobs, wanted: Retraction, base: Triplet | None, with_derived: bool, dry_run: bool, as_json: bool
) -> None:
    from infra.retract import survey

    with common.progress("records") as told:
        taking = survey(blobs, wanted, base, with_derived, told)
    new = [one for one in taking.kept if (not blobs.has(one.key) if dry_run else retractions.retract(blobs, one))]
    if as_json:
        facts = {
            "target": wanted.target, "value": wanted.value, "dry_run": dry_run, "new": len(new),
            "taken_back": dict(taking.taken), "already": taking.before, "related": dict(taking.related),
        }  # fmt: skip
        typer.echo(json.dumps(facts))
        return
    verb = "would take back" if dry_run else "takes back"
    already = f" ({_count(taking.before, 'triplet')} taken back already)" if taking.before else ""
    if not new:
        typer.echo(f"{wanted.target} {wanted.value} was retracted before: nothing to do{already}")
    else:
        typer.echo(f"{wanted.target} {wanted.value}: {verb} {_by_kind(taking.taken)}{already}")
    if taking.related:
        more = _by_kind(taking.related)
        typer.echo(f"{more} on the same edits {'stays' if taking.related.total() == 1 else 'stay'}; "
                   "--with-derived takes them too")  # fmt: skip


def _retract_listed(blobs: Blobs, path: Path, reason: str, dry_run: bool, as_json: bool) -> None:
    from infra import blocklist
    from infra.retract import listed

    known = blocklist.load(path)
    with common.progress("records") as told:
        taking = listed(blobs, known, reason, time.time(), told)
    if not dry_run:
        for one in taking.kept:
            retractions.retract(blobs, one)
    if as_json:
        rows = [one.model_dump(include={"target", "value", "reason"}) for one in taking.kept]
        facts = {"dry_run": dry_run, "retractions": rows, "taken_back": dict(taking.taken), "already": taking.before}
        typer.echo(json.dumps(facts, ensure_ascii=False))
        return
    for one in taking.kept[:MOST_LINES]:
        typer.echo(f"{one.target} {one.value}: {one.reason}")
    if len(taking.kept) > MOST_LINES:
        typer.echo(f"and {len(taking.kept) - MOST_LINES:,} more (--json tells all)")
    verb = "would take back" if dry_run else "takes back"
    already = f" ({_count(taking.before, 'triplet')} taken back already)" if taking.before else ""
    typer.echo(f"blocklist {path}: {verb} {_by_kind(taking.taken)}{already}")


def _list(blobs: Blobs, as_json: bool) -> None:
    from infra.retract import covered

    known = sorted(retractions.load(blobs), key=lambda one: (one.at, one.key))
    with common.progress("records") as told:
        counts = covered(blobs, known, told)
    if as_json:
        rows = [one.model_dump() | {"triplets": counts[one.target, one.value]} for one in known]
        typer.echo(json.dumps(rows, ensure_ascii=False))
        return
    if not known:
        typer.echo("nothing was retracted")
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("when", "what", "triplets", "reason"):
        table.add_column(name, justify="right" if name == "triplets" else "left", overflow="fold")
    for one in known:
        when = datetime.fromtimestamp(one.at, UTC).strftime("%Y-%m-%d %H:%M")
        table.add_row(when, f"{one.target} {one.value}", str(counts[one.target, one.value]), Text(one.reason))
    Console(highlight=False).print(table)


def verify(
    out: Where = None,
    fast: Annotated[
        bool, typer.Option("--fast", help="Only see that pictures and shards are there: do not hash and decode them.")
    ] = False,
    mend: Annotated[
        bool, typer.Option("--mend", help="Send again what is lacking: triplets to the shelf, jobs to their workers.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Problems, counts and notes as JSON.")] = False,
) -> None:
    """Check that everything kept is whole: records, pictures, packed shards, lineage, segments, ledgers.

    Every record is read again and held against its name, every picture hashed and decoded, every shard hashed and its
    ids held against the shelf, every attempt and score looked up in the records, every ledger planned anew. It may run
    while mining goes on, and checks a copied shelf as far as that goes. Exit status: 0 all is well, 1 there are
    problems, one line each.

    Without --out, and where NHR_S3 names a cluster, it checks that; its ledgers and queues where NHR_KAFKA is set.

    \b
    Examples:
      nhr verify --out data
      nhr verify --fast --json --out /backup/data
      nhr verify --mend --out data
    """
    from infra.verify import verify as findings_of

    settings = environment.from_environment()
    settings = settings.model_copy(update={"s3_deadline_s": min(settings.s3_deadline_s, PATIENCE_S)})
    with opened(common.place(out), settings) as place:
        findings = findings_of(place, settings, fast, common.progress)
        _tell(findings, as_json)
        if mend:
            typer.echo(_sent_again(place, settings), err=as_json)
    if findings.problems:
        raise typer.Exit(1)


def _tell(findings: Findings, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(findings.as_dict(), ensure_ascii=False))
    else:
        for problem in findings.problems[:MOST_LINES]:
            typer.echo(problem.line)
        if len(findings.problems) > MOST_LINES:
            typer.echo(f"... and {len(findings.problems) - MOST_LINES:,} more (--json has them all)")
        _summary(findings)


def _sent_again(place: Place, settings: environment.Settings) -> str:
    """Have sent again what ledgers call for and nobody has or does (see `infra.mend`); what was sent, in words."""
    from infra.mend import send_again

    with looked_into(place.folder, settings) as queues:
        if queues is None:
            lacking = "no nhr.sqlite there" if place.folder else "NHR_KAFKA is not set"
            raise UserError(f"nothing can be sent again: {lacking}", "leave --mend out")
        sent = send_again(queues, place.blobs)
    if sent is None:
        hint = "let `nhr mine` finish first" if place.folder else "try again once `nhr status` shows nothing waiting"
        raise UserError(f"{place.name}: triplets are on their way to the shelf, so none was sent again", hint)
    whose = "the next `nhr mine` there takes them" if place.folder else "the cluster takes them"
    jobs = f" and {_count(sent.jobs, 'job')}" if sent.jobs else ""
    return f"sent again: {_count(sent.triplets, 'triplet')}{jobs}; {whose}"


def _summary(findings: Findings) -> None:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("", "checked", "problems"):
        table.add_column(name, justify="right" if name else "left")
    for area, checked, problems in findings.areas():
        table.add_row(area, f"{checked:,}", Text(f"{problems:,}", "red" if problems else ""))
    Console(highlight=False).print(table)
    for note in findings.notes:
        typer.echo(f"note: {note}")
    typer.echo(_count(len(findings.problems), "problem") if findings.problems else "everything is whole")


def gc(
    out: Where = None,
    older_than: Annotated[
        str, typer.Option(metavar="TIME", help="Spare whatever is younger, such as 12h, 7d or 0s.")
    ] = "7d",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what it would free; deletes nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The result as JSON.")] = False,
) -> None:
    """Free what no one will need again: working pictures, standing answers, pictures that no record names, old shards.

    What waiting messages, open ledgers, dead letters or the records still need is kept, so that mining goes on as
    before; nobody may be mining or packing there meanwhile. Shelf, records and what is packed stay whole. What goes for
    good: pictures that no judge saw. The page then shows what a screen turned down without them, and no milder policy
    can have it judged.
    In a cluster S3 itself frees them, by the rules that `nhr buckets apply` sets: this is for folders.

    \b
    Examples:
      nhr gc --dry-run --out data         what it would free, what is kept why
      nhr gc --older-than 2d --out data
    """
    from infra.gc import collect

    folder = common.place(out)
    if folder is None:
        days = environment.from_environment().s3_scratch_days
        raise UserError(
            f"a bucket frees itself: S3 removes scratch/ and answers/ after {days} days, and keeps the rest",
            "`nhr buckets plan` shows whether it does; for a folder give --out",
        )
    with common.progress("files") as told:
        areas = collect(folder, environment.from_environment(), _seconds(older_than), dry_run, told)
    if as_json:
        typer.echo(json.dumps({"dry_run": dry_run, "areas": [area.as_dict() for area in areas]}))
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("area", "files", "size", "to free" if dry_run else "freed", "room", "kept for"):
        table.add_column(name, justify="left" if name in {"area", "kept for"} else "right", overflow="fold")
    for area in areas:
        why = ", ".join(f"{reason} ({count:,})" for reason, count in area.kept.most_common())
        table.add_row(
            area.name, f"{area.files:,}", size(area.bytes), f"{area.freed_files:,}", size(area.freed_bytes), why
        )
    Console(highlight=False).print(table)
    room = size(sum(area.freed_bytes for area in areas))
    typer.echo(f"would free {room}; nothing was deleted" if dry_run else f"freed {room}")


def _seconds(text: str) -> float:
    seconds = common.seconds(text)
    if seconds is None:
        raise UserError(f"--older-than {text!r} is no time", "write a number and s, m, h or d, such as 12h or 7d")
    return seconds


def _by_kind(counts: Mapping[str, int]) -> str:
    """ "3 triplets (1 forward, 2 composite)"."""
    total = sum(counts.values())
    kinds = ", ".join(f"{counts[kind]} {kind}" for kind in _KINDS if counts.get(kind))
    return _count(total, "triplet") + (f" ({kinds})" if kinds else "")


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
