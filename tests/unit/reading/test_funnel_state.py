"""A funnel's counters, noted and taken up again."""

import json

from streams import funnel_state
from streams.funnel import Funnel, Heard
from tests.unit.report.scenes import Campaign


def counted(campaign: Campaign, first: int, last: int, funnel: Funnel) -> Funnel:
    for event in campaign.events[first:last]:
        funnel.add(event)
    return funnel


def test_a_funnel_that_was_noted_and_restored_tells_the_same() -> None:
    campaign = Campaign(5, smaller=16)
    funnel = counted(campaign, 0, len(campaign.events), Funnel(campaign.policy))
    again = funnel_state.restored(json.loads(json.dumps(funnel_state.state(funnel))), campaign.policy)
    assert again.as_dict() == funnel.as_dict()
    assert again.both.bins == funnel.both.bins
    assert funnel.attempts == 80


def test_a_restored_funnel_goes_on_with_the_names_it_knew() -> None:
    campaign = Campaign(3, smaller=16)
    whole = counted(campaign, 0, len(campaign.events), Funnel(campaign.policy))
    half, heard = len(campaign.events) // 2, Heard()
    first = counted(campaign, 0, half, Funnel(campaign.policy, heard=heard))
    second = funnel_state.restored(funnel_state.state(first), campaign.policy, heard=heard)
    assert counted(campaign, half, len(campaign.events), second).as_dict() == whole.as_dict()
