"""Ledgers: none waits for what nobody will do, closed ones are done, and what they call for is on the shelf."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Literal

from infra.looking import Queues, kept, quiet
from infra.verify.findings import Findings, Stage
from schemas import codec, ids, topics
from schemas import messages as m
from schemas.errors import Missing, Undecodable, UserError
from schemas.ports import Blobs
from streams import shelf
from streams.rules import facts
from streams.rules.plan import Plan, plan
from streams.rules.policy import Policy

LEDGERS = "ledgers"
AT_ONCE = 256
AGAIN = "give the `nhr mine` command again: it sends what is missing"
ANEW = "restore it from a copy, or have `nhr redecide --to DIR` write a whole shelf from the records"
MEND = f"`nhr verify --mend` sends it again; else {ANEW}"
COPY = "restore nhr.sqlite from a copy"


def check_ledgers(
    queues: Queues, blobs: Blobs, known: Mapping[str, Policy], findings: Findings, mined: bool, fast: bool, stage: Stage
) -> None:
    """Plan every ledger again and compare; while somebody mines, what waits is not held against anyone."""
    idle = not mined and quiet(queues.bus)
    total = queues.ledgers.count("open") + queues.ledgers.count("closed")
    absent: dict[str, str] = {}
    parked = 0
    with stage(LEDGERS) as told:
        for number, (state, name, ledger) in enumerate(_all(queues, findings), 1):
            told(number, total)
            findings.checked[LEDGERS] += 1
            if ledger is None:
                continue
            policy = known.get(ledger.policy_id)
            if policy is None:
                what = f"was opened under policy {ledger.policy_id}, which is not kept"
                findings.bad(LEDGERS, f"ledger {name}", what, "restore that file of policies/ from a copy")
                continue
            planned = plan(ledger, policy)
            parked += state == "open" and bool(planned.parked)
            _state(findings, name, state, planned, idle)
            for triplet in _triplets(ledger, planned):
                _shelved(blobs, triplet, name, fast, findings, absent)
    _absent(queues, blobs, findings, absent)
    if parked:
        findings.notes.append(f"{parked:,} ledgers are parked by failures (`nhr dlq ls`)")
    if not idle and queues.ledgers.count("open"):
        findings.notes.append("work is under way or queued: whether open ledgers are stuck was not checked")


def _all(
    queues: Queues, findings: Findings
) -> Iterator[tuple[Literal["open", "closed"], str, facts.Ledger | None]]:  # fmt: skip
    states: tuple[Literal["open", "closed"], ...] = ("open", "closed")
    for state in states:
        names = iter(queues.ledgers.names(state))
        while chunk := list(islice(names, AT_ONCE)):
            for name, saved in sorted(queues.ledgers.load(chunk).items()):
                try:
                    yield state, name, facts.decode(saved.data)
                except UserError as error:
                    findings.told(LEDGERS, f"ledger {name}: {error}")
                    yield state, name, None


def _state(findings: Findings, name: str, state: str, planned: Plan, idle: bool) -> None:
    where = f"ledger {name}"
    if state == "closed":
        if not planned.closed:
            what = f"is closed, though its plan waits for {len(planned.waiting) + len(planned.parked)} jobs"
            findings.bad(LEDGERS, where, what, COPY)
    elif idle and planned.waiting:
        job = sorted(planned.waiting)[0]
        findings.bad(LEDGERS, where, f"waits for {len(planned.waiting)} jobs ({job}), and every queue is empty", AGAIN)
    elif idle and planned.closed:
        findings.bad(LEDGERS, where, "is open, though its plan waits for nothing", COPY)


def _triplets(ledger: facts.Ledger, planned: Plan) -> Iterator[m.Triplet]:
    """The triplets that the plan calls for; only these of its messages are built."""
    if ledger.source is None:
        return
    source = ledger.source.subject.source_id
    requests = sorted({ids.request_id(source, request.instruction) for request in ledger.source.requests})
    names = [ids.triplet_id(request, kind) for request in requests for kind in ("forward", "inverse")]
    names += [ids.triplet_id(one, "composite", other) for one in requests for other in requests if one != other]
    for name in names:
        build = planned.messages.get(name)
        message = build() if build else None
        if isinstance(message, m.Triplet):
            yield message


def _shelved(
    blobs: Blobs, triplet: m.Triplet, name: str, fast: bool, findings: Findings, absent: dict[str, str]
) -> None:
    key = shelf.triplet_key(triplet.triplet_id)
    try:
        same = blobs.has(key) if fast else blobs.get(key) == shelf.record_bytes(triplet)
    except Missing:
        absent[triplet.triplet_id] = name
        return
    if not same and fast:
        absent[triplet.triplet_id] = name
    elif not same:
        findings.bad(LEDGERS, key, f"is not what ledger {name} calls for", ANEW)


def _absent(queues: Queues, blobs: Blobs, findings: Findings, absent: Mapping[str, str]) -> None:
    """Triplets that were called for long ago: what is still on its way is shelved in time."""
    under_way = set()
    for delivery in kept(queues.bus, topics.TRIPLETS.name, queues.bus.floor(topics.TRIPLETS.name)):
        try:
            under_way.add(codec.decode(topics.TRIPLETS, delivery.value).triplet_id)
        except Undecodable:
            continue
    for triplet_id, name in sorted(absent.items()):
        key = shelf.triplet_key(triplet_id)
        if triplet_id not in under_way and not blobs.has(key):
            findings.bad(LEDGERS, key, f"is missing, though ledger {name} calls for it", MEND)
