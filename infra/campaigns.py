"""What a campaign was begun with, noted beside its data; going on with something else is refused."""

from infra.wiring import Stores
from schemas.errors import UserError
from schemas.ports import Blobs, Change
from streams import records
from streams.policies import Policies
from streams.records import Campaign
from streams.rules.policy import Policy

CURRENT = "/current"  # among the cursors; no campaign is called so


def begin(stores: Stores, campaign: Campaign, policy: Policy) -> list[str]:
    """Make this the campaign of a data folder, whose jobs are queued there, and note it (see `note`)."""
    noted = _noted(stores.blobs, campaign)
    _take_over(stores, campaign.campaign)
    return _note(stores.blobs, noted, campaign, policy)


def note(blobs: Blobs, campaign: Campaign, policy: Policy) -> list[str]:
    """Note the campaign, or check that this run goes on with what is noted; raises `UserError` when it does not.

    Returns what the user should know: that policy or models are no longer those that the campaign began with.
    """
    return _note(blobs, _noted(blobs, campaign), campaign, policy)


def _noted(blobs: Blobs, campaign: Campaign) -> Campaign | None:
    noted = records.campaigns(blobs).get(campaign.campaign)
    if noted is not None and noted.prompts != campaign.prompts:
        raise UserError(
            f"campaign {campaign.campaign!r} was begun with --prompts {noted.prompts}",
            "go on with those, or choose another --campaign",
        )
    return noted


def _note(blobs: Blobs, noted: Campaign | None, campaign: Campaign, policy: Policy) -> list[str]:
    Policies(blobs).keep(policy)
    if noted is None:
        blobs.put(campaign_key(campaign.campaign), campaign.model_dump_json(indent=1).encode())
        return []
    return _changes(noted, campaign)


def campaign_key(name: str) -> str:
    """Where a campaign is noted."""
    return f"{records.CAMPAIGNS}{name}.json"


def unfinished(stores: Stores) -> str:
    """The campaign whose jobs are queued in this folder, or ""."""
    if not any(lag.waiting or lag.in_flight for lag in stores.bus.lag().values()):
        return ""
    saved = stores.cursors.load([CURRENT]).get(CURRENT)
    return saved.data.decode() if saved else ""


def _take_over(stores: Stores, name: str) -> None:
    """Make `name` the campaign whose jobs are queued; another's jobs would be done by this run's models."""
    current = unfinished(stores)
    if current not in {"", name}:
        raise UserError(
            f"campaign {current!r} in this folder is not finished",
            f"finish it first (--campaign {current}), or give another --out",
        )
    saved = stores.cursors.load([CURRENT]).get(CURRENT)
    stores.cursors.save([Change(CURRENT, name.encode(), saved.version if saved else 0)])


def _changes(noted: Campaign, campaign: Campaign) -> list[str]:
    before, now = _choices(noted), _choices(campaign)
    return [
        f"campaign {campaign.campaign!r} began with {what} {before[what]}; from now on it is {choice}"
        for what, choice in now.items()
        if before.get(what, choice) != choice
    ]


def _choices(campaign: Campaign) -> dict[str, str]:
    return {"policy": f"{campaign.policy}@{campaign.policy_id[:12]}", **campaign.plugins}
