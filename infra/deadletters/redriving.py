"""Redrives dead letters: a parked job is asked again by an event, anything else goes back to where it came from.

First the messages, then the notes: after a crash between them a message is put back twice, which does no harm.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Literal

from infra.campaigns import CURRENT
from infra.deadletters import tries
from infra.deadletters.reading import AT_ONCE, UNREADABLE, Desk, Entry, State, Wanted, entries, note_key, origin
from schemas import codec
from schemas import messages as m
from schemas.ids import digest
from schemas.ports import Outgoing

Deed = Literal["ask", "put back", "nothing", "refuse"]

WHY_NOT: Mapping[State, str] = {
    "asked again": "it was asked again before and has no answer yet",
    "answered": "a later try got an answer",
    "lost attempt": "a failed edit costs one attempt and cannot be asked again; the plan went on without it",
    "put back": "its message was put back before; --again insists",
}


@dataclass(frozen=True, slots=True)
class Step:
    """What redriving a letter does, in words; the message that does it, unless an earlier step sends the same."""

    entry: Entry
    deed: Deed
    says: str
    message: Outgoing | None = None
    repeats: bool = False

    @property
    def sends(self) -> bool:
        """Whether this step sends something."""
        return self.message is not None and not self.repeats


def redrive(desk: Desk, wanted: Wanted, *, limit: int = 0, again: bool = False, dry: bool = False) -> Iterator[Step]:
    """Redrive the letters wanted, oldest first, giving each step once it is done; each job and message once.

    `limit` is the most that is sent (0: everything), `again` puts back even what was put back before, `dry` does
    nothing. Works beside a mining process, which takes at once what is sent.
    """
    saved = desk.cursors.load([CURRENT]).get(CURRENT)
    campaign = saved.data.decode() if saved else ""
    found = entries(desk, wanted)
    sent: set[str] = set()
    while batch := list(islice(found, AT_ONCE)):
        steps: list[Step] = []
        for entry in batch:
            step = _once(_step(entry, campaign, again), sent)
            if limit and step.sends and len(sent) > limit:
                break
            steps.append(step)
        if not dry:
            _carry_out(desk, steps)
        yield from steps
        if len(steps) < len(batch):
            return


def _once(step: Step, sent: set[str]) -> Step:
    """The step, which repeats when its message is among those sent; adds it to them."""
    if step.message is None:
        return step
    name = digest(step.message.topic, step.message.key, step.message.value.hex())
    if name in sent:
        return replace(step, repeats=True, says=f"{step.says}: another letter does that already")
    sent.add(name)
    return step


def _carry_out(desk: Desk, steps: list[Step]) -> None:
    desk.bus.publish([step.message for step in steps if step.message and step.sends])
    for letter in (step.entry.letter for step in steps if step.deed == "put back"):
        desk.blobs.put(note_key(letter), json.dumps({"format": 1, "origin": letter.origin}).encode())


def _step(entry: Entry, campaign: str, again: bool) -> Step:
    if entry.state in WHY_NOT and not (entry.state == "put back" and again):
        return Step(entry, "refuse" if entry.state == "lost attempt" else "nothing", WHY_NOT[entry.state])
    own = _campaign(entry.message)
    if own not in {"", campaign} and campaign:  # the folder's next jobs are done by the models of its current campaign
        why = f"campaign {own!r} is not the one this folder is at: run `nhr mine --campaign {own}` first"
        return Step(entry, "refuse", why)
    return _sending(entry)


def _sending(entry: Entry) -> Step:
    message, letter = entry.message, entry.letter
    if letter.error != UNREADABLE and isinstance(message, tries.Asked):
        name = tries.name(message, entry.retry)
        subject = message.job.subject if isinstance(message, m.Candidate) else message.subject
        event = m.Redrive(source_id=subject.source_id, job_id=name, retry=entry.retry + 1)
        says = f"ask {letter.group} job {name} again (redrive {event.retry})"
        return Step(entry, "ask", says, codec.outgoing(event))
    topic = origin(letter)
    if topic is None:
        return Step(entry, "refuse", f"it does not say which topic it came from (origin {letter.origin!r})")
    what = "the bytes" if message is None else f"the {type(message).__name__.lower()}"
    back = Outgoing(topic.name, letter.key, letter.value, letter.headers)
    return Step(entry, "put back", f"put {what} back on {topic.name}", back)


def _campaign(message: Any) -> str:
    """The campaign whose models would do the message's job; a triplet needs none."""
    if message is None or isinstance(message, m.Triplet):
        return ""
    subject = m.subject_of(message)
    return subject.campaign if subject else str(getattr(message, "campaign", ""))
