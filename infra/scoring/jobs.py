"""The job of judging one row, named by what is asked: data set, row, both pictures, instruction."""

from infra.scoring.samples import Sample
from schemas import ids
from schemas import messages as m

CAMPAIGN = "score"
"""Campaign and policy of what no policy decides."""


def judge_job(of: str, sample: Sample, before: m.ImageRef, after: m.ImageRef) -> m.JudgeJob:
    """Whether the edit of a row of data set `of` was done.

    The request says no operation but that of an `effect`: a judge that has words of its own for our operations would
    ask about our data in other words than about everybody else's.
    """
    name = ids.digest(
        "score", of, sample.key, before.sha256, after.sha256, sample.instruction,
        *((sample.effect,) if sample.effect else ()),
    )  # fmt: skip
    subject = m.Subject(
        campaign=CAMPAIGN, source_id=ids.digest("score", of, sample.cluster), prompt_id=sample.key[-256:],
        image=before, origin="photo",
    )  # fmt: skip
    request = m.Request(instruction=sample.instruction, operation=sample.operation, effect=sample.effect)
    return m.JudgeJob(
        job_id=name, policy_id=CAMPAIGN, triplet_id=name, subject=subject, kind="forward", request=request,
        instruction=sample.instruction, before=before, after=after,
    )  # fmt: skip
