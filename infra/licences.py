"""What a policy demands of licences: commercial use, of what plug-ins make and of photographs (decisions 13, 26)."""

from collections.abc import Iterator, Mapping
from typing import Any

from schemas import messages as m
from schemas.errors import Reject, UserError
from schemas.ports import Info
from streams.policies import Policies
from streams.rules.policy import Policy
from workers import roster
from workers.photographic.licensing import recognised
from workers.plugin import PlugIn

RIGHTS = {True: "commercial use", False: "no commercial use", None: "commercial use unknown"}
"""By `Info.commercial`, in words."""


def demand(policy: Policy, plugins: Mapping[str, PlugIn[Any]]) -> None:
    """Raise `UserError` for the first of these plug-ins, by kind, that the policy bars."""
    for kind, plugin in plugins.items():
        if policy.licences == "commercial" and plugin.INFO.commercial is not True:
            raise UserError(f"{kind}: {_barred(policy, plugin.INFO)}", f"choose another (nhr models {kind})")


class Rights:
    """Whether a worker may do a job under the job's own policy."""

    def __init__(self, kind: str, info: Info, policies: Policies) -> None:
        self._kind, self._info, self._policies = kind, info, policies
        self._demanding: dict[str, bool] = {}

    def check(self, job: Any) -> None:
        """Raise `UserError` where this worker is barred from the job, `Reject` where its picture or who made it is."""
        asked = job.job if isinstance(job, m.Candidate) else job
        policy_id = getattr(asked, "policy_id", "")
        if not policy_id or not self._demands(policy_id):
            return
        policy = self._policies.get(policy_id)
        if self._info.commercial is not True:
            raise UserError(f"{self._kind}: {_barred(policy, self._info)}", "run another here; the job goes to others")
        if (why := _unfit_photograph(asked.subject)) is not None:
            raise Reject(f"{why}; policy {policy.name} demands commercial use")
        for kind, recipe in _makers(asked.subject, job.made_by if isinstance(job, m.Candidate) else None):
            if (why := _unfit(kind, recipe)) is not None:
                raise Reject(f"{why}; policy {policy.name} demands commercial use")

    def _demands(self, policy_id: str) -> bool:
        known = self._demanding.get(policy_id)
        if known is None:
            if not self._policies.has(policy_id):
                return False
            known = self._demanding[policy_id] = self._policies.get(policy_id).licences == "commercial"
        return known


def check(triplet: m.Triplet, policy: Policy) -> None:
    """Raise `UserError` where somebody made the triplet whom the policy bars; for what was recorded under another."""
    if policy.licences == "any":
        return
    hint = 'choose a policy with licences = "any"'
    if (why := _unfit_photograph(triplet.subject)) is not None:
        raise UserError(f"triplet {triplet.triplet_id}: {why}; policy {policy.name} demands commercial use", hint)
    makers = [*_makers(triplet.subject, None), *(("editor", edit.editor) for edit in triplet.edits)]
    makers += [(kind, by) for kind, by in (("judge", triplet.judge), ("writer", triplet.writer)) if by]
    for kind, recipe in makers:
        if (why := _unfit(kind, recipe)) is not None:
            raise UserError(f"triplet {triplet.triplet_id}: {why}; policy {policy.name} demands commercial use", hint)


def _makers(subject: m.Subject, editor: str | None) -> Iterator[tuple[str, str]]:
    """Kinds and recipes of those who made a job's pictures."""
    if subject.origin == "generated":
        yield "generator", subject.made_by
    if editor is not None:
        yield "editor", editor


def _unfit_photograph(subject: m.Subject) -> str | None:
    """Why edited pictures of that photograph may not be sold; None where they may, or where it is none."""
    if subject.origin != "photo" or (rights := recognised(subject.licence).commercial) is True:
        return None
    said = f"licence {subject.licence!r}" if subject.licence else "no licence"
    return f"photograph {subject.prompt_id} has {said}: {RIGHTS[rights]}"


def _unfit(kind: str, recipe: str) -> str | None:
    """Why what that recipe made may not be used commercially; None where it may."""
    name = recipe.partition("@")[0]
    try:
        info = roster.plugin_class(kind, name).INFO
    except (UserError, ImportError):
        return f"{kind} {name!r} is unknown here, and so is its licence"
    return None if info.commercial is True else f"{kind} {name}: {info.licence}, {RIGHTS[info.commercial]}"


def _barred(policy: Policy, info: Info) -> str:
    told = f"{info.summary}: licence {info.licence}, {RIGHTS[info.commercial]}"
    return f"policy {policy.name} demands plug-ins whose outputs may be used commercially, not this one ({told})"
