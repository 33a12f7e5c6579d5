"""Dead letters: the original bytes of a message nobody could use, with headers that say where, why, how often, when."""

from collections.abc import Mapping
from dataclasses import dataclass

from schemas.headers import number
from schemas.ports import Delivery, Outgoing
from schemas.topics import DEAD_LETTERS

HEADER_BYTES = 1024


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead letter: the message's bytes and origin, the group and stage that gave it up, and what went wrong.

    `error` is the class of the exception, `attempts` how often the job was tried, `first_at` and `last_at` when
    (Unix seconds; 0 where not known). `offset` and `partition` name the letter itself, `headers` are the message's own.
    """

    partition: int
    offset: int
    key: str
    value: bytes
    topic: str
    origin: str
    group: str
    stage: str
    error: str
    reason: str
    job_id: str
    attempts: int
    first_at: float
    last_at: float
    headers: Mapping[str, str]


def dead_letter(
    delivery: Delivery, group: str, error: str, reason: str, *, at: float, stage: str = "", job_id: str = "",
    attempts: int = 1, first_at: float = 0.0,
) -> Outgoing:  # fmt: skip
    """The letter for `delivery`, which `group` could not use; `error` is the class of what went wrong."""
    headers = {
        **delivery.headers,
        "nhr-origin": f"{delivery.topic}/{delivery.partition}/{delivery.offset}",
        "nhr-group": group,
        "nhr-stage": stage,
        "nhr-error": error,
        "nhr-reason": reason.encode(errors="replace")[:HEADER_BYTES].decode(errors="ignore"),
        "nhr-job": job_id,
        "nhr-attempts": str(attempts),
        "nhr-first-at": f"{first_at or at:.3f}",
        "nhr-last-at": f"{at:.3f}",
    }
    return Outgoing(DEAD_LETTERS.name, delivery.key, delivery.value, headers)


def read_letter(delivery: Delivery) -> Letter:
    """What the dead letters topic delivered; headers that an older NHR did not write are empty."""
    headers = delivery.headers
    origin = headers.get("nhr-origin", "")
    return Letter(
        partition=delivery.partition, offset=delivery.offset, key=delivery.key, value=delivery.value,
        topic=origin.partition("/")[0], origin=origin, group=headers.get("nhr-group", ""),
        stage=headers.get("nhr-stage", ""), error=headers.get("nhr-error", ""), reason=headers.get("nhr-reason", ""),
        job_id=headers.get("nhr-job", ""), attempts=max(1, int(number(headers, "nhr-attempts"))),
        first_at=number(headers, "nhr-first-at"), last_at=number(headers, "nhr-last-at"),
        headers={name: text for name, text in headers.items() if not name.startswith("nhr-")},
    )  # fmt: skip
