"""What rides beside messages, in their headers: for metrics alone, so nothing that is kept may depend on it."""

from collections.abc import Mapping
from math import isfinite
from types import MappingProxyType

from schemas.ports import Delivery

NO_HEADERS = MappingProxyType[str, str]({})
BEGAN = "nhr-began"
"""When the prompt or photograph that a message goes back to was published, Unix seconds. One sent anew may lack it."""


def began(headers: Mapping[str, str]) -> float:
    """When it all began; 0.0 where that is not known."""
    return number(headers, BEGAN)


def carried(delivery: Delivery) -> Mapping[str, str]:
    """The headers that what comes of a message takes along."""
    text = delivery.headers.get(BEGAN)
    return NO_HEADERS if text is None else {BEGAN: text}


def number(headers: Mapping[str, str], name: str) -> float:
    """A header as a number; 0.0 where there is none."""
    try:
        found = float(headers.get(name, "0"))
    except ValueError:
        return 0.0
    return found if isfinite(found) else 0.0
