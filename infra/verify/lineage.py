"""Lineage: every triplet's attempts, screens and judgements are in the records, and its policy accepts them."""

from collections.abc import Iterator, Mapping, Sequence

from infra.bysource import by_source
from infra.verify.findings import Findings, Stage
from schemas import ids
from schemas import messages as m
from schemas.ports import Blobs
from streams import shelf
from streams.ahead import ahead
from streams.records import Event
from streams.rules.policy import Policy

LINEAGE = "lineages"


def check_lineage(
    blobs: Blobs, known: Mapping[str, Policy], sources: Mapping[str, list[str]], findings: Findings, stage: Stage
) -> None:
    """Look for the lineage of each triplet, by source, in the records."""
    left = dict(sources)
    with stage("lineages") as told:
        of_triplets = (
            (triplet_id, events)
            for source_id, events in by_source(blobs, progress=told)
            for triplet_id in left.pop(source_id, ())
        )
        for (triplet_id, events), read in ahead(lambda one: shelf.read(blobs, one[0]), of_triplets):
            findings.checked[LINEAGE] += 1
            triplet = read()
            for wrong in broken(triplet, events, known.get(triplet.policy_id)):
                _bad(findings, triplet_id, wrong)
    for source_id, triplets in sorted(left.items()):
        for triplet_id in triplets:
            findings.checked[LINEAGE] += 1
            _bad(findings, triplet_id, f"comes from source {source_id}, of which the records tell nothing")


def _bad(findings: Findings, triplet_id: str, wrong: str) -> None:
    key = shelf.triplet_key(triplet_id)
    findings.bad(LINEAGE, key, wrong, f"restore the records from a copy, or `nhr retract {triplet_id[:12]}`")


def broken(triplet: m.Triplet, events: Sequence[Event], policy: Policy | None) -> Iterator[str]:
    """What the records of its source lack, or tell otherwise, of a triplet; without a policy, bars are passed over."""
    if not any(isinstance(event, m.GateVerdict) and event.yes for event in events):
        yield "comes from a source that no gate let through"
    screens = [event for event in events if isinstance(event, m.ScreenVerdict)]
    verdicts = [event for event in events if isinstance(event, m.JudgeVerdict)]
    for edit in triplet.edits:
        yield from _edit(edit, screens, verdicts, policy)
    own = [one for one in verdicts if one.job.triplet_id == triplet.triplet_id and _scores(one) == triplet.scores]
    if not any(one.by == triplet.judge and one.job.instruction == triplet.instruction for one in own):
        yield f"has scores by {triplet.judge} that the records do not tell"
    elif policy and not policy.accepts(triplet.scores, triplet.operation, triplet.judge):
        yield f"has scores below the bars of its policy {policy.name}"
    if triplet.kind == "forward" and triplet.checked == "inverse":
        inverse = ids.triplet_id(triplet.edits[0].request_id, "inverse")
        back = [one for one in verdicts if one.job.triplet_id == inverse]
        if not back:
            yield "was checked by its inverse, of which the records tell no judgement"
        elif policy and all(policy.backward_fails(_scores(one)) for one in back):
            yield "has an inverse that fails the backward check"


def _edit(
    edit: m.Edit, screens: Sequence[m.ScreenVerdict], verdicts: Sequence[m.JudgeVerdict], policy: Policy | None
) -> Iterator[str]:
    """The attempt that won: screened, not turned down, and accepted by the judge."""
    name = f"attempt {edit.attempt} at request {edit.request_id}"
    looks = [one for one in screens if _is(edit, one.job.job.request_id, one.job.job.attempt, one.job.image)]
    if not looks:
        yield f"rests on {name}, of which the records tell no screening"
    elif policy and all(policy.missed(one.measures, edit.operation) for one in looks):
        yield f"rests on {name}, which a screen turned down"
    forward = ids.triplet_id(edit.request_id, "forward")
    judged = [
        one for one in verdicts
        if one.job.triplet_id == forward and _is(edit, edit.request_id, one.job.attempt, one.job.after)
    ]  # fmt: skip
    if not judged:
        yield f"rests on {name}, of which the records tell no judgement"
    elif policy and not any(policy.accepts(_scores(one), edit.operation, one.by) for one in judged):
        yield f"rests on {name}, which the judge did not accept"


def _is(edit: m.Edit, request_id: str, attempt: int, image: m.ImageRef) -> bool:
    return (request_id, attempt, image.sha256) == (edit.request_id, edit.attempt, edit.image_sha256)


def _scores(verdict: m.JudgeVerdict) -> m.Scores:
    return m.Scores(
        adherence=verdict.adherence, aesthetics=verdict.aesthetics, preservation=verdict.preservation
    )  # fmt: skip
