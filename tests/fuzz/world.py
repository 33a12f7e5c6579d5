"""Handlers over stores in memory, messages they can use, and what must be true of every batch."""

import itertools
import random
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import msgpack
import numpy as np

from infra import images
from infra.blobs.memory import MemoryBlobs
from infra.ledgers.memory import MemoryLedgers
from infra.metrics import Metrics
from infra.runtime.inhand import InHand
from infra.runtime.pictures import Pictures
from infra.runtime.worker import Worker
from schemas import codec, ids, topics
from schemas import messages as m
from schemas.errors import Undecodable
from schemas.ports import Delivery, Handler, Image, Outgoing
from schemas.topics import Topic
from streams import policies, shelf
from streams.collector import Collector
from streams.director import Director
from streams.recorder import Recorder
from streams.rules import policy
from tests.contract.clocks import FakeClock
from tests.golden import samples
from workers import answers, roster

TOPICS = {topic.name: topic for topic in topics.ALL}
PICTURE = images.encode(Image(np.full((6, 4, 3), 90, np.uint8)))
REF = images.stored("scratch/picture.webp", PICTURE)


LARGEST_BATCH = 7


def grounded(tree: Any) -> Any:
    """A message's raw map with every picture replaced by the one that is there."""
    if isinstance(tree, dict):
        if "sha256" in tree:
            return REF.model_dump()
        return {name: grounded(branch) for name, branch in tree.items()}
    return [grounded(branch) for branch in tree] if isinstance(tree, list | tuple) else tree


GOOD: dict[str, list[bytes]] = {topic.name: [] for topic in topics.ALL if topic.message}
"""Messages of each topic that its handlers answer."""
for _message in samples.MESSAGES.values():
    GOOD[topics.HOME[type(_message)].name].append(msgpack.packb(grounded(_message.model_dump(exclude_none=True))))
ANY = [data for messages in GOOD.values() for data in messages]


class World:
    """Stores in memory and the handlers of a topic over them."""

    def __init__(self, rng: random.Random) -> None:
        self.blobs, self.ledgers, self.sent = MemoryBlobs(), MemoryLedgers(), list[Outgoing]()
        self.blobs.put(REF.key, PICTURE)
        self.rng = rng
        self.policies = policies.Policies(self.blobs)
        paper = policy.read(rng.choice(policy.shipped()))
        self.blobs.put(policies.policy_key(samples.POLICY_ID), paper.model_dump_json().encode())
        self.policies.keep(paper)
        self._policy_id = paper.policy_id

    def handlers(self, topic: Topic) -> list[Handler[Any]]:
        """Every handler that reads the topic."""
        kinds = [kind for kind in roster.KINDS.values() if kind.takes is topic]
        made: list[Handler[Any]] = [self._worker(kind) for kind in kinds]
        clock = FakeClock()
        if topic is topics.VERDICTS:
            made.append(Director(self.ledgers, self.policies, self._policy_id, self.sent.extend, clock))
            made.append(Recorder(self.blobs, self.policies))
        if topic is topics.TRIPLETS:
            made.append(Collector(self.blobs, clock))
        return made

    def _worker(self, kind: roster.Kind) -> Worker:
        """A null worker, in turn one that looks at pictures and one whose answers are kept."""
        plugin = roster.parse(kind.name, "null")
        changed = {"reads_images": self.rng.random() < 0.5, "dear": self.rng.random() < 0.5}
        plugin.INFO = type(plugin.INFO)(**{  # type: ignore[misc]  # of this instance alone
            name: changed.get(name, getattr(plugin.INFO, name)) for name in plugin.INFO.__slots__
        })  # fmt: skip
        recipe = roster.recipe(kind.name, "null", plugin)
        notes, clock = InHand(MemoryLedgers()), FakeClock()
        return Worker(kind, plugin, recipe, self.blobs, Pictures(self.blobs), clock, Metrics(), notes)

    def mine(self, scenes: int, rubbish: Callable[[Topic, bytes], Sequence[bytes]]) -> list[tuple[str, str]]:
        """Mine null scenes to the end, with `rubbish` beside each message; gives the shelf's fingerprint."""
        waiting: dict[str, list[bytes]] = {topic.name: [] for topic in topics.ALL}
        crew = {topic.name: self.handlers(topic) for topic in topics.ALL if topic.groups}
        for handler in itertools.chain.from_iterable(crew.values()):
            handler.start()
        for prompt in itertools.islice(roster.prompter("null").intake("campaign", 0), scenes):
            assert isinstance(prompt, m.Prompt)
            waiting[topics.PROMPTS.name].append(codec.encode(prompt))
        offset = 0
        while busy := [name for name in crew if waiting[name]]:
            name = busy[-1]
            topic, values = TOPICS[name], waiting[name][:LARGEST_BATCH]
            del waiting[name][:LARGEST_BATCH]
            values += [extra for value in values for extra in rubbish(topic, value)]
            self.rng.shuffle(values)
            batch = delivered(topic, values, offset)
            offset += len(batch)
            for handler in crew[name]:
                outputs = take(handler, batch)
                check(handler, batch, outputs, self.blobs)
                for out in (*outputs, *self.sent):
                    waiting[out.topic].append(out.value)
                self.sent.clear()
        return shelf.fingerprint(self.blobs)


