"""Messages to bytes and back: pydantic over msgpack maps."""

from collections import OrderedDict
from collections.abc import Mapping
from functools import cache
from threading import Lock
from typing import Any

import msgpack
from pydantic import TypeAdapter, ValidationError

from schemas.errors import Undecodable
from schemas.headers import NO_HEADERS
from schemas.ids import Stage
from schemas.messages import MAX_MESSAGE_BYTES, Message
from schemas.ports import Outgoing
from schemas.topics import ALL, CANDIDATES, HOME, SOURCES, VERDICTS, Topic


@cache
def _adapter(topic: str) -> TypeAdapter[Any]:
    return TypeAdapter(next(known.message for known in ALL if known.name == topic))


class _Recent:
    """The latest messages this process encoded, by their bytes: on an embedded bus most are soon read back here."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._messages: OrderedDict[bytes, Message] = OrderedDict()
        self._lock = Lock()

    def add(self, data: bytes, message: Message) -> None:
        with self._lock:
            self._messages[data] = message
            if len(self._messages) > self._room:
                self._messages.popitem(last=False)

    def get(self, data: bytes) -> Message | None:
        return self._messages.get(data)


@cache
def _recent() -> _Recent:
    return _Recent(room=2048)


def encode(message: Message) -> bytes:
    """The message as a msgpack map; raises `ValueError` past 64 KiB."""
    data: bytes = msgpack.packb(message.model_dump(exclude_none=True))
    if len(data) > MAX_MESSAGE_BYTES:
        raise ValueError(f"{type(message).__name__} of {len(data)} bytes is over {MAX_MESSAGE_BYTES}")
    _recent().add(data, message)
    return data


def decode(topic: Topic, data: bytes) -> Any:
    """The message of `topic` that `data` holds; raises `Undecodable` for anything else."""
    recent = _recent().get(data)
    if recent is not None and HOME[type(recent)] is topic:
        return recent
    try:
        return _adapter(topic.name).validate_python(msgpack.unpackb(data))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "message"
        told = f"{topic.name}: {where}: {first['msg']}"  # both may quote the bytes' own text, of any shape
        raise Undecodable(" ".join(told.split())) from None
    except (ValueError, TypeError, msgpack.exceptions.UnpackException, RecursionError) as error:
        raise Undecodable(f"{topic.name}: not a msgpack map ({type(error).__name__}: {error})") from None


def outgoing(message: Message, headers: Mapping[str, str] = NO_HEADERS) -> Outgoing:
    """The message, encoded and addressed to its topic, with these headers."""
    topic = HOME[type(message)]
    return Outgoing(topic.name, topic.key(message), encode(message), headers)


def answer_topic(stage: Stage) -> Topic:
    """Where the answers of a stage travel."""
    return {"generate": SOURCES, "edit": CANDIDATES}.get(stage, VERDICTS)
