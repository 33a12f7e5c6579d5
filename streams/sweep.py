"""The sweep: what the plan calls for, but nobody is at work on, is sent again by the same name.

Delivery loses nothing by itself; a database put back from an older copy, or a topic cut short by hand, does. Whatever
is sent once too often does no harm: it is the same job with the same answer.
"""

from collections.abc import Collection, Iterator, Mapping
from itertools import islice
from typing import Literal

from schemas import codec, topics
from schemas import messages as m
from schemas.ports import Blobs, Lag, Ledgers, Outgoing
from schemas.topics import Topic
from streams import shelf
from streams.policies import Policies
from streams.rules import facts
from streams.rules.plan import Plan, plan

AT_ONCE = 256
"""Ledgers in memory at a time."""

DIRECTOR = (topics.VERDICTS.name, "director")
WAYS: Mapping[type[m.Message], tuple[Topic, ...]] = {
    m.Source: (topics.SOURCES,),
    m.EditJob: (topics.EDIT_JOBS, topics.CANDIDATES),
    m.Candidate: (topics.CANDIDATES,),
    m.JudgeJob: (topics.JUDGE_JOBS,),
    m.TextJob: (topics.TEXT_JOBS,),
}
"""The topics that a job, or what comes of it, passes before the director is told its answer."""


def unexplained(ledgers: Ledgers, policies: Policies, lags: Mapping[tuple[str, str], Lag]) -> Iterator[Outgoing]:
    """The messages to send again: jobs of open ledgers without an answer that no group's lag explains.

    A job is explained while any group between its message and the director has something waiting or in hand. Read
    `lags` while nothing new comes in: what is planned after that moment is under way but not in them.
    """
    busy = {where for where, lag in lags.items() if lag.waiting or lag.in_flight}
    if DIRECTOR in busy:
        return
    for planned in _plans(ledgers, policies, "open"):
        for name in dict.fromkeys(planned.waiting.values()):
            message = planned.messages[name]() if name else None  # "": for its source, which has a plan of its own
            if message is not None and not _explained(message, busy):
                yield codec.outgoing(message)


def missing_triplets(ledgers: Ledgers, policies: Policies, blobs: Blobs) -> Iterator[Outgoing]:
    """The triplets to send again: planned, those of closed ledgers too, without a record on the shelf.

    One whose images are gone is left out: the collector could only make it a dead letter. Every ledger is read, and
    those on their way to the collector are not told apart, so ask when it has nothing to do.
    """
    for state in ("open", "closed"):
        for planned in _plans(ledgers, policies, state):
            for message in (build() for build in planned.messages.values()):
                if isinstance(message, m.Triplet) and _lacks(blobs, message):
                    yield codec.outgoing(message)


def _plans(ledgers: Ledgers, policies: Policies, state: Literal["open", "closed"]) -> Iterator[Plan]:
    names = ledgers.names(state)
    while batch := list(islice(names, AT_ONCE)):
        for saved in ledgers.load(batch).values():
            ledger = facts.decode(saved.data)
            yield plan(ledger, policies.get(ledger.policy_id))


def _explained(message: m.Message, busy: Collection[tuple[str, str]]) -> bool:
    return any((topic.name, group) in busy for topic in WAYS[type(message)] for group in topic.groups)


def _lacks(blobs: Blobs, triplet: m.Triplet) -> bool:
    """Whether the shelf could hold the triplet, and does not."""
    return not blobs.has(shelf.triplet_key(triplet.triplet_id)) and all(
        blobs.has(source) for source, _ in shelf.images(triplet)
    )
