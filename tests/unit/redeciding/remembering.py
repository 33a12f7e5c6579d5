"""A source's life under one policy, remembered event by event, and decided anew under another."""

from typing import Any

from schemas import messages as m
from streams.records import Event
from streams.redeciding.fold import Redecided, redecide
from streams.rules.policy import Policy
from tests.unit.rules.telling import SOURCE_ID, Story


def changed(decided: Policy, **values: Any) -> Policy:
    """A policy with fields replaced."""
    return Policy.model_validate(decided.model_dump() | values)


class Remembered(Story):
    """A story whose events are kept."""

    def __init__(self, decided: Policy, *operations: str) -> None:
        super().__init__(decided, *operations)
        self.events: list[Event] = []

    def tell(self, event: Any) -> list[m.Message]:
        self.events.append(event)
        return super().tell(event)

    def under(self, other: Policy) -> Redecided:
        """The same events under another policy."""
        return redecide(SOURCE_ID, self.events, other, {self.policy.policy_id: self.policy})

    def triplets(self) -> list[m.Triplet]:
        """What is released by now."""
        built = (build() for build in self.plan.messages.values())
        return [message for message in built if isinstance(message, m.Triplet)]
