"""Golden messages as raw maps, and what has to be in them."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgpack
from pydantic import BaseModel

from schemas import codec, topics
from schemas import messages as m
from tests.golden import samples

FOLDER = Path(__file__).with_name("v1")
CLASSES = {cls.__name__: cls for cls in topics.HOME}


def raw(name: str) -> dict[str, Any]:
    """The map in a golden message's file."""
    unpacked: dict[str, Any] = msgpack.unpackb((FOLDER / f"{name}.msgpack").read_bytes())
    return unpacked


def read(name: str, data: object) -> m.Message:
    """The message of the sample's topic in a raw map."""
    found: m.Message = codec.decode(topics.HOME[type(samples.MESSAGES[name])], msgpack.packb(data))
    return found


def parts(found: object) -> Iterator[BaseModel]:
    """A message and all messages within."""
    if isinstance(found, BaseModel):
        yield found
        for name in type(found).model_fields:
            yield from parts(getattr(found, name))
    elif isinstance(found, Mapping):
        for value in found.values():
            yield from parts(value)
    elif isinstance(found, tuple):
        for value in found:
            yield from parts(value)


def grown(found: object, tree: Any) -> object:
    """The raw map of a message with one more field, from the future, in every message within."""
    if isinstance(found, BaseModel):
        known = {name: grown(getattr(found, name), branch) for name, branch in tree.items()}
        return known | {"from_the_future": [{"any": "thing"}]}
    if isinstance(found, Mapping):
        return {name: grown(found[name], branch) for name, branch in tree.items()}
    if isinstance(found, tuple):
        return [grown(one, branch) for one, branch in zip(found, tree, strict=True)]
    return tree


def bare(message: object) -> object:
    """The raw map of a message with its needed fields alone (and the `type` that tells events apart)."""
    if isinstance(message, tuple):
        return [bare(one) for one in message]
    if not isinstance(message, BaseModel):
        return message
    return {
        name: bare(getattr(message, name))
        for name, field in type(message).model_fields.items()
        if field.is_required() or name == "type"
    }
