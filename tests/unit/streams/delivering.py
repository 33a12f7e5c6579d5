"""Messages as they come from the bus."""

from schemas import codec, topics
from schemas import messages as m
from schemas.ports import Delivery, Outgoing


def deliveries(*messages: m.Message, partition: int = 0, first: int = 0) -> list[Delivery]:
    """The messages, at consecutive offsets of a partition."""
    sent = [codec.outgoing(message) for message in messages]
    return [Delivery(one.topic, partition, first + n, one.key, one.value, {}) for n, one in enumerate(sent)]


def junk(topic: topics.Topic, offset: int = 99) -> Delivery:
    """Bytes that are no message."""
    return Delivery(topic.name, 0, offset, "k", b"\xff", {})


def told(outputs: list[Outgoing]) -> list[m.Message]:
    """The messages among the outputs; dead letters are left out."""
    by_name = {topic.name: topic for topic in topics.ALL}
    return [codec.decode(by_name[out.topic], out.value) for out in outputs if out.topic != topics.DEAD_LETTERS.name]


def letters(outputs: list[Outgoing]) -> list[Outgoing]:
    """The dead letters among the outputs."""
    return [out for out in outputs if out.topic == topics.DEAD_LETTERS.name]
