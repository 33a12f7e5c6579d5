"""What `nhr verify` makes of what only a cluster has: late listings, damaged bodies, work that never rests."""

from collections.abc import Iterator, Sequence
from typing import Literal

import pytest

from infra.blobs.memory import MemoryBlobs
from infra.bus.memory import MemoryBus
from infra.ledgers.memory import MemoryLedgers
from infra.looking import Calm, Queues
from infra.mend import Sent, send_again
from infra.verify.findings import Findings, silent
from infra.verify.ledgers import Remedies, check_ledgers
from infra.verify.pictures import Pictures
from infra.verify.shelf import check_shelf
from schemas import codec, topics
from schemas import messages as m
from schemas.errors import UserError
from schemas.ports import Change, Saved
from streams import shelf
from streams.policies import Policies
from streams.rules import facts
from tests.contract.clocks import FakeClock
from tests.unit.rules.telling import SOURCE_ID, Story, of, policy

DECIDED = policy()


@pytest.fixture
def blobs() -> MemoryBlobs:
    found = MemoryBlobs()
    Policies(found).keep(DECIDED)
    return found


def queues(ledgers: MemoryLedgers | None = None) -> Queues:
    return Queues(MemoryBus(FakeClock()), ledgers or MemoryLedgers(), MemoryLedgers())


def saved(found: Queues, story: Story, closed: bool | None = None) -> None:
    data = facts.encode(story.ledger)
    found.ledgers.save([Change(SOURCE_ID, data, 0, story.plan.closed if closed is None else closed)])


def done(bus: MemoryBus, message: m.Message) -> None:
    """The message was sent, and its groups have done with it."""
    topic = topics.HOME[type(message)]
    bus.publish([codec.outgoing(message)])
    for group in topic.groups:
        member = bus.subscribe(topic.name, group)
        member.ack(member.poll(100, 0.0))


def lines(found: Queues, blobs: MemoryBlobs) -> list[str]:
    findings = Findings()
    check_ledgers(found, blobs, {DECIDED.policy_id: DECIDED}, findings, Remedies.of_cluster(), False, silent)
    return [problem.line for problem in findings.problems]


# --- ledgers ----------------------------------------------------------------------------------------------------------


class LateLedgers(MemoryLedgers):
    """As on S3 a closed document may be listed as open until it is loaded, and a new one as closed."""

    def __init__(self, late: Literal["open", "closed"]) -> None:
        super().__init__()
        self.late: str = late

    def load(self, names: Sequence[str]) -> dict[str, Saved]:
        self.late = ""
        return super().load(names)

    def names(self, state: Literal["open", "closed"]) -> Iterator[str]:
        if not self.late:
            return super().names(state)
        every = sorted([*super().names("open"), *super().names("closed")])
        return iter(every if state == self.late else [])


def lost() -> Story:
    """A story of one attempt that was lost: it is closed."""
    story = Story(DECIDED)
    (job,) = of(m.EditJob, story.gate())
    story.lose(job)
    assert story.plan.closed
    return story


def waiting() -> Story:
    story = Story(DECIDED)
    story.gate()
    return story


def test_a_closed_ledger_that_a_listing_still_shows_as_open_is_no_problem(blobs: MemoryBlobs) -> None:
    found = queues(LateLedgers("open"))
    saved(found, lost())
    assert lines(found, blobs) == []


def test_a_new_ledger_that_a_listing_shows_as_closed_is_no_problem(blobs: MemoryBlobs) -> None:
    found = queues(LateLedgers("closed"))
    found.bus.publish([codec.outgoing(Story(DECIDED).source)])  # something is under way
    found.bus.subscribe(topics.SOURCES.name, "gate")
    saved(found, waiting())
    assert lines(found, blobs) == []


def test_ledgers_whose_state_is_wrong_are_told(blobs: MemoryBlobs) -> None:
    found = queues()
    saved(found, waiting(), closed=True)
    assert "is closed, though its plan waits for 1 jobs; restore that document of ledgers/" in lines(found, blobs)[0]
    found = queues()
    saved(found, lost(), closed=False)
    assert "is open, though its plan waits for nothing; " in lines(found, blobs)[0]


