"""What was answered about one source, found by what was asked.

Names of jobs hold the policy's id: under another policy the same question has another name. So recorded answers are
looked up by the question, and told again under the name that the new plan gives it.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from schemas import ids
from schemas import messages as m
from streams.records import Event
from streams.rules.facts import Ledger, candidate_in
from streams.rules.plan import plan
from streams.rules.policy import Policy

Question = tuple[str | int, ...]

UNNAMED = {"generate", "gate"}
"""Stages whose jobs are asked under no policy."""


def question(job: m.Message) -> Question:
    """What a job asks, whatever its name; an attempt is drawn from (request, number) alone, so these name it."""
    match job:
        case m.EditJob():
            return "edit", job.request_id, job.attempt
        case m.Candidate():
            return "screen", job.job.request_id, job.job.attempt
        case m.JudgeJob():
            return "judge", job.triplet_id, job.attempt, job.instruction, job.before.sha256, job.after.sha256
        case m.TextJob():
            pictures = [ref.sha256 if ref else "" for ref in (job.before, job.after)]
            return "text", job.triplet_id, job.task, job.form, job.instruction, job.inverse, *pictures
        case _:
            raise TypeError(f"a {type(job).__name__} is asked under no policy")


Has = Callable[[m.ImageRef], bool]
"""Whether a copy of a picture is left."""


class Answers:
    """The recorded events of one source; `policies` (by id) are those that may have asked for them.

    An attempt that still wants a judge, but whose picture is gone, is as if it had never been made.
    """

    def __init__(self, events: Sequence[Event], policies: Mapping[str, Policy], has: Has) -> None:
        self._has = has
        self.opening = _opening(events)
        self._named: dict[str, tuple[int, Event]] = {}
        self._redrives: dict[str, list[Event]] = {}
        self._standing: dict[Question, Event] = {}
        self._made: dict[Question, m.Candidate] = {}
        self._judged = {(e.job.triplet_id, e.job.attempt) for e in events if isinstance(e, m.JudgeVerdict)}
        for number, event in enumerate(events):
            if isinstance(event, m.Redrive):
                self._redrives.setdefault(event.job_id, []).append(event)
            else:
                self._named.setdefault(event.job_id, (number, event))
        failed = _questions_of_failed(events, policies)
        for event in events:
            self._stand(event, failed)

    def to(self, name: str, job: m.Message, policy: Policy) -> list[Event]:
        """The answer to job `name`, told under that name, with the redrives of a failure; empty where none stands.

        `job` is what brings the answer about: the job itself, or the edit whose picture is screened under `name`.
        An answer that has that very name goes before all others: the same policy is told the same story again.
        """
        names = {name, job.job_id} if isinstance(job, m.EditJob) else {name}  # the edit itself may have failed
        told = sorted((self._named[known] for known in names & self._named.keys()), key=lambda entry: entry[0])
        answers = [event for _, event in told] or [renamed(event, job) for event in self._found(job, policy)]
        if any(self._is_gone(event, policy) for event in answers):
            return []
        return [*answers, *(self._redrives.get(name, []) if told else [])]

    def nearest(self, job: m.Message) -> m.Message:
        """The job to do for an answer: an edit whose picture was made already only wants to be screened."""
        made = self._made.get(question(job)) if isinstance(job, m.EditJob) else None
        return made.model_copy(update={"job": job, "retry": 0}) if made and self._has(made.image) else job

    def _is_gone(self, event: Event, policy: Policy) -> bool:
        """Whether the event screens a picture that a judge is to look at now, and no longer can."""
        if not isinstance(event, m.ScreenVerdict) or policy.screen_lost(event):
            return False
        edit = event.job.job
        judged = (ids.triplet_id(edit.request_id, "forward"), edit.attempt) in self._judged
        return not judged and not self._has(event.job.image)

    def _stand(self, event: Event, failed: Mapping[str, Question]) -> None:
        """Take the event as the answer to its question: the first that is no failure, else the first failure."""
        candidate = candidate_in(event)
        if candidate is not None:
            self._made.setdefault(question(candidate.job), candidate)
        match event:
            case m.ScreenVerdict() | m.JudgeVerdict() | m.TextAnswer():
                asked: Question | None = question(event.job)
            case m.Failure() if event.stage == "edit" or event.job_id not in self._redrives:
                asked = question(event.candidate) if event.candidate else failed.get(event.job_id)
            case _:  # a failure that was lifted answers nothing
                asked = None
        if asked is None:
            return
        standing = self._standing.get(asked)
        if standing is None or (isinstance(standing, m.Failure) and not isinstance(event, m.Failure)):
            self._standing[asked] = event

    def _found(self, job: m.Message, policy: Policy) -> list[Event]:
        """The event that stands as the answer to a job's question, if any."""
        found = self._standing.get(question(job))
        if isinstance(job, m.EditJob):
            screened = self._standing.get(("screen", job.request_id, job.attempt))
            if isinstance(screened, m.ScreenVerdict) and screened.skipped and not policy.screen_lost(screened):
                return []  # spared by a cut-off that this policy does not have: it would have been measured
            found = screened or found
        return [found] if found else []


def renamed(event: Event, job: Any) -> Event:
    """The event as the answer to `job`: an edit job (for its screening or its failure), or the job that was asked."""
    candidate = candidate_in(event)
    if candidate is not None:
        edit = job.job if isinstance(job, m.Candidate) else job
        retry = job.retry if isinstance(job, m.Candidate) else 0
        candidate = candidate.model_copy(update={"job": edit, "retry": retry})
        field = "job" if isinstance(event, m.ScreenVerdict) else "candidate"
        return event.model_copy(update={field: candidate, "job_id": candidate.job_id, **_retry(event, retry)})
    told = {} if isinstance(event, m.Failure) else {"job": job}
    return event.model_copy(update={**told, "job_id": job.job_id, **_retry(event, getattr(job, "retry", 0))})


def _retry(event: Event, retry: int) -> dict[str, int]:
    return {"retry": retry} if isinstance(event, m.Failure) else {}


def _opening(events: Sequence[Event]) -> list[Event]:
    """What was told before any policy asked: of the gate and the generator, and redrives of their failures."""
    told: list[Event] = [event for event in events if isinstance(event, m.GateVerdict) or _stage(event) in UNNAMED]
    names = {event.job_id for event in told}
    return told + [event for event in events if isinstance(event, m.Redrive) and event.job_id in names]


def _stage(event: Event) -> str:
    return event.stage if isinstance(event, m.Failure) else ""


def _questions_of_failed(events: Sequence[Event], policies: Mapping[str, Policy]) -> dict[str, Question]:
    """What failed jobs had asked, by name: a failure does not carry its job, so the old plans are made once more."""
    failed = {event.job_id for event in events if isinstance(event, m.Failure) and _stage(event) not in UNNAMED}
    asked: dict[str, Question] = {}
    for policy_id, policy in policies.items() if failed else ():
        ledger = Ledger(policy_id)
        for event in events:
            ledger.add(event)
        messages = plan(ledger, policy).messages
        asked |= {name: question(messages[name]()) for name in failed & messages.keys()}
    return asked
