"""What open work still needs of `scratch/` and `answers/`: the pictures it names, the answers it may come back to.

Everything here errs on the side of keeping: a message counts as open until every group has done with all before it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from pydantic import BaseModel

from infra.looking import Queues, kept
from schemas import codec, ids, topics
from schemas import messages as m
from schemas.deadletters import read_letter
from schemas.errors import Undecodable, UserError
from schemas.ports import Blobs
from streams import policies
from streams.rules import facts
from streams.rules.plan import plan
from streams.rules.policy import Policy

AT_ONCE = 256
WAITING = "waiting messages"
OPEN = "open ledgers"
DEAD = "dead letters"


@dataclass
class Needs:
    """Keys of pictures, and names of jobs, that are needed, each with what needs it."""

    pictures: dict[str, str] = field(default_factory=dict)
    jobs: dict[str, str] = field(default_factory=dict)

    def name(self, value: object, why: str) -> None:
        """Note every picture that a message, or something made of messages, names."""
        for ref in refs_in(value):
            self.pictures.setdefault(ref.key, why)


def refs_in(value: object) -> Iterator[m.ImageRef]:
    """Every claim check in a message and all within."""
    if isinstance(value, m.ImageRef):
        yield value
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from refs_in(getattr(value, name))
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from refs_in(part)
    elif isinstance(value, tuple):
        for part in value:
            yield from refs_in(part)


def gathered(queues: Queues, blobs: Blobs) -> Needs:
    """What the queues and ledgers of a folder need; nobody may be at work there meanwhile."""
    needs = Needs()
    told: dict[str, list[Any]] = {}
    for topic in topics.ALL:
        if not topic.groups:
            continue
        for delivery in kept(queues.bus, topic.name, queues.bus.floors(topic.name)):
            message = _decoded(topic, delivery.value)
            needs.name(message, WAITING)
            if topic is topics.VERDICTS and message is not None:
                told.setdefault(topics.VERDICTS.key(message), []).append(message)
            elif job := _job_of(message):
                needs.jobs[job] = WAITING
    _open(needs, queues, blobs, told)
    for delivery in kept(queues.bus, topics.DEAD_LETTERS.name):
        letter = read_letter(delivery)
        for topic in topics.ALL:
            if topic.name == letter.topic:
                needs.name(_decoded(topic, letter.value), DEAD)
    return needs


def _open(needs: Needs, queues: Queues, blobs: Blobs, told: Mapping[str, Sequence[Any]]) -> None:
    """Open ledgers, and those that events on their way may open, or change, as they will be after those events."""
    known = policies.kept(blobs)
    names = iter(dict.fromkeys((*queues.ledgers.names("open"), *told)))
    while chunk := list(islice(names, AT_ONCE)):
        saved = queues.ledgers.load(chunk)
        for name in chunk:
            for ledger in _ledgers(saved[name].data if name in saved else None, known):
                for event in told.get(name, ()):
                    ledger.add(event)
                _need(needs, ledger, known)


def _ledgers(data: bytes | None, known: Mapping[str, Policy]) -> list[facts.Ledger]:
    """The stored ledger; or an empty one under each policy, since the one it will be opened under is not known."""
    return [facts.decode(data)] if data is not None else [facts.Ledger(policy_id) for policy_id in known]


def _need(needs: Needs, ledger: facts.Ledger, known: Mapping[str, Policy]) -> None:
    """Note what a ledger's plan may still name; raises `UserError` where its policy is not kept."""
    needs.name(ledger.source, OPEN)
    for fact in ledger.answers.values():
        if isinstance(fact, facts.Screened | facts.Failed):
            needs.name(fact.image, OPEN)
    policy = known.get(ledger.policy_id)
    if policy is None:
        raise UserError(f"{policies.policy_key(ledger.policy_id)} is gone", "put the policy file of that name there")
    planned = plan(ledger, policy)
    for job in (*planned.messages, *planned.waiting, *planned.waiting.values()):
        needs.jobs.setdefault(job, OPEN)


def _decoded(topic: topics.Topic, data: bytes) -> Any:
    """The message, None for what nobody can decode: that names nothing."""
    try:
        return codec.decode(topic, data) if topic.message is not None else None
    except Undecodable:
        return None


def _job_of(message: Any) -> str:
    """The job that a message asks for; "" where it asks for none."""
    if isinstance(message, m.Prompt):
        return ids.job_id(message.source_id, "generate")
    return str(getattr(message, "job_id", ""))
