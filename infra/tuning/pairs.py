"""What people labelled, found again in a place: each pair as it was judged, what its raters agree on, a note."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from schemas import messages as m
from schemas.errors import Missing
from schemas.ports import Blobs
from streams import labels, records, retractions, shelf
from streams.ahead import ahead
from streams.consensus import Consensus, agreed
from streams.opinions import Opinion
from streams.retractions import Retractions, Target


@dataclass(frozen=True, slots=True)
class Labelled:
    """A pair as the judge was asked of it; `note` is that of the rater who is nearest to what all agree on."""

    pair: str
    job: m.JudgeJob
    agreed: Consensus
    note: str

    @property
    def group(self) -> str:
        """What must stay in one split: the pairs of a source, and of a photograph in however many campaigns."""
        subject = self.job.subject
        return subject.image.sha256 if subject.origin == "photo" else subject.source_id


@dataclass(frozen=True, slots=True)
class Found:
    """The labelled pairs of a place, by name; `unknown` are not there, or there with other pictures than were labelled.

    `taken_back` were retracted, `few` have fewer raters than asked for.
    """

    pairs: Sequence[Labelled]
    unknown: Sequence[str]
    taken_back: int
    few: int


def find(blobs: Blobs, opinions: Sequence[Opinion], raters: int = 1) -> Found:
    """Look the pairs of these opinions up in records and shelf, those that at least so many `raters` labelled.

    Memory: the opinions, and what was judged of their pairs, without pictures.
    """
    panel = agreed(opinions).consensus
    wanted = {pair: one for pair, one in panel.items() if one.raters >= raters}
    said: dict[str, list[Opinion]] = {}
    for one in opinions:
        said.setdefault(one.pair, []).append(one)
    jobs = _recorded(blobs, {pair: said[pair] for pair in wanted})
    jobs |= _shelved(blobs, {pair: said[pair] for pair in wanted if pair not in jobs})
    known = retractions.load(blobs)
    pairs = [
        Labelled(pair, jobs[pair], wanted[pair], _note(said[pair], wanted[pair]))
        for pair in sorted(jobs)
        if known.among(_names(jobs[pair])) is None
    ]
    unknown = sorted(pair for pair in wanted if pair not in jobs and not _is_gone(pair, said[pair], known))
    left = len(wanted) - len(pairs) - len(unknown)
    return Found(pairs, unknown, left, len(panel) - len(wanted))


def _recorded(blobs: Blobs, said: Mapping[str, Sequence[Opinion]]) -> dict[str, m.JudgeJob]:
    """What the verdicts tell of the pairs; where several do, the one that was labelled."""
    found: dict[str, m.JudgeJob] = {}
    for event in records.events(blobs) if said else ():
        if not isinstance(event, m.JudgeVerdict):
            continue
        pair = labels.pair(event.job.triplet_id, event.job.attempt)
        if pair not in said or not _shows(event.job, said[pair]):
            continue
        if pair not in found or any(one.job_id == event.job_id for one in said[pair]):
            found[pair] = event.job
    return found


def _shelved(blobs: Blobs, said: Mapping[str, Sequence[Opinion]]) -> dict[str, m.JudgeJob]:
    """What the shelf tells of pairs whose verdicts are not recorded."""
    found: dict[str, m.JudgeJob] = {}
    for pair, read in ahead(lambda pair: shelf.read(blobs, pair.rpartition("-")[0]), said):
        try:
            triplet = read()
        except Missing:
            continue
        if labels.pair_of(triplet) == pair and triplet.edits and _shows(job := _judged(triplet), said[pair]):
            found[pair] = job
    return found


def _judged(triplet: m.Triplet) -> m.JudgeJob:
    """The job by which a triplet was judged, as far as its record tells; the first edit is the one it starts from."""
    asked = [m.Request(instruction=edit.instruction, operation=edit.operation) for edit in triplet.edits]
    return m.JudgeJob(
        job_id=triplet.triplet_id, policy_id=triplet.policy_id, triplet_id=triplet.triplet_id, subject=triplet.subject,
        kind=triplet.kind, request=asked[0], other=asked[1] if triplet.kind == "composite" else None,
        attempt=labels.attempt_of(triplet), instruction=triplet.instruction, before=triplet.before,
        after=triplet.after,
    )  # fmt: skip


def _shows(job: m.JudgeJob, said: Iterable[Opinion]) -> bool:
    """Whether those are the pictures that were labelled, where the labels tell."""
    return all(
        one.before in {"", job.before.sha256} and one.after in {"", job.after.sha256} for one in said
    )  # fmt: skip


def _names(job: m.JudgeJob) -> list[tuple[Target, str]]:
    """Everything under which a pair can be taken back."""
    pictures = [job.subject.image, job.before, job.after]
    names: list[tuple[Target, str]] = [("triplet", job.triplet_id), ("source", job.subject.source_id)]
    return [*names, *(("sha256", ref.sha256) for ref in pictures)]


def _is_gone(pair: str, said: Iterable[Opinion], known: Retractions) -> bool:
    """Whether a pair that is not there was taken back, by what its labels tell."""
    names: list[tuple[Target, str]] = [("triplet", pair.rpartition("-")[0])]
    return known.among([*names, *(("sha256", name) for one in said for name in (one.before, one.after))]) is not None


def _note(said: Iterable[Opinion], consensus: Consensus) -> str:
    def distance(one: Opinion) -> tuple[float, str]:
        return abs(one.adherence - consensus.adherence) + abs(one.aesthetics - consensus.aesthetics), one.rater

    noted = sorted((one for one in said if one.note.strip()), key=distance)
    return " ".join(noted[0].note.split()) if noted else ""
