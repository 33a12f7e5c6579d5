"""Makes the jobs that the simulated models are tested with."""

from schemas import ids
from schemas.messages import Candidate, EditJob, ImageRef, JudgeJob, Prompt, Request, Source, Subject, TextJob
from schemas.ports import Image, Task
from workers.generators.simulated import Generator, GeneratorOptions
from workers.prompters.grammar import GrammarOptions, Prompter

REF = ImageRef(key="scratch/x", sha256="0" * 64, width=512, height=512)


def prompt(number: int, megapixels: float = 0.04) -> Prompt:
    """Grammar prompt `number`, small."""
    return Prompter(GrammarOptions(megapixels=megapixels)).item("test", number)


def said(text: str, *requests: Request, seed: int = 0) -> Prompt:
    """A prompt of one's own, 256 x 256."""
    asked = requests or (Request(instruction="Make it night.", operation="time_of_day"),)
    return Prompt(
        campaign="test",
        prompt_id="own",
        text=text,
        style="flat design",
        seed=seed,
        width=256,
        height=256,
        requests=asked,
    )


def subject(of: Prompt) -> Subject:
    """The subject of a drawn prompt."""
    image = REF.model_copy(update={"width": of.width, "height": of.height})
    return Subject(
        campaign=of.campaign,
        source_id=of.source_id,
        prompt_id=of.prompt_id,
        text=of.text,
        style=of.style,
        seed=of.seed,
        image=image,
    )


def drawn(of: Prompt, faithful: float = 1.0) -> Image:
    """The picture of a prompt, without defects unless told."""
    image = Generator(GeneratorOptions(faithful=faithful)).generate([Task(of)])[0]
    assert isinstance(image, Image)
    return image


def edit_job(of: Prompt, request: Request, attempt: int = 0) -> EditJob:
    """Attempt `attempt` at `request`."""
    request_id = ids.request_id(of.source_id, request.instruction)
    return EditJob(
        job_id=ids.job_id(request_id, "edit", attempt),
        policy_id="p",
        subject=subject(of),
        request=request,
        request_id=request_id,
        attempt=attempt,
        seed=ids.attempt_seed(request_id, attempt),
    )


def source_job(of: Prompt) -> Source:
    """The gate's job on a drawn prompt."""
    return Source(subject=subject(of), requests=of.requests)


def candidate(job: EditJob) -> Candidate:
    """The screens' job on an attempt."""
    return Candidate(job=job, image=REF)


def judge_job(job: EditJob) -> JudgeJob:
    """The judge's job on an attempt."""
    return JudgeJob(
        job_id="j",
        policy_id="p",
        triplet_id=ids.triplet_id(job.request_id, "forward"),
        subject=job.subject,
        kind="forward",
        request=job.request,
        attempt=job.attempt,
        instruction=job.request.instruction,
        before=REF,
        after=REF,
    )


def text_job(
    of: Prompt, request: Request, other: Request | None = None, inverse: str = "", form: str = "", kind: str = ""
) -> TextJob:
    """The writer's job: an inverse, a composite where there is an `other`, a form where one is named."""
    task = "form" if form else "composite" if other else "inverse"
    request_id = ids.request_id(of.source_id, request.instruction)
    return TextJob.model_validate(
        {
            "job_id": "t",
            "policy_id": "p",
            "triplet_id": ids.triplet_id(request_id, "inverse"),
            "subject": subject(of),
            "task": task,
            "kind": kind or ("composite" if other else "inverse"),
            "form": form,
            "request": request,
            "other": other,
            "instruction": request.instruction,
            "inverse": inverse,
        }
    )
