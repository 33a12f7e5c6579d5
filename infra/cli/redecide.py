"""`nhr redecide`: what the answers of a campaign come to under another policy, without asking any model again."""

import json
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from infra import licences
from infra import settings as environment
from infra.blobs.folder import FolderBlobs
from infra.cli import common, redecided
from infra.cli.common import Out
from infra.redecide import Keep, campaign_notes, decide_anew, noted_policy
from infra.redecided import NewFolder
from infra.reissue import Reissue, command
from infra.settings import Settings
from infra.underway import taken_over
from infra.wiring import embedded
from schemas.errors import UserError
from streams.records import Campaign, Event
from streams.redeciding.differences import Differences
from streams.redeciding.fold import Redecided
from streams.redeciding.revised import revised
from streams.rules import policy as policies
from streams.rules.policy import Policy


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command("redecide", short_help="Change your mind: the same answers under another policy.")(redecide)


def redecide(
    policy: Annotated[
        str, typer.Option(metavar="POLICY", help="The new policy; by default the one that the campaign began with.")
    ] = "",
    values: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="PATH=VALUE", help="Replace one value of it; may be given repeatedly."),
    ] = None,
    out: Out = None,
    campaign: Annotated[
        str, typer.Option(metavar="NAME", help="Only this campaign (default: all that are here).")
    ] = "",
    to: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write what is decided now as a new data folder.")
    ] = None,
    issue: Annotated[
        bool, typer.Option("--issue", help="With --to: queue the undecided jobs there, for `nhr mine` to do.")
    ] = False,
    limit: Annotated[int, typer.Option(min=0, metavar="N", help="Most examples shown of each change.")] = 3,
    as_json: Annotated[bool, typer.Option("--json", help="The result as JSON.")] = False,
) -> None:
    """Decide anew what was mined: what another policy would gain, lose, swap, and what it leaves undecided.

    Every recorded answer is folded through the new policy; no model is asked. Where it wants to know what nobody was
    asked, a triplet is undecided, and the calls that would settle it are counted. The data folder stays as it is; of a
    campaign that is still running, what was recorded so far is decided, and with --issue the scenes under way go on in
    the new folder.

    \b
    Examples:
      nhr redecide --set judge.adherence=4.5 --set judge.aesthetics=4.5
      nhr redecide --policy thrifty --out data --json
      nhr redecide --policy paper --out data --to data-paper --issue
      nhr redecide --set 'screen.bars."pixels.shift".max=3'
    """
    if issue and to is None:
        raise UserError("--issue queues jobs in a new folder", "give it with --to DIR")
    settings, folder = environment.from_environment(), common.folder(out)
    blobs = FolderBlobs(folder, fsync=settings.fsync)
    notes = campaign_notes(blobs, campaign)
    if issue and len(notes) > 1:
        raise UserError("--issue queues the jobs of one campaign", f"give --campaign: {_names(notes)}")
    asked = Asked(folder, blobs, notes, campaign, _policy(blobs, policy, notes, values or []), settings, limit)
    found, following = (asked.decide(), "") if to is None else asked.write(to.expanduser(), issue)
    if as_json:
        told = {"policy": asked.policy.name, "policy_id": asked.policy.policy_id, **found.as_dict(), "next": following}
        typer.echo(json.dumps(told, ensure_ascii=False))
        return
    console = Console(highlight=False)
    for part in redecided.drawn(found, f"{_names(notes)} under policy {asked.policy.name}"):
        console.print(part)
    typer.echo(f"\n{_next(found, to, issue)}{following}")


@dataclass
class Asked:
    """What is to be decided anew."""

    folder: Path
    blobs: FolderBlobs
    notes: Sequence[Campaign]
    campaign: str
    policy: Policy
    settings: Settings
    limit: int

    def decide(self, keep: Keep | None = None, more: Sequence[Event] = ()) -> Differences:
        """Walk the folder; raises `UserError` for a triplet that the policy bars by its makers' licences."""

        def allowed(now: Redecided) -> None:
            for triplet in now.triplets.values():
                licences.check(triplet, self.policy)
            if keep is not None:
                keep(now)

        with common.progress("records") as told:
            return decide_anew(self.blobs, self.policy, self.campaign, self.limit, allowed, told, more)

    def write(self, to: Path, issue: bool) -> tuple[Differences, str]:
        """Walk the folder and write the new one; gives the command to run next."""
        folder = NewFolder(self.blobs, self.folder, to, self.policy, self.settings.fsync)
        folder.begin(self.campaign)
        if not issue:
            found = self.decide(folder.keep)
            folder.finish(self.notes)
            return found, shlex.join(["nhr", "report", "--out", str(to)])
        with embedded(to, self.settings) as stores:
            reissue = Reissue(folder, stores)
            under_way = taken_over(self.folder, self.blobs, self.settings, self.notes[0].campaign, stores)

            def keep(now: Redecided) -> None:
                folder.keep(now)
                reissue.keep(now)
                under_way.settle(now)

            found = self.decide(keep, under_way.events)
            reissue.flush()
            under_way.hand_over(folder, stores)
            found.add_calls(under_way.scenes.values(), ())
        folder.finish(self.notes)
        return found, command(to, self.notes[0], self.policy, under_way.cursor)


def _policy(blobs: FolderBlobs, name: str, notes: Sequence[Campaign], values: Sequence[str]) -> Policy:
    return revised(policies.read(name) if name else noted_policy(blobs, notes), values)


def _names(notes: Sequence[Campaign]) -> str:
    return ", ".join(note.campaign for note in notes)


def _next(found: Differences, to: Path | None, issue: bool) -> str:
    if to is None and found.calls:
        return "Keep it, and have what is undecided done:  the same with --to DIR --issue"
    if to is None:
        return "Keep it as a data folder of its own:  the same with --to DIR"
    if issue and found.calls:
        return f"Written: {to}\nDo what is undecided, with the options that the models had, if any:\n  "
    return f"Written: {to}\nNext:  "
