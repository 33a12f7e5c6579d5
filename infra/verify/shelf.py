"""The shelf's records: readable, canonical, under their own key, named by what was asked, of known policies."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping

from infra.verify.findings import Findings, Stage
from infra.verify.pictures import Pictures
from schemas import ids
from schemas.errors import UserError
from schemas.messages import Triplet
from schemas.ports import Blobs
from streams import policies, shelf
from streams.ahead import ahead
from streams.rules.policy import Policy

TRIPLETS = "triplets"
RESTORE = "restore it from a copy or delete it"


def check_shelf(
    blobs: Blobs, known: Mapping[str, Policy], pictures: Pictures, findings: Findings, stage: Stage
) -> dict[str, list[str]]:
    """Check every record and the pictures it names; gives the triplets by source, for their lineage."""
    total = sum(1 for _ in blobs.list(shelf.TRIPLETS))
    sources: dict[str, list[str]] = {}
    decided: Counter[str] = Counter()
    with stage("triplets") as told:
        for number, (key, read) in enumerate(ahead(blobs.get, blobs.list(shelf.TRIPLETS)), 1):
            told(number, total)
            triplet = _record(blobs, key, read, findings)
            if triplet is None:
                continue
            decided[triplet.policy_id] += 1
            sources.setdefault(triplet.subject.source_id, []).append(triplet.triplet_id)
            for ref in (triplet.subject.image, triplet.before, triplet.after):
                pictures.named(ref, triplet.triplet_id)
        pictures.finish()
    _decided(decided, known, findings)
    return sources


def _record(blobs: Blobs, key: str, read: Callable[[], bytes], findings: Findings) -> Triplet | None:
    """The triplet of a record whose lineage can be looked for; None for one that is unreadable or misplaced."""
    findings.checked[TRIPLETS] += 1
    try:
        data = read()
        triplet = shelf.parse(key, data)
    except UserError as error:
        blobs.has(key)  # raises where all of the store is away
        findings.told(TRIPLETS, str(error))
        return None
    place = shelf.triplet_key(triplet.triplet_id)
    if place != key:
        findings.bad(TRIPLETS, key, f"holds triplet {triplet.triplet_id}", f"its place is {place}: move it there")
        return None
    if shelf.record_bytes(triplet) != data:
        findings.bad(TRIPLETS, key, "is not written as records are (it was changed)", RESTORE)
    for wrong in misnamed(triplet):
        findings.bad(TRIPLETS, key, wrong, RESTORE)
    return triplet


def misnamed(triplet: Triplet) -> Iterator[str]:
    """What in a record does not follow from what was asked."""
    requests = [edit.request_id for edit in triplet.edits]
    if len(requests) != (2 if triplet.kind == "composite" else 1):
        yield f"is {triplet.kind} and has {len(requests)} edits"
        return
    if ids.triplet_id(requests[0], triplet.kind, *requests[1:]) != triplet.triplet_id:
        yield "has an id that is not made from its requests"
    for edit in triplet.edits:
        if ids.request_id(triplet.subject.source_id, edit.instruction) != edit.request_id:
            yield f"has a request {edit.request_id} that is not made from its source and instruction"
        if ids.attempt_seed(edit.request_id, edit.attempt) != edit.seed:
            yield f"has a seed {edit.seed} that is not that of its attempt"
    source, edited = triplet.subject.image.sha256, [edit.image_sha256 for edit in triplet.edits]
    ways = {"forward": (source, edited[0]), "inverse": (edited[0], source), "composite": (edited[0], edited[-1])}
    if (triplet.before.sha256, triplet.after.sha256) != ways[triplet.kind]:
        yield "goes between other pictures than its edits made"


def _decided(decided: Mapping[str, int], known: Mapping[str, Policy], findings: Findings) -> None:
    if decided and not known:
        findings.notes.append("no policies here: whether triplets were accepted rightly was not checked")
        return
    for policy_id in sorted(set(decided) - set(known)):
        count = f"is missing, and {decided[policy_id]:,} triplets were decided by it"
        findings.bad("policies", policies.policy_key(policy_id), count, "restore it from a copy")