def delivered(topic: Topic, values: Sequence[bytes], first: int = 0) -> list[Delivery]:
    """The values at consecutive offsets of the topic."""
    return [Delivery(topic.name, 0, first + number, "k", value, {}) for number, value in enumerate(values)]


def take(handler: Handler[Any], batch: Sequence[Delivery]) -> list[Outgoing]:
    """Take a batch through a handler as the loop does; every delivery of it must be done with."""
    work = handler.begin(batch)
    handler.step(work)
    outputs = handler.finish(work)
    done = handler.settle(work)
    assert Counter(one.offset for one in done) == Counter(one.offset for one in batch)
    return outputs


def understood(topic: Topic, value: bytes) -> Any:
    """The message in the bytes, or None."""
    try:
        return codec.decode(topic, value)
    except Undecodable:
        return None


def check(handler: Handler[Any], batch: Sequence[Delivery], outputs: Sequence[Outgoing], blobs: MemoryBlobs) -> None:
    """What must be true: one letter for each message that is none, an answer for all others, and all can be read."""
    letters = Counter(out.headers["nhr-origin"] for out in outputs if out.topic == topics.DEAD_LETTERS.name)
    told = [understood(TOPICS[out.topic], out.value) for out in outputs if out.topic != topics.DEAD_LETTERS.name]
    assert None not in told, "an answer that nobody can read"
    assert all(len(out.value) <= m.MAX_MESSAGE_BYTES or out.topic == topics.DEAD_LETTERS.name for out in outputs)
    for one in batch:
        message = understood(handler.topic, one.value)
        count = letters[f"{one.topic}/{one.partition}/{one.offset}"]
        if handler.group == "recorder":
            assert not outputs
        elif message is None:
            assert count == 1, "exactly one letter for what nobody can read"
            assert one.value in [out.value for out in outputs if "nhr-origin" in out.headers]
        elif isinstance(handler, Worker):
            assert count <= 1
            assert _answers(handler, message, told), "a job without an answer"
        elif isinstance(handler, Collector):
            assert count or blobs.has(shelf.triplet_key(message.triplet_id)), "neither on the shelf nor a letter"


def _answers(worker: Worker, job: Any, told: Sequence[Any]) -> bool:
    name = answers.job_id(worker.kind, job)
    return any(name in _names(one, worker.kind.stage) for one in told)


def _names(answer: Any, stage: str) -> set[str]:
    """The jobs that a message may be the answer of."""
    if isinstance(answer, m.Source):
        return {ids.job_id(answer.subject.source_id, "generate")}
    return {answer.job.job_id if isinstance(answer, m.Candidate) else answer.job_id}
