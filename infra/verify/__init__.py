"""`nhr verify`: everything that is kept is whole, and comes from where it says it comes from."""

from collections.abc import Mapping
from contextlib import ExitStack

from infra.looking import Queues, kept, looked_into
from infra.place import Place
from infra.settings import Settings
from infra.verify.findings import Findings, Stage, silent
from infra.verify.ledgers import Remedies, check_ledgers
from infra.verify.lineage import check_lineage
from infra.verify.opinions import check_opinions
from infra.verify.packed import check_packed
from infra.verify.pictures import Pictures
from infra.verify.policies import check_notes, check_policies
from infra.verify.segments import check_segments
from infra.verify.shelf import check_shelf
from schemas import codec, topics
from schemas.errors import Undecodable, UserError
from streams import records
from streams.rules.policy import Policy

NO_DATABASE = "no queues and ledgers here (nhr.sqlite): what was planned was not checked"
NO_KAFKA = "NHR_KAFKA is not set: ledgers, and whether all events were recorded, were not checked"
UNCERTAIN = "events may be on their way to the records: where triplets come from was not checked"


def verify(place: Place, settings: Settings, fast: bool = False, stage: Stage = silent) -> Findings:
    """Check a place as far as it goes; others may mine there meanwhile. `fast` reads no pictures and shards."""
    findings, blobs = Findings(), place.blobs
    known = check_policies(blobs, findings)
    check_notes(blobs, findings)
    check_opinions(blobs, findings)
    freed = "`nhr gc` frees them" if place.folder else "they do no harm"
    with Pictures(blobs, findings, fast, freed) as pictures:
        sources = check_shelf(blobs, known, pictures, findings, stage)
        pictures.check_recorded(stage)
    check_packed(blobs, findings, fast, stage)
    with ExitStack() as stack:
        queues = _queues(place, settings, findings, stack)
        try:
            _records(place, known, sources, queues, findings, stage)
            if queues is not None:
                remedies = Remedies.of_folder() if place.folder else Remedies.of_cluster()
                check_ledgers(queues, blobs, known, findings, remedies, fast, stage)
        except UserError as error:
            findings.told("ledgers", str(error))
    return findings


def _queues(place: Place, settings: Settings, findings: Findings, stack: ExitStack) -> Queues | None:
    """The place's queues, open as long as `stack`; None where there are none, or none that can be read."""
    try:
        queues = stack.enter_context(looked_into(place.folder, settings))
    except UserError as error:
        findings.told("ledgers", str(error))
        return None
    if queues is None:
        findings.notes.append(NO_DATABASE if place.folder else NO_KAFKA)
    return queues


def _records(
    place: Place, known: Mapping[str, Policy], sources: dict[str, list[str]], queues: Queues | None,
    findings: Findings, stage: Stage,
) -> None:  # fmt: skip
    """Segments, and the lineage that they tell; sources whose events are not all recorded yet are passed over."""
    blobs = place.blobs
    under_way = _unrecorded(queues) if queues else set()
    if next(blobs.list(records.VERDICTS), None) is None and not queues:
        findings.notes.append("no records here: where triplets come from was not checked")
        return
    if not check_segments(blobs, queues, findings, stage):
        findings.notes.append("segments cannot be read: where triplets come from was not checked")
        return
    if queues is None and place.folder is None:
        findings.notes.append(UNCERTAIN)
        return
    passed = [source_id for source_id in sources if source_id in under_way]
    if passed:
        findings.notes.append(f"{len(passed):,} sources have events not yet recorded: passed over")
    settled = {source_id: triplets for source_id, triplets in sources.items() if source_id not in under_way}
    check_lineage(blobs, known, settled, findings, stage)


def _unrecorded(queues: Queues) -> set[str]:
    """Sources of the events that the recorder has yet to take."""
    found: set[str] = set()
    name = topics.VERDICTS.name
    for delivery in kept(queues.bus, name, queues.bus.floors(name, "recorder")):
        try:
            found.add(topics.VERDICTS.key(codec.decode(topics.VERDICTS, delivery.value)))
        except Undecodable:
            continue
    return found
