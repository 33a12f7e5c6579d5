"""What rides beside messages, in their headers: for metrics alone, so nothing that is kept may depend on it."""

from collections.abc import Mapping
from math import isfinite

from schemas.ports import Outgoing

BEGAN = "nhr-began"
"""When the prompt or photograph that a message goes back to was published, Unix seconds. One sent anew may lack it."""


def began(headers: Mapping[str, str]) -> float:
    """When it all began; 0.0 where that is not known."""
    return number(headers, BEGAN)


def carry(message: Outgoing, headers: Mapping[str, str]) -> Outgoing:
    """The message, with what is to be carried on of the headers of the one that it comes of."""
    text = headers.get(BEGAN)
    if text is None or BEGAN in message.headers:
        return message
    return Outgoing(message.topic, message.key, message.value, {**message.headers, BEGAN: text})


def number(headers: Mapping[str, str], name: str) -> float:
    """A header as a number; 0.0 where there is none."""
    try:
        found = float(headers.get(name, "0"))
    except ValueError:
        return 0.0
    return found if isfinite(found) else 0.0