def test_a_stuck_ledger_is_told_only_where_nothing_was_under_way(blobs: MemoryBlobs) -> None:
    found = queues()
    saved(found, waiting())
    (line,) = lines(found, blobs)
    assert "and every queue is empty; `nhr verify --mend` sends it again" in line
    found.bus.subscribe(topics.SOURCES.name, "gate")
    found.bus.publish([codec.outgoing(Story(DECIDED).source)])
    assert lines(found, blobs) == []


def test_it_was_calm_only_where_nothing_was_queued_or_sent() -> None:
    bus, source = MemoryBus(FakeClock()), Story(DECIDED).source
    calm = Calm(bus)
    assert calm.lasted()
    done(bus, source)  # it came and went between two looks at the queues
    assert not calm.lasted()
    assert Calm(bus).lasted()
    bus.publish([codec.outgoing(source)])
    assert not Calm(bus).lasted()


# --- what the store cannot give ---------------------------------------------------------------------------------------


class Damaged(MemoryBlobs):
    """One object never comes whole; or the server is away."""

    def __init__(self) -> None:
        super().__init__()
        self.damaged = ""
        self.away = False

    def get(self, key: str) -> bytes:
        if key == self.damaged or self.away:
            raise UserError(f"S3 gave no answer to GET {key} in 30 s (a damaged body)", "see that it runs")
        return super().get(key)

    def has(self, key: str) -> bool:
        if self.away:
            raise UserError("S3 is away", "start it")
        return super().has(key)


def checked(blobs: MemoryBlobs, findings: Findings) -> None:
    with Pictures(blobs, findings, False, "they do no harm") as pictures:
        check_shelf(blobs, {}, pictures, findings, silent)


def shelved(blobs: MemoryBlobs) -> tuple[str, str]:
    """A triplet on the shelf; the keys of its record and of its source's picture."""
    story = Story(DECIDED)
    (job,) = of(m.EditJob, story.gate())
    (triplet,) = of(m.Triplet, story.attempt(job))
    key = shelf.triplet_key(triplet.triplet_id)
    blobs.put(key, shelf.record_bytes(triplet))
    return key, shelf.image_key(triplet.subject.image)


def test_a_record_or_picture_that_never_comes_whole_is_a_line_and_the_rest_is_checked() -> None:
    blobs = Damaged()
    record, image = shelved(blobs)
    blobs.damaged = image
    findings = Findings()
    checked(blobs, findings)
    assert any(f"{image} cannot be read (S3 gave no answer" in problem.line for problem in findings.problems)
    assert findings.checked["shelf images"] == 2
    blobs.damaged = record
    findings = Findings()
    checked(blobs, findings)
    (problem,) = findings.problems
    assert f"GET {record} in 30 s (a damaged body)" in problem.line


def test_a_server_that_is_away_ends_it_in_one_line() -> None:
    blobs = Damaged()
    shelved(blobs)
    blobs.away = True
    with pytest.raises(UserError, match="S3 is away; start it"):
        checked(blobs, Findings())


# --- sent again -------------------------------------------------------------------------------------------------------


def test_lost_triplets_and_lost_jobs_are_sent_again(blobs: MemoryBlobs) -> None:
    story = Story(DECIDED, "remove", "recolor")
    first, _ = of(m.EditJob, story.gate())
    (triplet,) = of(m.Triplet, story.attempt(first))
    for ref in {triplet.before, triplet.after, triplet.subject.image}:
        blobs.put(ref.key, b"picture")
    found = queues()
    saved(found, story)
    assert send_again(found, blobs) == Sent(1, 1)
    assert isinstance(found.bus, MemoryBus)
    assert len(found.bus.read(topics.TRIPLETS.name)) == len(found.bus.read(topics.EDIT_JOBS.name)) == 1


def test_no_job_is_sent_again_while_anything_is_under_way(blobs: MemoryBlobs) -> None:
    found = queues()
    saved(found, waiting())
    found.bus.subscribe(topics.SOURCES.name, "gate")
    found.bus.publish([codec.outgoing(Story(DECIDED).source)])
    assert send_again(found, blobs) == Sent(0, 0)


def test_nothing_is_sent_again_while_the_collector_has_something_to_do(blobs: MemoryBlobs) -> None:
    found = queues()
    saved(found, waiting())
    found.bus.subscribe(topics.TRIPLETS.name, "collector")
    story = Story(DECIDED)
    (job,) = of(m.EditJob, story.gate())
    found.bus.publish([codec.outgoing(one) for one in of(m.Triplet, story.attempt(job))])
    assert send_again(found, blobs) is None
