"""One job on its way through a worker."""

from dataclasses import dataclass, field
from typing import Any

from schemas.ports import Delivery, Task, Usage


@dataclass(slots=True, eq=False)
class Item:
    """A delivered job: `outcome` is a result or the error that ended it, `standing` an earlier answer.

    `tries` counts how often it was asked, `first_at` and `last_at` say when (Unix seconds), `deaths` how many processes
    died with it in hand, `seconds` and `usage` what all tries took. `refused` and `failed` count its `Retry` and its
    bugs; `due_s` is when it may be asked again (monotonic), and the rest is what `Patience` remembers of the others, to
    tell a bad job from a bad service.
    """

    delivery: Delivery
    job: Any
    job_id: str
    task: Task[Any] | None = None
    standing: bytes | None = None
    outcome: Any = None
    seconds: float = 0.0
    usage: Usage = field(default_factory=Usage)
    tries: int = 0
    first_at: float = 0.0
    last_at: float = 0.0
    deaths: int = 0
    refused: int = 0
    failed: int = 0
    due_s: float = 0.0
    answered_before: int = 0
    answered_since: int = 0
    refused_before: int = 0
    succeeded_before: int = 0
