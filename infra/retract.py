"""Taking back: what a retraction or a blocklist covers on the shelf, and what rests on the same edits and stays."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from infra import images
from infra.blocklist import Blocklist
from schemas import ids
from schemas.errors import Missing, Reject
from schemas.messages import ImageRef, Subject, Triplet
from schemas.ports import Blobs
from streams import retractions, shelf
from streams.retractions import Retraction, Target

Progress = Callable[[int, int], None]
"""Told (records read, records in all)."""


@dataclass
class Taking:
    """What is to be kept as retractions, and the triplets it takes back by kind; `before`: taken back already.

    `related` counts triplets that rest on the same edits as a single one that was named, and that stay.
    """

    kept: list[Retraction]
    taken: Counter[str] = field(default_factory=Counter)
    before: int = 0
    related: Counter[str] = field(default_factory=Counter)


def survey(
    blobs: Blobs, wanted: Retraction, base: Triplet | None, with_derived: bool, progress: Progress | None = None
) -> Taking:
    """What retracting `wanted` does; `base` is the triplet where it names one, `with_derived` takes its kin as well.

    Derived triplets are taken one by one, by their ids.
    """
    taking = Taking([wanted])
    known, name = retractions.load(blobs), (wanted.target, wanted.value)
    edits = {edit.request_id for edit in base.edits} if base else set()
    total = sum(1 for _ in blobs.list(shelf.TRIPLETS)) if progress else 0
    for number, triplet in enumerate(shelf.all_triplets(blobs), 1):
        if progress:
            progress(number, total)
        covered = name in retractions.names_of(triplet)
        if not covered and not any(edit.request_id in edits for edit in triplet.edits):
            continue
        if known.of(triplet):
            taking.before += covered
        elif covered:
            taking.taken[triplet.kind] += 1
        elif with_derived:
            taking.kept.append(wanted.model_copy(update={"target": "triplet", "value": triplet.triplet_id}))
            taking.taken[triplet.kind] += 1
        else:
            taking.related[triplet.kind] += 1
    return taking


def listed(blobs: Blobs, blocklist: Blocklist, reason: str, now: float, progress: Progress | None = None) -> Taking:
    """What taking back all that the list names does; each retraction's reason is `reason` and the entry.

    A photograph, its author or its caption takes back every triplet of its source; a picture, all that name it; the
    words of an instruction, the triplet alone.
    """
    known, taking, names = retractions.load(blobs), Taking([]), set[tuple[Target, str]]()
    look = _Looking(blobs, blocklist)
    total = sum(1 for _ in blobs.list(shelf.TRIPLETS)) if progress else 0
    for number, triplet in enumerate(shelf.all_triplets(blobs), 1):
        if progress:
            progress(number, total)
        found = next(look.at(triplet), None)
        if found is not None and known.of(triplet):
            taking.before += 1
        elif found is not None:
            taking.taken[triplet.kind] += 1
            target, value, entry = found
            if (target, value) not in names:
                names.add((target, value))
                taking.kept.append(Retraction(target=target, value=value, reason=f"{reason}: {entry}", at=now))
    return taking


class _Looking:
    """Looks for what of a triplet a list names."""

    def __init__(self, blobs: Blobs, blocklist: Blocklist) -> None:
        self._blobs, self._blocklist = blobs, blocklist
        self._files: dict[str, dict[str, str]] = {}

    def at(self, triplet: Triplet) -> Iterator[tuple[Target, str, str]]:
        """What is to be taken back, its value and the entry; the widest first, the dearest to find last."""
        subject, blocked = triplet.subject, self._blocklist
        entries = (
            self._file(subject), blocked.maker(subject.author, subject.web or ""),
            blocked.text(subject.text, subject.style),
        )  # fmt: skip
        yield from (("source", subject.source_id, entry) for entry in entries if entry)
        pictures = {ref.sha256: ref for ref in (subject.image, triplet.before, triplet.after)}
        yield from (("sha256", one, entry) for one in pictures if (entry := blocked.digest(one)))
        if entry := blocked.text(triplet.instruction, *triplet.texts.values()):
            yield "triplet", triplet.triplet_id, entry
        if blocked.hashes:
            yield from (("sha256", one, entry) for one, ref in pictures.items() if (entry := self._like(ref)))

    def _file(self, subject: Subject) -> str:
        """The SHA-256 of the file that the photograph was, by which its source is named."""
        if subject.origin != "photo" or not self._blocklist.sha256:
            return ""
        if subject.campaign not in self._files:
            self._files[subject.campaign] = {
                ids.photo_source_id(subject.campaign, one): f"sha256 {one}" for one in self._blocklist.sha256
            }
        return self._files[subject.campaign].get(subject.source_id, "")

    def _like(self, ref: ImageRef) -> str:
        """The entry that a picture on the shelf looks like; "" where it looks like none, or cannot be read."""
        try:
            return self._blocklist.picture(images.decode(self._blobs.get(shelf.image_key(ref))).pixels)
        except (Missing, Reject):  # `nhr verify` tells of it
            return ""


def covered(
    blobs: Blobs, known: Sequence[Retraction], progress: Progress | None = None
) -> dict[tuple[Target, str], int]:
    """How many triplets on the shelf each retraction names."""
    counts: dict[tuple[Target, str], int] = {(one.target, one.value): 0 for one in known}
    total = sum(1 for _ in blobs.list(shelf.TRIPLETS)) if progress else 0
    for number, triplet in enumerate(shelf.all_triplets(blobs), 1):
        for name in {*retractions.names_of(triplet)} & counts.keys():
            counts[name] += 1
        if progress:
            progress(number, total)
    return counts
