"""What a campaign was begun with, noted beside its data; going on with something else is refused."""

from infra.wiring import Stores
from schemas.errors import UserError
from streams import records
from streams.policies import Policies
from streams.records import Campaign
from streams.rules.policy import Policy


def begin(stores: Stores, campaign: Campaign, policy: Policy) -> None:
    """Note the campaign, or check that this run goes on with what is noted; raises `UserError` when it does not."""
    Policies(stores.blobs).keep(policy)
    known = records.campaigns(stores.blobs)
    _refuse_unfinished(stores, campaign.campaign, known)
    noted = known.get(campaign.campaign)
    if noted is not None and noted.prompts != campaign.prompts:
        raise UserError(
            f"campaign {campaign.campaign!r} was begun with --prompts {noted.prompts}",
            "go on with those, or choose another --campaign",
        )
    if noted is None:
        stores.blobs.put(campaign_key(campaign.campaign), campaign.model_dump_json(indent=1).encode())


def campaign_key(name: str) -> str:
    """Where a campaign is noted."""
    return f"{records.CAMPAIGNS}{name}.json"


def _refuse_unfinished(stores: Stores, name: str, known: dict[str, Campaign]) -> None:
    """Another campaign's jobs would be done by this run's models."""
    others = sorted(set(known) - {name})
    if others and any(lag.waiting or lag.in_flight for lag in stores.bus.lag().values()):
        raise UserError(
            f"campaign {others[-1]!r} in this folder is not finished", "finish it first, or give another --out"
        )
