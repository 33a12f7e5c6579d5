"""Small worlds to try plug-ins in: drawn scenes, photographs, tiny grey pictures; jobs of every kind from each."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice, pairwise
from typing import Any

from schemas import ids
from schemas import messages as m
from schemas.ports import Image, Task
from workers import roster
from workers.plugin import Photo, PlugIn

SCENES = 2
EDITS = 4
FORMS = ("short", "zh")


@dataclass
class Jobs:
    """Tasks by worker kind."""

    tasks: dict[str, list[Task[Any]]] = field(default_factory=lambda: {kind: [] for kind in roster.KINDS})

    def add(self, kind: str, job: m.Message, *pictures: Image) -> None:
        """One more task; its pixels cannot be written, for they are shared with others."""
        for picture in pictures:
            picture.pixels.flags.writeable = False
        self.tasks[kind].append(Task(job, pictures))


def jobs(prompters: Iterable[tuple[str, str, str]]) -> Jobs:
    """Jobs of the worlds that (prompter, generator, editor) make."""
    made = Jobs()
    for prompter, generator, editor in prompters:
        for subject, image, requests in _sources(made, roster.prompter(prompter), generator):
            made.add("gate", m.Source(subject=subject, requests=requests), image)
            edited = list(_edited(made, subject, image, requests, _loaded("editor", editor)))
            _texts(made, subject, image, edited)
            _judgements(made, subject, image, edited)
    return made


Edited = tuple[m.EditJob, Image]


def _loaded(kind: str, text: str) -> PlugIn[Any]:
    plugin = roster.parse(kind, text)
    plugin.load()
    return plugin


def _ref(image: Image, name: str) -> m.ImageRef:
    height, width = image.pixels.shape[:2]
    return m.ImageRef(key=f"scratch/{name}.webp", sha256=ids.digest(name) * 2, width=width, height=height)


def _sources(made: Jobs, prompter: Any, generator: str) -> Iterator[tuple[m.Subject, Image, tuple[m.Request, ...]]]:
    for item in islice(prompter.intake("c", 0), SCENES):
        if isinstance(item, Photo):
            name = ids.photo_source_id("c", item.sha256)
            subject = m.Subject(
                campaign="c", source_id=name, prompt_id=item.name, style="photograph", image=_ref(item.image, name),
                origin="photo",
            )  # fmt: skip
            yield subject, item.image, item.requests
        elif isinstance(item, m.Prompt):
            made.add("generator", item)
            (image,) = roster.run(roster.KINDS["generator"], _loaded("generator", generator), [Task(item)])
            subject = m.Subject(
                campaign="c", source_id=item.source_id, prompt_id=item.prompt_id, text=item.text, style=item.style,
                seed=item.seed, image=_ref(image, item.source_id),
            )  # fmt: skip
            yield subject, image, item.requests


def _edited(
    made: Jobs, subject: m.Subject, image: Image, requests: Sequence[m.Request], editor: PlugIn[Any]
) -> Iterator[Edited]:
    for request in requests[:EDITS]:
        name = ids.request_id(subject.source_id, request.instruction)
        job = m.EditJob(
            job_id=ids.job_id(name, "edit"), policy_id="p", subject=subject, request=request, request_id=name,
            attempt=0, seed=ids.attempt_seed(name, 0),
        )  # fmt: skip
        made.add("editor", job, image)
        (result,) = roster.run(roster.KINDS["editor"], editor, [Task(job, (image,))])
        if isinstance(result, Image):
            made.add("screen", m.Candidate(job=job, image=_ref(result, job.job_id)), image, result)
            yield job, result


def _judgement(kind: ids.TripletKind, job: m.EditJob, before: m.ImageRef, after: m.ImageRef, **more: Any) -> m.JudgeJob:
    name = ids.triplet_id(job.request_id, kind)
    return m.JudgeJob(
        job_id=ids.job_id(name, "judge"), policy_id="p", triplet_id=name, subject=job.subject, kind=kind,
        request=job.request, instruction=job.request.instruction, before=before, after=after, **more,
    )  # fmt: skip


def _judgements(made: Jobs, subject: m.Subject, image: Image, edited: Sequence[Edited]) -> None:
    source = subject.image
    for job, picture in edited:
        after = _ref(picture, job.job_id)
        made.add("judge", _judgement("forward", job, source, after), image, picture)
        made.add("judge", _judgement("inverse", job, after, source), picture, image)
    for (first, before), (second, other) in pairwise(edited):
        refs = _ref(before, first.job_id), _ref(other, second.job_id)
        made.add("judge", _judgement("composite", first, *refs, other=second.request), before, other)


def _texts(made: Jobs, subject: m.Subject, image: Image, edited: Sequence[Edited]) -> None:
    for job, picture in edited:
        pair = {"before": subject.image, "after": _ref(picture, job.job_id)}
        made.add("writer", _text(job, "inverse", "inverse", **pair), image, picture)
        for form in FORMS:
            made.add("writer", _text(job, "form", "forward", form=form, **pair), image, picture)
    for (first, before), (second, after) in pairwise(edited):
        pair = {"before": _ref(before, first.job_id), "after": _ref(after, second.job_id)}
        words = {"other": second.request, "inverse": "Take that back."}
        made.add("writer", _text(first, "composite", "composite", **words, **pair), before, after)


def _text(job: m.EditJob, task: Any, kind: ids.TripletKind, **more: Any) -> m.TextJob:
    name = ids.triplet_id(job.request_id, kind)
    return m.TextJob(
        job_id=ids.job_id(name, f"text/{more.get('form', '')}"), policy_id="p", triplet_id=name, subject=job.subject,
        task=task, kind=kind, request=job.request, instruction=job.request.instruction, **more,
    )  # fmt: skip
