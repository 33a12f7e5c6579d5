"""The policies that ledgers were opened under, kept create-only by the hash of their content."""

from schemas.errors import Missing, UserError
from schemas.ports import Blobs
from streams.rules.policy import Policy


def policy_key(policy_id: str) -> str:
    """Where a policy is kept."""
    return f"policies/{policy_id}.json"


class Policies:
    """Policies by id, read once each."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs
        self._known: dict[str, Policy] = {}

    def keep(self, policy: Policy) -> None:
        """Store a policy under its id."""
        self._blobs.put(policy_key(policy.policy_id), policy.model_dump_json(indent=1).encode())
        self._known[policy.policy_id] = policy

    def get(self, policy_id: str) -> Policy:
        """The policy named `policy_id`; raises `UserError` when it is gone."""
        if policy_id not in self._known:
            try:
                self._known[policy_id] = Policy.model_validate_json(self._blobs.get(policy_key(policy_id)))
            except Missing:
                raise UserError(f"{policy_key(policy_id)} is gone", "put the policy file of that name there") from None
        return self._known[policy_id]
