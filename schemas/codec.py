"""Messages to bytes and back: pydantic over msgpack maps."""

from functools import cache
from typing import Any

import msgpack
from pydantic import TypeAdapter, ValidationError

from schemas.errors import Undecodable
from schemas.ids import Stage
from schemas.messages import MAX_MESSAGE_BYTES, Message
from schemas.ports import Outgoing
from schemas.topics import CANDIDATES, HOME, SOURCES, VERDICTS, Topic


@cache
def _adapter(topic_name: str, shape: Any) -> TypeAdapter[Any]:  # noqa: ARG001 - the name makes unions hashable apart
    return TypeAdapter(shape)


def encode(message: Message) -> bytes:
    """The message as a msgpack map; raises `ValueError` past 64 KiB."""
    data: bytes = msgpack.packb(message.model_dump(exclude_none=True))
    if len(data) > MAX_MESSAGE_BYTES:
        raise ValueError(f"{type(message).__name__} of {len(data)} bytes is over {MAX_MESSAGE_BYTES}")
    return data


def decode(topic: Topic, data: bytes) -> Any:
    """The message of `topic` that `data` holds; raises `Undecodable` for anything else."""
    try:
        return _adapter(topic.name, topic.message).validate_python(msgpack.unpackb(data))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise Undecodable(f"{topic.name}: {where}: {first['msg']}") from None
    except (ValueError, TypeError, msgpack.exceptions.UnpackException, RecursionError) as error:
        raise Undecodable(f"{topic.name}: not a msgpack map ({type(error).__name__}: {error})") from None


def outgoing(message: Message) -> Outgoing:
    """The message, encoded and addressed to its topic."""
    topic = HOME[type(message)]
    return Outgoing(topic.name, topic.key(message), encode(message))


def answer_topic(stage: Stage) -> Topic:
    """Where the answers of a stage travel."""
    return {"generate": SOURCES, "edit": CANDIDATES}.get(stage, VERDICTS)
