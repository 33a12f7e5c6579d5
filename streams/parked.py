"""Requests that a failure holds up until somebody redrives it, found in their ledgers."""

from streams.policies import Policies
from streams.rules import facts
from streams.rules.plan import plan


def parked(ledger: facts.Ledger, policies: Policies) -> tuple[str, ...]:
    """The stages of the failures that hold something of this source up, one by one.

    Only a ledger that holds a failure is planned. A failed gate holds up all requests of its source and counts once.
    """
    if not any(isinstance(fact, facts.Failed) for fact in ledger.answers.values()):
        return ()
    failed = (ledger.answers[job] for job in plan(ledger, policies.get(ledger.policy_id)).parked)
    return tuple(fact.stage for fact in failed if isinstance(fact, facts.Failed))
