"""The jobs that no recorded answer settles, queued in the new folder: `nhr mine` there does just those."""

import shlex
from collections.abc import Iterator
from pathlib import Path

import msgpack

from infra.campaigns import CURRENT
from infra.ledgers.sqlite import SqliteLedgers
from infra.redecided import NewFolder
from infra.sqlite import Database
from infra.wiring import DATABASE, DEFAULTS, Stores
from schemas import codec
from schemas import messages as m
from schemas.errors import UserError
from schemas.ports import Change
from streams.policies import policy_key
from streams.records import Campaign
from streams.redeciding.fold import Redecided, pictures_of
from streams.rules import facts
from streams.rules.policy import Policy

AT_ONCE = 256


class Reissue:
    """Writes each source's ledger and publishes its open jobs, once: a source whose ledger stands was queued before."""

    def __init__(self, folder: NewFolder, stores: Stores) -> None:
        self._folder, self._stores = folder, stores
        self._waiting: dict[str, Redecided] = {}

    def keep(self, now: Redecided) -> None:
        """Take a source; one that the gate turned down has no ledger."""
        if any(isinstance(event, m.GateVerdict) and event.yes for event in now.events) or not now.closed:
            self._waiting[now.source_id] = now
        if len(self._waiting) == AT_ONCE:
            self.flush()

    def flush(self) -> None:
        """Pictures first, then the jobs, then the ledgers that call for them."""
        known = self._stores.ledgers.load(list(self._waiting))
        new = [now for name, now in self._waiting.items() if name not in known]
        self._stores.bus.publish([codec.outgoing(job) for now in new for job in self._issued(now)])
        self._stores.ledgers.save([Change(now.source_id, facts.encode(now.ledger), 0, now.closed) for now in new])
        self._waiting.clear()

    def _issued(self, now: Redecided) -> Iterator[m.Message]:
        """The jobs that can be done: their pictures, and those that later jobs may ask for, lie where they say."""
        if not now.closed:
            for ref in _pictures(now):
                self._folder.bring(ref, ref.key)
        for job in now.undecided:
            if all(self._folder.bring(ref, ref.key) for ref in pictures_of(job)):
                yield job


def copy_intake(out: Path, stores: Stores, campaign: str) -> int:
    """Note in the new folder how far the campaign's intake came, so that no scene starts anew; gives its cursor.

    The notes of a prompter that is reread (photographs, files) come along. Raises `UserError` where none are kept.
    """
    if not (out / DATABASE).is_file():
        raise UserError(f"{out / DATABASE} is gone, which says how far the intake came", "leave --issue out")
    database = Database(out / DATABASE)
    try:
        cursors = SqliteLedgers(database, "cursors")
        saved = cursors.load([campaign]).get(campaign)
        cursor = int(msgpack.unpackb(saved.data)["cursor"]) if saved else 0
        taken = [name for name in cursors.names("open") if name == campaign or name.startswith(f"{campaign}/")]
        for first in range(0, len(taken), AT_ONCE):
            found = cursors.load(taken[first : first + AT_ONCE])
            stores.cursors.save([Change(name, kept.data, 0) for name, kept in found.items()])
        stores.cursors.save([Change(CURRENT, campaign.encode(), 0)])
    finally:
        database.close()
    return cursor


def command(to: Path, note: Campaign, policy: Policy, cursor: int) -> str:
    """The command that does the queued jobs and no new ones."""
    words = ["nhr", "mine", "--out", str(to), "--campaign", note.campaign, "--prompts", note.prompts]
    words += ["--policy", str(to / policy_key(policy.policy_id)), "--scenes", str(max(1, cursor))]
    usual = DEFAULTS.get(note.prompts.partition(":")[0], DEFAULTS["grammar"])
    for kind, recipe in sorted(note.plugins.items()):
        name = recipe.partition("@")[0].replace("+", ",")
        if name != usual.get(kind):
            words += [f"--{kind}", name]
    return shlex.join(words)


def _pictures(now: Redecided) -> set[m.ImageRef]:
    """The source's picture and those of its judged attempts, which later jobs and triplets are made of."""
    judged = [event.job for event in now.events if isinstance(event, m.JudgeVerdict)]
    refs = {ref for job in judged for ref in (job.before, job.after)}
    return refs | ({now.ledger.source.subject.image} if now.ledger.source else set())
