"""What must hold after any storm: nothing lost, nothing twice, nothing stuck, and no edit more than in a calm."""

from collections import Counter
from dataclasses import dataclass

from schemas import codec, topics
from schemas import messages as m
from schemas.errors import Undecodable
from streams import records, shelf
from tests.simulation.simulator import World, run
from tests.simulation.storms import calm, stormy


@dataclass(frozen=True)
class Outcome:
    """A storm beside its calm. `twice` counts jobs with two different answers, and triplets told two ways."""

    seed: int
    faults: int
    jobs: int
    triplets: int
    lost: int
    more: int
    twice: int
    stuck: int
    extra_edits: int
    letters_missing: int

    @property
    def fine(self) -> bool:
        """Whether everything is as in the calm."""
        return not (self.lost or self.more or self.twice or self.stuck or self.extra_edits or self.letters_missing)


def weather(seed: int, what: str = "") -> Outcome:
    """Run a campaign calmly and in a storm, and compare."""
    reference, world = calm(seed, what), stormy(seed, what)
    expected, found = set(run(reference)), set(run(world))
    return Outcome(
        seed=seed,
        faults=_injected(world),
        jobs=len(world.asked),
        triplets=sum(1 for _ in shelf.triplets(world.kept)),
        lost=len(expected - found),
        more=len(found - expected),
        twice=_twice(world),
        stuck=world.stuck(),
        extra_edits=_edits(world) - _edits(reference),
        letters_missing=_unanswered(world),
    )


def _injected(world: World) -> int:
    """Faults of all sorts; messages that came again are counted only where nothing else is to blame for them."""
    again = world.faults.counts["again"]
    return sum(world.faults.counts.values()) - again or again


def _twice(world: World) -> int:
    told: dict[str, set[bytes]] = {}
    for topic in (topics.VERDICTS, topics.TRIPLETS, topics.CANDIDATES, topics.SOURCES):
        for delivery in world.bus.read(topic.name, 0, 1 << 30):
            name = _name(topic, delivery.value)
            if name:
                told.setdefault(name, set()).add(delivery.value)
    return sum(len(answers) > 1 for answers in told.values())


def _name(topic: topics.Topic, value: bytes) -> str:
    try:
        message = codec.decode(topic, value)
    except Undecodable:
        return ""
    match message:
        case m.Failure():
            return ""  # never stored: whoever is asked again may well do better
        case m.Redrive():
            return f"{message.job_id}+{message.retry}"
        case m.Triplet():
            return message.triplet_id
        case m.Candidate():
            return f"edit {message.job.job_id} {message.retry}"
        case m.Source():
            return f"source {message.subject.source_id} {message.retry}"
    return str(message.job_id)


def _edits(world: World) -> int:
    told = world.bus.read(topics.EDIT_JOBS.name, 0, 1 << 30)
    return len({_name(topics.EDIT_JOBS, one.value) for one in told} - {""})


def _unanswered(world: World) -> int:
    """Failures of the records without a dead letter that names their job."""
    letters = Counter(one.headers["nhr-job"] for one in world.bus.read(topics.DEAD_LETTERS.name, 0, 1 << 30))
    failed = (event for event in records.events(world.kept) if isinstance(event, m.Failure))
    return sum(not letters[event.job_id] for event in failed)
