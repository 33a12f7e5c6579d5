"""One source, decided anew: the plan under another policy over all that was ever answered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from schemas import ids
from schemas import messages as m
from streams.records import Event
from streams.redeciding.answers import Answers, Has
from streams.rules.facts import Ledger
from streams.rules.plan import Memo, Plan, plan
from streams.rules.policy import Policy


@dataclass(frozen=True, slots=True)
class Redecided:
    """A source under the new policy.

    `events` are those the ledger was told, under their new names. `undecided` are the jobs that no recorded answer
    settles; `parked` those that failed and hold their requests up until they are redriven.
    """

    source_id: str
    ledger: Ledger
    events: tuple[Event, ...]
    triplets: Mapping[str, m.Triplet]
    undecided: tuple[m.Message, ...] = ()
    parked: tuple[m.Message, ...] = ()

    @property
    def closed(self) -> bool:
        """Nothing is outstanding and nothing could be lifted."""
        return not self.undecided and not self.parked

    def holding_up(self, triplet: m.Triplet) -> list[m.Message]:
        """The open and the parked jobs that could still bring the triplet about."""
        edits = {edit.request_id for edit in triplet.edits}
        return [job for job in (*self.undecided, *self.parked) if requests_of(job) <= edits]


def redecide(
    source_id: str,
    events: Sequence[Event],
    policy: Policy,
    policies: Mapping[str, Policy],
    has: Has = lambda _picture: True,
) -> Redecided:
    """Fold a source's recorded events under `policy`; `policies` (by id) are those that had asked before."""
    answers, ledger = Answers(events, policies, has), Ledger(policy.policy_id)
    told: list[Event] = []
    asked: set[str] = set()
    memo: Memo = {}
    found = answers.opening
    while True:
        told += [event for event in found if ledger.add(event)]
        planned = plan(ledger, policy, memo)
        new = {job: by for job, by in planned.waiting.items() if by and job not in asked}
        if not new:
            break
        asked |= new.keys()
        found = [event for job, by in new.items() for event in answers.to(job, planned.messages[by](), policy)]
    return Redecided(
        source_id, ledger, tuple(told), _triplets(ledger, planned),
        undecided=tuple(answers.nearest(planned.messages[by]()) for by in planned.waiting.values() if by),
        parked=tuple(_parked(planned, told)),
    )  # fmt: skip


def requests_of(job: m.Message) -> frozenset[str]:
    """Ids of the requests that a job is for; a source's gate is before all of them: none."""
    match job:
        case m.EditJob():
            return frozenset((job.request_id,))
        case m.Candidate():
            return frozenset((job.job.request_id,))
        case m.JudgeJob() | m.TextJob():
            asked = (job.request, job.other) if job.other else (job.request,)
            return frozenset(ids.request_id(job.subject.source_id, request.instruction) for request in asked)
        case _:
            return frozenset()


def stage_of(job: m.Message) -> str:
    """The stage that does a job."""
    match job:
        case m.Prompt():
            return "generate"
        case m.EditJob():
            return "edit"
        case m.Candidate():
            return "screen"
        case m.JudgeJob():
            return "judge"
        case m.TextJob():
            return "text"
        case _:
            return "gate"


def pictures_of(job: m.Message) -> tuple[m.ImageRef, ...]:
    """The pictures that whoever does a job looks at."""
    match job:
        case m.Candidate():
            return job.job.subject.image, job.image
        case m.JudgeJob() | m.TextJob():
            return tuple(ref for ref in (job.before, job.after) if ref is not None)
        case m.EditJob() | m.Source():
            return (job.subject.image,)
        case _:
            return ()


def _triplets(ledger: Ledger, planned: Plan) -> dict[str, m.Triplet]:
    """The triplets of a plan: among the messages that nobody answers."""
    unanswered = planned.messages.keys() - ledger.answers.keys() - set(planned.waiting.values())
    built = {name: planned.messages[name]() for name in sorted(unanswered)}
    return {name: message for name, message in built.items() if isinstance(message, m.Triplet)}


def _parked(planned: Plan, told: Sequence[Event]) -> list[m.Message]:
    failures = {event.job_id: event for event in told if isinstance(event, m.Failure)}
    jobs: list[m.Message] = []
    for name in planned.parked:
        failure = failures[name]
        first = failure.candidate or failure.source  # brought about by another worker: not in the plan by itself
        jobs.append(first or planned.messages[name]())
    return jobs
