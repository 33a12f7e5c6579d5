"""The tries of one job: how each is named, and what the facts of its source say of the latest."""

from collections.abc import Mapping
from typing import Literal, NamedTuple

from schemas import ids
from schemas import messages as m
from streams.rules.facts import Fact, Failed, redrive_name

Asked = m.Source | m.Candidate | m.JudgeJob | m.TextJob
"""What can be asked again by a redrive."""

Standing = Literal["parked", "asked again", "answered", "failed again", "lost attempt"]


class Latest(NamedTuple):
    """How a job stands that failed once, and the number of its latest try (0 is the first)."""

    standing: Standing
    retry: int


def name(job: Asked, retry: int) -> str:
    """Name of the job's try number `retry`."""
    match job:
        case m.Source() | m.Candidate():
            return job.model_copy(update={"retry": retry}).job_id
        case m.JudgeJob():
            forward = job.kind == "forward"
            scope = ids.request_id(job.subject.source_id, job.request.instruction) if forward else job.triplet_id
            return ids.job_id(scope, "judge", job.attempt, job.policy_id, retry)
        case m.TextJob():
            stage = f"text/{job.form}" if job.task == "form" else "text"
            return ids.job_id(job.triplet_id, stage, 0, job.policy_id, retry)


def latest(job: Asked, answers: Mapping[str, Fact]) -> Latest:
    """What became of `job`, whose failure was told or is about to be."""
    if isinstance(job, m.Candidate) and isinstance(answers.get(job.job.job_id), Failed):
        return Latest("lost attempt", job.retry)  # told before this, it stands: nobody waits for the screens
    retry = job.retry
    while isinstance(answers.get(name(job, retry)), Failed):
        if redrive_name(name(job, retry), retry + 1) not in answers:
            return Latest("parked" if retry == job.retry else "failed again", retry)
        retry += 1
    if name(job, retry) in answers:
        return Latest("answered", retry)
    return Latest("parked" if retry == job.retry else "asked again", retry)


def of_edit(job: m.EditJob, answers: Mapping[str, Fact]) -> Latest:
    """What became of an edit: made by whoever else got the job, or an attempt lost for good."""
    fact = answers.get(job.job_id)
    return Latest("lost attempt" if fact is None or isinstance(fact, Failed) else "answered", 0)
