"""What a campaign has under way that no record tells of yet, so that it goes on in a new folder and is not lost."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

import msgpack

from infra.campaigns import CURRENT
from infra.deadletters.reading import note_key
from infra.looking import Queues, kept, looked_into
from infra.place import Place
from infra.redecided import NewFolder
from infra.settings import Settings
from infra.wiring import DATABASE, Stores
from schemas import codec, topics
from schemas import messages as m
from schemas.deadletters import read_letter
from schemas.errors import Undecodable, UserError
from schemas.ports import Blobs, Change, Outgoing
from streams.funnel import campaign_of
from streams.records import Event
from streams.redeciding.fold import Redecided, pictures_of

AT_ONCE = 256

Scene = m.Prompt | m.Source


@dataclass
class UnderWay:
    """How far a campaign's intake came (`cursor`); its `scenes` that no gate has answered, by source id; `events` that
    were told but not recorded yet; `letters`: dead ones of prompts that could not be drawn."""

    campaign: str
    cursor: int
    scenes: dict[str, Scene] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    letters: list[Outgoing] = field(default_factory=list)

    def settle(self, now: Redecided) -> None:
        """Take a source that was decided: its scene is no longer under way."""
        if now.ledger.source is not None:
            self.scenes.pop(now.source_id, None)

    def hand_over(self, folder: NewFolder, stores: Stores) -> None:
        """Queue what is left in the new folder, once, and note there how far the intake came."""
        if stores.cursors.load([CURRENT]):
            return
        for ref in (ref for scene in self.scenes.values() for ref in pictures_of(scene)):
            folder.bring(ref, ref.key)
        stores.bus.publish([*(codec.outgoing(scene) for scene in self.scenes.values()), *self.letters])
        intake = Change(self.campaign, msgpack.packb({"format": 1, "cursor": self.cursor}), 0)
        stores.cursors.save([intake, Change(CURRENT, self.campaign.encode(), 0)])


def taken_over(place: Place, settings: Settings, campaign: str, stores: Stores) -> UnderWay:
    """What is under way in a folder, which may be mined; to be asked before its records are read.

    The notes of a prompter that is reread (photographs, files) are copied into the new folder's `stores`. Read from
    upstream to downstream, so that what moves on meanwhile is seen at least once. Raises `UserError` without queues.
    """
    with looked_into(place.folder, settings) as queues:
        if queues is None:
            raise UserError(
                f"{DATABASE} of {place.name} is gone, which says how far the intake came", "leave --issue out"
            )
        saved = queues.cursors.load([campaign]).get(campaign)
        found = UnderWay(campaign, int(msgpack.unpackb(saved.data)["cursor"]) if saved else 0)
        taken = (name for name in queues.cursors.names("open") if name.startswith(f"{campaign}/"))
        while batch := list(islice(taken, AT_ONCE)):
            stores.cursors.save([Change(name, b"", 0) for name in batch])
        for prompt in _waiting(queues, topics.PROMPTS, "generator"):
            if isinstance(prompt, m.Prompt) and prompt.campaign == campaign:
                found.scenes[prompt.source_id] = prompt
        for source in _waiting(queues, topics.SOURCES, "gate"):
            if isinstance(source, m.Source) and source.subject.campaign == campaign:
                found.scenes[source.subject.source_id] = source
        for event in _waiting(queues, topics.VERDICTS, "recorder"):
            if isinstance(event, Event) and campaign_of(event) in {"", campaign}:
                found.events.append(event)
        found.letters = list(_undrawn(queues, place.blobs, campaign))
    return found


def _waiting(queues: Queues, topic: topics.Topic, group: str) -> Iterator[object]:
    """The messages that the group has perhaps not done with."""
    for delivery in kept(queues.bus, topic.name, queues.bus.floors(topic.name, group)):
        yield _decoded(topic, delivery.value)


def _undrawn(queues: Queues, blobs: Blobs, campaign: str) -> Iterator[Outgoing]:
    """The letters of the campaign's prompts, whose failures in the records do not hold them, without those put back."""
    for delivery in kept(queues.bus, topics.DEAD_LETTERS.name):
        letter = read_letter(delivery)
        prompt = _decoded(topics.PROMPTS, letter.value) if letter.topic == topics.PROMPTS.name else None
        if isinstance(prompt, m.Prompt) and prompt.campaign == campaign and not blobs.has(note_key(letter)):
            yield Outgoing(topics.DEAD_LETTERS.name, delivery.key, delivery.value, delivery.headers)


def _decoded(topic: topics.Topic, data: bytes) -> object:
    """The message; None for what nobody can decode."""
    try:
        return codec.decode(topic, data)
    except Undecodable:
        return None
