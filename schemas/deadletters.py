"""Dead letters: the original bytes of a message nobody could use, with headers that say why."""

from schemas.ports import Delivery, Outgoing
from schemas.topics import DEAD_LETTERS

HEADER_BYTES = 1024


def dead_letter(delivery: Delivery, group: str, error: str, reason: str) -> Outgoing:
    """The letter for `delivery`, which `group` could not use; `error` is the class of what went wrong."""
    headers = {
        **delivery.headers,
        "nhr-origin": f"{delivery.topic}/{delivery.partition}/{delivery.offset}",
        "nhr-group": group,
        "nhr-error": error,
        "nhr-reason": reason.encode(errors="replace")[:HEADER_BYTES].decode(errors="ignore"),
    }
    return Outgoing(DEAD_LETTERS.name, delivery.key, delivery.value, headers)
