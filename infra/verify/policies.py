"""Policies, campaign notes and retractions: each can be read, and is kept under its own name."""

from infra.verify.findings import Findings
from schemas.errors import UserError
from schemas.ports import Blobs
from streams import policies, records, retractions
from streams.policies import Policies
from streams.rules.policy import Policy

POLICIES = "policies"


def check_policies(blobs: Blobs, findings: Findings) -> dict[str, Policy]:
    """The policies that can be relied on, by id."""
    reader, good = Policies(blobs), dict[str, Policy]()
    for key in blobs.list(policies.FOLDER):
        findings.checked[POLICIES] += 1
        name = key.removeprefix(policies.FOLDER).removesuffix(".json")
        try:
            policy = reader.get(name)
        except UserError as error:
            findings.told(POLICIES, str(error))
            continue
        if policy.policy_id == name:
            good[name] = policy
        else:
            findings.bad(POLICIES, key, f"holds policy {policy.policy_id}", "restore it from a copy")
    return good


def check_notes(blobs: Blobs, findings: Findings) -> None:
    """Campaign notes and retractions."""
    for key in blobs.list(retractions.FOLDER):
        findings.checked["retractions"] += 1
        try:
            retractions.read(blobs, key)
        except UserError as error:
            findings.told("retractions", str(error))
    try:
        findings.checked["campaigns"] += len(records.campaigns(blobs))
    except UserError as error:
        findings.told("campaigns", str(error))
