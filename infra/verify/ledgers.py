"""Ledgers: none waits for what nobody will do, closed ones are done, and what they call for is on the shelf."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Literal, Self

from infra.looking import Calm, Queues, kept
from infra.verify.findings import Findings, Stage
from schemas import codec, ids, topics
from schemas import messages as m
from schemas.errors import Missing, Undecodable, UserError
from schemas.ports import Blobs
from streams import shelf
from streams.ahead import ahead
from streams.rules import facts
from streams.rules.plan import Plan, plan
from streams.rules.policy import Policy

LEDGERS = "ledgers"
AT_ONCE = 256
ANEW = "restore it from a copy, or have `nhr redecide --to DIR` write a whole shelf from the records"
MEND = f"`nhr verify --mend` sends it again; else {ANEW}"

State = Literal["open", "closed"]


@dataclass(frozen=True)
class Remedies:
    """What to do about a job that nobody does, and about a ledger that is wrong."""

    again: str
    copy: str

    @classmethod
    def of_folder(cls) -> Self:
        """In a data folder."""
        return cls("give the `nhr mine` command again: it sends what is missing", "restore nhr.sqlite from a copy")

    @classmethod
    def of_cluster(cls) -> Self:
        """In a cluster."""
        return cls("`nhr verify --mend` sends it again", "restore that document of ledgers/ from a copy")


def check_ledgers(
    queues: Queues, blobs: Blobs, known: Mapping[str, Policy], findings: Findings, remedies: Remedies, fast: bool,
    stage: Stage,
) -> None:  # fmt: skip
    """Plan every ledger again and compare; while anything is under way, what waits is not held against anyone."""
    calm, walk = Calm(queues.bus), _Walk(queues, known, findings)
    absent: dict[str, str] = {}
    with stage(LEDGERS) as told:
        for (name, triplet), read in ahead(lambda one: _kept_as(blobs, one[1], fast), walk.triplets(told)):
            same = read()
            if same is None:
                absent[triplet.triplet_id] = name
            elif not same:
                key = shelf.triplet_key(triplet.triplet_id)
                findings.bad(LEDGERS, key, f"is not what ledger {name} calls for", ANEW)
    _absent(queues, blobs, findings, absent)
    still = calm.lasted()
    _suspected(queues, known, findings, remedies, walk.closed, "closed")
    if still:
        _suspected(queues, known, findings, remedies, walk.open, "open")
    if walk.parked:
        findings.notes.append(f"{walk.parked:,} ledgers are parked by failures (`nhr dlq ls`)")
    if not still and queues.ledgers.count("open"):
        findings.notes.append("work is under way or queued: whether open ledgers are stuck was not checked")


@dataclass
class _Walk:
    """Goes through all ledgers; `open` and `closed` are those whose state may not be what their plan says."""

    queues: Queues
    known: Mapping[str, Policy]
    findings: Findings
    open: list[str] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)
    parked: int = 0

    def triplets(self, told: Callable[[int, int], None]) -> Iterator[tuple[str, m.Triplet]]:
        """Each ledger's name with each triplet that it calls for."""
        total = self.queues.ledgers.count("open") + self.queues.ledgers.count("closed")
        for number, (state, name, ledger) in enumerate(_all(self.queues, self.findings), 1):
            told(number, max(number, total))
            self.findings.checked[LEDGERS] += 1
            policy = self.known.get(ledger.policy_id) if ledger else None
            if ledger is None:
                continue
            if policy is None:
                what = f"was opened under policy {ledger.policy_id}, which is not kept"
                self.findings.bad(LEDGERS, f"ledger {name}", what, "restore that file of policies/ from a copy")
                continue
            planned = plan(ledger, policy)
            self.parked += state == "open" and bool(planned.parked)
            if state == "closed" and not planned.closed:
                self.closed.append(name)
            elif state == "open" and (planned.waiting or planned.closed):
                self.open.append(name)
            for triplet in _triplets(ledger, planned):
                yield name, triplet


def _all(queues: Queues, findings: Findings) -> Iterator[tuple[State, str, facts.Ledger | None]]:
    states: tuple[State, ...] = ("open", "closed")
    for state in states:
        names = iter(queues.ledgers.names(state))
        while chunk := list(islice(names, AT_ONCE)):
            for name, saved in sorted(queues.ledgers.load(chunk).items()):
                try:
                    yield state, name, facts.decode(saved.data)
                except UserError as error:
                    findings.told(LEDGERS, f"ledger {name}: {error}")
                    yield state, name, None


def _suspected(
    queues: Queues, known: Mapping[str, Policy], findings: Findings, remedies: Remedies, names: Sequence[str],
    state: State,
) -> None:  # fmt: skip
    """Look again at ledgers whose state seemed wrong: in a cluster a listing may be older than they are, or newer."""
    before = set(queues.ledgers.names("open")) if names else set()
    planned = dict(_planned(queues, known, names))
    after = set(queues.ledgers.names("open")) if planned else set()
    for name, found in planned.items():
        where = f"ledger {name}"
        if state == "closed":
            if not found.closed and name not in before | after:
                what = f"is closed, though its plan waits for {len(found.waiting) + len(found.parked)} jobs"
                findings.bad(LEDGERS, where, what, remedies.copy)
        elif found.waiting:
            job, count = min(found.waiting), len(found.waiting)
            findings.bad(LEDGERS, where, f"waits for {count} jobs ({job}), and every queue is empty", remedies.again)
        elif found.closed and name in after:
            findings.bad(LEDGERS, where, "is open, though its plan waits for nothing", remedies.copy)


def _planned(queues: Queues, known: Mapping[str, Policy], names: Sequence[str]) -> Iterator[tuple[str, Plan]]:
    left = iter(names)
    while chunk := list(islice(left, AT_ONCE)):
        for name, saved in queues.ledgers.load(chunk).items():
            ledger = facts.decode(saved.data)
            yield name, plan(ledger, known[ledger.policy_id])


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


def _kept_as(blobs: Blobs, triplet: m.Triplet, fast: bool) -> bool | None:
    """Whether the shelf's record is the triplet's; with `fast`, whether there is one. None where there is none."""
    key = shelf.triplet_key(triplet.triplet_id)
    if fast:
        return blobs.has(key) or None
    try:
        return blobs.get(key) == shelf.record_bytes(triplet)
    except Missing:
        return None


def _absent(queues: Queues, blobs: Blobs, findings: Findings, absent: Mapping[str, str]) -> None:
    """Triplets that were called for long ago: what is still on its way is shelved in time."""
    under_way = set()
    name = topics.TRIPLETS.name
    for delivery in kept(queues.bus, name, queues.bus.floors(name)) if absent else ():
        try:
            under_way.add(codec.decode(topics.TRIPLETS, delivery.value).triplet_id)
        except Undecodable:
            continue
    for triplet_id, ledger in sorted(absent.items()):
        key = shelf.triplet_key(triplet_id)
        if triplet_id not in under_way and not blobs.has(key):
            findings.bad(LEDGERS, key, f"is missing, though ledger {ledger} calls for it", MEND)
