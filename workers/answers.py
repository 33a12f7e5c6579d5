"""From a plug-in's result to the message that answers the job."""

from typing import Any

from schemas import ids
from schemas import messages as m
from schemas.ports import Gated, Judged, Screened
from workers.roster import Kind


def job_id(kind: Kind, job: Any) -> str:
    """Name of the job; a prompt's is that of drawing its source."""
    if kind.stage == "generate":
        return ids.job_id(job.source_id, "generate")
    return str(job.job_id)


def source_id(job: Any) -> str:
    """The source that the job is about."""
    subject = m.subject_of(job)
    return subject.source_id if subject else str(job.source_id)


def drawn(prompt: m.Prompt, image: m.ImageRef, by: str, meter: m.Meter) -> m.Source:
    """The source that a generator drew for a prompt."""
    subject = m.Subject(
        campaign=prompt.campaign, source_id=prompt.source_id, prompt_id=prompt.prompt_id, text=prompt.text,
        style=prompt.style, seed=prompt.seed, image=image, made_by=by,
    )  # fmt: skip
    return m.Source(subject=subject, requests=prompt.requests, meter=meter)


def pictured(job: m.Prompt | m.EditJob, image: m.ImageRef, by: str, meter: m.Meter) -> m.Message:
    """The answer of a generator or an editor, whose result was stored as `image`."""
    if isinstance(job, m.Prompt):
        return drawn(job, image, by, meter)
    return m.Candidate(job=job, image=image, made_by=by, meter=meter)


def told(job: Any, result: Any, by: str, meter: m.Meter) -> m.Message:
    """The answer of a gate, screen, judge or writer; raises `ValidationError` for a result out of range."""
    match result:
        case Gated():
            return m.GateVerdict(
                job=job, job_id=job.job_id, yes=result.yes, reason=_cut(result.reason), measures=result.measures,
                by=by, meter=meter,
            )  # fmt: skip
        case Screened():
            return m.ScreenVerdict(
                job=job, job_id=job.job_id, measures=result.measures, skipped=result.skipped,
                reason=_cut(result.reason), by=by, meter=meter,
            )  # fmt: skip
        case Judged():
            return m.JudgeVerdict(
                job=job, job_id=job.job_id, adherence=result.adherence, aesthetics=result.aesthetics,
                preservation=result.preservation, reason=_cut(result.reason), measures=result.measures, by=by,
                meter=meter,
            )  # fmt: skip
        case str():
            return m.TextAnswer(job=job, job_id=job.job_id, text=result, by=by, meter=meter)
        case _:
            raise TypeError(f"{by} gave a {type(result).__name__}, which answers nothing")


def failed(kind: Kind, job: Any, reason: str, by: str, meter: m.Meter) -> m.Failure:
    """The standing answer of a job that cannot be done, with what it takes to ask it again."""
    subject = m.subject_of(job)
    asked = job.job if isinstance(job, m.Candidate) else job
    return m.Failure(
        job_id=job_id(kind, job),
        stage=kind.stage,
        campaign=subject.campaign if subject else job.campaign,
        source_id=source_id(job),
        request_id=asked.request_id if isinstance(asked, m.EditJob) else "",
        attempt=getattr(asked, "attempt", 0),
        retry=getattr(job, "retry", 0),
        reason=_cut(reason),
        source=job if isinstance(job, m.Source) else None,
        candidate=job if isinstance(job, m.Candidate) else None,
        by=by,
        meter=meter,
    )


def _cut(reason: str) -> str:
    """At most 1 KiB of what can be told: a model may well give half a character, which UTF-8 has no bytes for."""
    return reason[:1024] if reason.isascii() else reason.encode(errors="replace")[:1024].decode(errors="ignore")
