"""The policies that ledgers were opened under, kept create-only by the hash of their content."""

from pydantic import ValidationError

from schemas import formats
from schemas.errors import Missing, UserError
from schemas.ports import Blobs
from streams.rules.policy import FORMAT, Policy

FOLDER = "policies/"


def policy_key(policy_id: str) -> str:
    """Where a policy is kept."""
    return f"{FOLDER}{policy_id}.json"


def kept(blobs: Blobs) -> dict[str, Policy]:
    """Every policy that decided here, by id; raises `UserError` naming one that cannot be read."""
    keys = [key for key in blobs.list(FOLDER) if key.endswith(".json")]
    return {key.removeprefix(FOLDER).removesuffix(".json"): _read(blobs, key) for key in keys}


def _read(blobs: Blobs, key: str) -> Policy:
    try:
        data = blobs.get(key)
    except Missing:
        raise UserError(f"{key} is gone", "put the policy file of that name there") from None
    try:
        return Policy.model_validate_json(data)
    except ValidationError as error:
        formats.check_json(key, data, FORMAT)
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "policy"
        raise UserError(f"{key}: {where}: {first['msg']}", "restore the file") from None


class Policies:
    """Policies by id, read once each."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs
        self._known: dict[str, Policy] = {}

    def keep(self, policy: Policy) -> None:
        """Store a policy under its id."""
        self._blobs.put(policy_key(policy.policy_id), policy.model_dump_json(indent=1).encode())
        self._known[policy.policy_id] = policy

    def has(self, policy_id: str) -> bool:
        """Whether the policy of that name is kept."""
        return policy_id in self._known or self._blobs.has(policy_key(policy_id))

    def known(self, policy_id: str) -> Policy | None:
        """The policy of that name, None where it is not kept here."""
        return self.get(policy_id) if self.has(policy_id) else None

    def get(self, policy_id: str) -> Policy:
        """The policy named `policy_id`; raises `UserError` when it is gone."""
        if policy_id not in self._known:
            self._known[policy_id] = _read(self._blobs, policy_key(policy_id))
        return self._known[policy_id]
