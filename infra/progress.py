"""What is to be mined, and how far it has come."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from infra.wiring import Crew
from schemas.ports import Lag
from streams.funnel import Funnel
from streams.rules.policy import Policy
from workers.plugin import Skipped

Phase = Literal["reading", "mining", "finishing", "done", "stopping", "stopped"]


@dataclass(frozen=True)
class Order:
    """What to mine: `scenes` items to the end, or until `target` triplets, `for_s` seconds, or a stop."""

    out: Path
    campaign: str
    prompts: str
    policy: Policy
    crew: Crew
    scenes: int | None = None
    target: int | None = None
    for_s: float | None = None


@dataclass
class Progress:
    """What is to be seen while it runs; read by the view, written by the engine."""

    order: Order
    funnel: Funnel
    started: float
    now: float = 0.0
    resumed: bool = False
    triplets_before: int = 0
    worked_before: int = 0
    scenes_done: int = 0
    lags: dict[tuple[str, str], Lag] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    letters: int = 0
    troubles: list[str] = field(default_factory=list)
    busy: dict[str, float] = field(default_factory=dict)
    phase: Phase = "reading"

    @property
    def left_out(self) -> Counter[str]:
        """Inputs of this run that could be used and must not, by what keeps them out."""
        return Counter(item.cause for item in self.skipped if item.cause)

    @property
    def triplets(self) -> int:
        """Triplets of this campaign on the shelf."""
        return self.funnel.released

    @property
    def elapsed_s(self) -> float:
        """Seconds since this run began."""
        return self.now - self.started

    @property
    def per_minute(self) -> float | None:
        """Triplets a minute in this run."""
        made = self.triplets - self.triplets_before
        return 60.0 * made / self.elapsed_s if made and self.elapsed_s > 0 else None

    @property
    def eta_s(self) -> float | None:
        """Seconds to the nearest end asked for, by the rate so far; None while that is unknown."""
        if self.phase == "finishing":
            return self._scenes_s(self.funnel.gate_yes)
        ends = [self._scenes_s(self.order.scenes * self._yes_rate)] if self.order.scenes is not None else []
        if self.order.for_s is not None:
            ends.append(self.order.for_s - self.elapsed_s)
        if self.order.target is not None and self.per_minute:
            ends.append((self.order.target - self.triplets) * 60.0 / self.per_minute)
        known = [max(0.0, end) for end in ends if end is not None]
        return min(known) if known else None

    def _scenes_s(self, scenes: float) -> float | None:
        """Seconds until so many scenes that pass the gate are finished."""
        done = self.worked - self.worked_before
        return max(0.0, scenes - self.worked) * self.elapsed_s / done if done > 0 else None

    @property
    def worked(self) -> int:
        """Scenes that the gate let through and that are finished: those are the ones that cost time."""
        return self.scenes_done - (self.funnel.images - self.funnel.gate_yes)

    @property
    def _yes_rate(self) -> float:
        return self.funnel.gate_yes / self.funnel.images if self.funnel.images else 1.0
