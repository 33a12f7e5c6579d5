"""A store in a dict and makers of messages, for everything that reads what was mined."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from infra.blobs.memory import MemoryBlobs
from schemas import codec, ids, topics
from schemas import messages as m
from schemas.ids import TripletKind
from schemas.ports import Blobs, Delivery
from streams import records, shelf
from streams.records import Event

CAMPAIGN = "harbour"
POLICY = "p" * 32
FORMATS: dict[str, Literal["webp", "png"]] = {"webp": "webp", "png": "png"}


class Bars:
    """Soft bar "vlm.aesthetic" and pixel bar "pixels.largest" at 0.5, both scores at 4.7."""

    name = "test"

    def screen_lost(self, verdict: m.ScreenVerdict) -> str | None:
        for name in ("vlm.aesthetic", "pixels.largest"):
            if verdict.measures.get(name, 1.0) < 0.5:
                return name
        return None

    def accepts(self, scores: m.Scores, operation: str, judge: str) -> bool:
        return min(scores.adherence, scores.aesthetics) >= 4.7


def ref(data: bytes, width: int = 64, height: int = 48, kind: str = "webp") -> m.ImageRef:
    sha = hashlib.sha256(data).hexdigest()
    return m.ImageRef(key=f"scratch/{sha}", sha256=sha, width=width, height=height, format=FORMATS[kind])


def subject(name: str = "s1", campaign: str = CAMPAIGN, style: str = "watercolour", text: str = "a boat") -> m.Subject:
    return m.Subject(
        campaign=campaign, source_id=ids.digest(name), prompt_id=f"prompt of {name}", text=text, style=style, seed=7,
        image=ref(name.encode()), made_by="drawer@000000000000",
    )  # fmt: skip


def request(instruction: str = "remove the red ball", operation: str = "remove") -> m.Request:
    return m.Request(instruction=instruction, operation=operation)


def edit_job(of: m.Subject, asked: m.Request, attempt: int = 0) -> m.EditJob:
    request_id = ids.request_id(of.source_id, asked.instruction)
    return m.EditJob(
        job_id=ids.job_id(request_id, "edit", attempt, POLICY), policy_id=POLICY, subject=of, request=asked,
        request_id=request_id, attempt=attempt, seed=ids.attempt_seed(request_id, attempt),
    )  # fmt: skip


def gate(of: m.Subject, yes: bool = True, reason: str = "", measures: Mapping[str, float] | None = None) -> Event:
    source = m.Source(subject=of, requests=(request(),))
    return m.GateVerdict(
        job=source, job_id=source.job_id, yes=yes, reason=reason, measures=measures or {}, by="looker@1",
        meter=m.Meter(seconds=0.5, tokens_in=100, tokens_out=2, cost_usd=0.001),
    )  # fmt: skip


def screen(
    of: m.Subject,
    asked: m.Request,
    attempt: int = 0,
    measures: Mapping[str, float] | None = None,
    image: m.ImageRef | None = None,
) -> Event:
    job = edit_job(of, asked, attempt)
    made = image or ref(f"{job.job_id} edited".encode())
    candidate = m.Candidate(job=job, image=made, made_by="painter@000000000000")
    return m.ScreenVerdict(
        job=candidate, job_id=candidate.job_id, measures=measures or {}, by="pixels@1", meter=m.Meter(seconds=0.25)
    )


def judge(
    of: m.Subject,
    asked: m.Request,
    scores: tuple[float, float],
    attempt: int = 0,
    kind: TripletKind = "forward",
    reason: str = "",
    measures: Mapping[str, float] | None = None,
    image: m.ImageRef | None = None,
    other: m.Request | None = None,
    instruction: str = "",
) -> Event:
    request_id = ids.request_id(of.source_id, asked.instruction)
    second = ids.request_id(of.source_id, other.instruction) if other else ""
    edited = image or ref(f"{edit_job(of, asked, attempt).job_id} edited".encode())
    name = ids.triplet_id(request_id, kind, second)
    scope = request_id if kind == "forward" else name
    job = m.JudgeJob(
        job_id=ids.job_id(scope, "judge", attempt, POLICY), policy_id=POLICY, triplet_id=name, subject=of, kind=kind,
        request=asked, other=other, attempt=attempt, instruction=instruction or asked.instruction,
        before=edited if kind == "inverse" else of.image, after=of.image if kind == "inverse" else edited,
    )  # fmt: skip
    return m.JudgeVerdict(
        job=job, job_id=job.job_id, adherence=scores[0], aesthetics=scores[1], reason=reason, measures=measures or {},
        by="critic@1", meter=m.Meter(seconds=1.0, tokens_in=1000, tokens_out=20, cost_usd=0.01),
    )  # fmt: skip


def failure(of: m.Subject, stage: ids.Stage = "edit", reason: str = "the editor refused") -> Event:
    return m.Failure(
        job_id=ids.digest(of.source_id, stage, reason), stage=stage, campaign=of.campaign, source_id=of.source_id,
        reason=reason,
    )  # fmt: skip


def edit(of: m.Subject, asked: m.Request, image: m.ImageRef, attempt: int = 0) -> m.Edit:
    job = edit_job(of, asked, attempt)
    return m.Edit(
        request_id=job.request_id, instruction=asked.instruction, operation=asked.operation, attempt=attempt,
        seed=job.seed, editor="painter@000000000000", image_sha256=image.sha256, measures={"vlm.aesthetic": 0.9},
    )  # fmt: skip


def triplet(
    of: m.Subject,
    asked: m.Request,
    image: m.ImageRef | None = None,
    kind: TripletKind = "forward",
    instruction: str = "",
    operation: str = "",
    scores: tuple[float, float] = (4.9, 4.8),
    attempt: int = 0,
    second: tuple[m.Request, m.ImageRef] | None = None,
    texts: Mapping[str, str] | None = None,
) -> m.Triplet:
    """A triplet; a composite goes from the edit `asked` to the `second` one."""
    edited = image or ref(f"{edit_job(of, asked, attempt).job_id} edited".encode())
    edits = [edit(of, asked, edited, attempt)] + ([edit(of, *second, attempt)] if second else [])
    other = edits[1].request_id if second else ""
    before = of.image if kind == "forward" else edited
    after = second[1] if second else (of.image if kind == "inverse" else edited)
    return m.Triplet(
        triplet_id=ids.triplet_id(edits[0].request_id, kind, other), kind=kind, policy_id=POLICY, subject=of,
        instruction=instruction or asked.instruction, operation=operation or asked.operation, texts=texts or {},
        before=before, after=after, scores=m.Scores(adherence=scores[0], aesthetics=scores[1]),
        checked="inverse" if kind != "forward" else "none", edits=tuple(edits), judge="critic@1",
        writer="" if kind == "forward" else "scribe@1",
    )  # fmt: skip


def delivered(events: Sequence[Event], partition: int = 0, first: int = 0) -> list[Delivery]:
    return [
        Delivery(topics.VERDICTS.name, partition, first + number, "", codec.encode(event), {})
        for number, event in enumerate(events)
    ]


def record(blobs: MemoryBlobs, deliveries: Sequence[Delivery]) -> None:
    offsets = [delivery.offset for delivery in deliveries]
    key = records.segment_key(deliveries[0].partition, min(offsets), max(offsets))
    assert blobs.put(key, records.segment(deliveries))


def put_on_shelf(blobs: Blobs, *kept: m.Triplet, data: Mapping[str, bytes] | None = None) -> None:
    """Shelve the triplets; `data` gives the bytes of images by SHA-256, where they are to be real ones."""
    for one in kept:
        for ref_ in (one.subject.image, one.before, one.after):
            blobs.put(shelf.image_key(ref_), (data or {}).get(ref_.sha256, b"image"))
        blobs.put(shelf.triplet_key(one.triplet_id), shelf.record_bytes(one))


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
