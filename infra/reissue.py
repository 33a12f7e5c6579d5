"""The jobs that no recorded answer settles, queued in the new folder: `nhr mine` there does just those."""

import shlex
from collections.abc import Iterator
from pathlib import Path

from infra.deadletters.tries import Asked
from infra.redecided import PARTITION, NewFolder
from infra.wiring import DEFAULTS, Stores
from schemas import codec, topics
from schemas import messages as m
from schemas.deadletters import dead_letter
from schemas.ports import Change, Delivery, Outgoing
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
        self._stores.bus.publish([message for now in new for message in (*self._issued(now), *_letters(now))])
        self._stores.ledgers.save([Change(now.source_id, facts.encode(now.ledger), 0, now.closed) for now in new])
        self._waiting.clear()

    def _issued(self, now: Redecided) -> Iterator[Outgoing]:
        """The jobs that can be done: their pictures, and those that later jobs may ask for, lie where they say."""
        if not now.closed:
            for ref in _pictures(now):
                self._folder.bring(ref, ref.key)
        for job in now.undecided:
            if all(self._folder.bring(ref, ref.key) for ref in pictures_of(job)):
                yield codec.outgoing(job)


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


def _letters(now: Redecided) -> Iterator[Outgoing]:
    """A dead letter for each parked job, by which it can be redriven in the new folder."""
    failures = {event.job_id: event for event in now.events if isinstance(event, m.Failure)}
    for job in now.parked:
        if not isinstance(job, Asked):
            continue
        asked, failure = codec.outgoing(job), failures[job.job_id]
        (group,) = topics.HOME[type(job)].groups
        delivery = Delivery(asked.topic, PARTITION, 0, asked.key, asked.value, asked.headers)
        yield dead_letter(
            delivery, group, "Failure", failure.reason, at=failure.meter.at, stage=failure.stage, job_id=job.job_id
        )


def _pictures(now: Redecided) -> set[m.ImageRef]:
    """The source's picture, those of its judged attempts, which later jobs and triplets are made of, and of parked."""
    judged = [event.job for event in now.events if isinstance(event, m.JudgeVerdict)]
    refs = {ref for job in (*judged, *now.parked) for ref in pictures_of(job)}
    return refs | ({now.ledger.source.subject.image} if now.ledger.source else set())
