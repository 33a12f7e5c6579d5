"""Sends again what ledgers call for, and nobody has or does: lost triplets, lost jobs."""

from typing import NamedTuple

from infra.looking import Calm, Queues
from schemas import topics
from schemas.ports import Blobs
from streams.policies import Policies
from streams.sweep import missing_triplets, unexplained

COLLECTOR = (topics.TRIPLETS.name, "collector")


class Sent(NamedTuple):
    """How much was sent again."""

    triplets: int
    jobs: int


def send_again(queues: Queues, blobs: Blobs) -> Sent | None:
    """Send the triplets that the shelf lacks; None, and nothing sent, while the collector has something to do.

    Jobs without an answer are sent as well, but only where nothing at all was queued or sent meanwhile: of others
    nobody knows whether somebody is at work on them.
    """
    calm, policies = Calm(queues.bus), Policies(blobs)
    lags = queues.bus.lag()
    if any(lags[COLLECTOR]):
        return None
    triplets = list(missing_triplets(queues.ledgers, policies, blobs))
    jobs = list(unexplained(queues.ledgers, policies, lags))
    if not calm.lasted():
        jobs = []
    queues.bus.publish([*triplets, *jobs])
    return Sent(len(triplets), len(jobs))
