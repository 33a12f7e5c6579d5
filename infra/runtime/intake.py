"""The intake: brings a prompter's scenes or photographs into the stream, no faster than they are worked off.

A prompter whose service is away (`Retry`) is waited for, however long that takes, and asked again for the same item.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from typing import Annotated, Any

import msgpack
from pydantic import Field, TypeAdapter, ValidationError

from infra.runtime.backlog import Backlog
from infra.runtime.clock import SystemClock
from infra.runtime.patience import LONGEST_PAUSE_S, SHORTEST_PAUSE_S
from infra.runtime.pictures import Pictures
from infra.telemetry.health import STEP_S, Health
from schemas import codec, formats, headers, ids
from schemas import messages as m
from schemas.errors import Pending, Retry, UserError
from schemas.ports import Bus, Change, Clock, Ledgers, Outgoing
from streams import leftout
from workers.plugin import Intake as Item
from workers.plugin import Photo, Prompter, Skipped

FORMAT = 1
_CURSOR = TypeAdapter(Annotated[int, Field(ge=0, strict=True)])
CHUNK = 64
WAIT_S = 0.05
SLOW_S = 1.0
"""What came within this time is published before more is asked for: a model may take minutes over its next item."""

log = logging.getLogger(__name__)


class Intake:
    """Publishes a campaign's items from where its saved cursor stands, up to item number `scenes`.

    `admit` gives each item back, or why it must not come in. `backlog` says how much may, and nothing does while it is
    `paused`. `closing` ends the intake for good, `stop` interrupts it. A crash between publishing and saving the cursor
    only publishes the same names again. A prompter that is reread begins at its first item; each item taken is noted by
    name, so that new and mended ones are found among the old. `left_out` is told of what must not come in.
    """

    def __init__(
        self,
        prompter: Prompter[Any],
        campaign: str,
        bus: Bus,
        pictures: Pictures,
        cursors: Ledgers,
        stop: threading.Event,
        backlog: Backlog,
        scenes: int | None = None,
        skipped: Callable[[Skipped], None] | None = None,
        paused: Callable[[], bool] = lambda: False,
        clock: Clock | None = None,
        health: Health | None = None,
        admit: Callable[[Item], Item] = lambda item: item,
        left_out: Callable[[list[leftout.Item]], None] = lambda _items: None,
    ) -> None:
        self._prompter, self._campaign, self._bus, self._pictures = prompter, campaign, bus, pictures
        self._cursors, self._stop, self._backlog = cursors, stop, backlog
        self._scenes, self._skipped, self._paused = scenes, skipped, paused
        self._admit, self._left_out = admit, left_out
        self._clock = clock or SystemClock()
        self._health = health or Health(self._clock, stop)
        self._pulse = self._health.pulse("prompter", "has not begun")
        self._away_since: float | None = None
        self._reason, self._refused = "", 0
        self.cursor, self._version = self._saved()
        if prompter.REREAD:
            self.cursor = 0
        self.closing = threading.Event()
        self.finished = threading.Event()

    @property
    def trouble(self) -> str:
        """What keeps the prompter from proposing, in words for people; "" when nothing does."""
        since = self._away_since
        if since is None:
            return ""
        waited = int(self._clock.monotonic() - since)
        return f"{self.name}: service away for {waited} s ({self._reason}); asking again"

    @property
    def name(self) -> str:
        """The plug-in, for people."""
        return f"prompter {type(self._prompter).__module__.rpartition('.')[2]}"

    def run(self) -> None:
        """Publish until the items end, `scenes` are out, or the intake is closed or stopped."""
        self._pulse.lacks = ""
        try:
            self._take_in()
        finally:
            self._health.over(self._pulse)
        if not self._stop.is_set():
            self.finished.set()

    def _take_in(self) -> None:
        if self._scenes is None or self.cursor < self._scenes:
            items: Iterator[Item] | None = None
            while room := self._room():
                items = self._prompter.intake(self._campaign, self.cursor) if items is None else items
                with self._pulse.within(STEP_S):
                    chunk, refusal = self._drawn(items, room)
                if chunk:
                    self._publish(chunk)
                if refusal is not None:  # which ended those items: the same ones go on from the cursor
                    items = None
                    self._wait_out(refusal)
                elif not chunk:
                    break

    def _drawn(self, items: Iterator[Item], most: int) -> tuple[list[Item], Retry | None]:
        """Up to `most` items, fewer where they are slow to come or where the prompter was put off."""
        chunk: list[Item] = []
        until = self._clock.monotonic() + SLOW_S
        try:
            for item in items:
                chunk.append(self._admit(item))
                self._back()
                if len(chunk) == most or self._clock.monotonic() > until:
                    break
        except Retry as refusal:
            return chunk, refusal
        return chunk, None

    def _wait_out(self, refusal: Retry) -> None:
        """Wait as long as the service asks for, longer from time to time; tells once that it is away."""
        now = self._clock.monotonic()
        self._reason = str(refusal)
        if self._away_since is None and not isinstance(refusal, Pending):  # which is at work, and takes its time
            self._away_since = now
            log.warning("%s: service away (%s); asking again until it is back", self.name, self._reason)
        pause = min(LONGEST_PAUSE_S, SHORTEST_PAUSE_S * 2.0 ** min(self._refused, 16))
        self._refused += 1
        until = now + max(refusal.after_s, pause)
        while not self.closing.is_set() and (left := until - self._clock.monotonic()) > 0:
            self._pulse.turned()
            if self._stop.wait(min(WAIT_S, left)):
                return

    def _back(self) -> None:
        if self._away_since is not None:
            log.warning("%s: service back after %.0f s", self.name, self._clock.monotonic() - self._away_since)
        self._away_since, self._reason, self._refused = None, "", 0

    def _room(self) -> int:
        """How many items may go out now; waits until there is room, 0 when there is nothing more to do."""
        left = CHUNK if self._scenes is None else self._scenes - self.cursor
        while left > 0 and not self._stop.is_set() and not self.closing.is_set():
            if not self._paused() and (room := self._backlog.room()):
                return min(left, CHUNK, room)
            self._pulse.turned()
            self._stop.wait(WAIT_S)
        return 0

    def _publish(self, chunk: list[Item]) -> None:
        fresh = self._not_taken(chunk) if self._prompter.REREAD else dict[str | int, Item](enumerate(chunk))
        messages = [message for item in fresh.values() if (message := self._message(item)) is not None]
        with self._pulse.within():  # brokers that are away are waited for
            self._bus.publish(messages)
            self._left_out([leftout.Item(one.what, one.cause, one.by) for one in chunk
                            if isinstance(one, Skipped) and one.cause])  # fmt: skip
        cursor = self.cursor + len(chunk)
        change = Change(self._campaign, msgpack.packb({"format": FORMAT, "cursor": cursor}), self._version)
        notes = [Change(name, b"", 0) for name in fresh if isinstance(name, str)]
        if self._campaign in self._cursors.save([change, *notes]):
            raise UserError(
                f"another prompter is at work on campaign {self._campaign!r}", "stop it, or choose another --campaign"
            )
        self.cursor, self._version = cursor, self._version + 1
        self._backlog.took(len(fresh))

    def _not_taken(self, chunk: list[Item]) -> dict[str | int, Item]:
        """Items that no run took yet, by the name they are noted under; those that cannot be used have a number."""
        named = {self._note_of(item) or number: item for number, item in enumerate(chunk)}
        taken = self._cursors.load([name for name in named if isinstance(name, str)])
        return {name: item for name, item in named.items() if name not in taken}

    def _note_of(self, item: Item) -> str:
        if isinstance(item, Skipped):
            return ""
        source = ids.photo_source_id(self._campaign, item.sha256) if isinstance(item, Photo) else item.source_id
        return f"{self._campaign}/{source}"

    def _message(self, item: Item) -> Outgoing | None:
        """The item as a message; what cannot be told (a name with half a character, say) is passed over."""
        if not isinstance(item, Skipped):
            try:
                message = self._photograph(item) if isinstance(item, Photo) else item
                return codec.outgoing(message, {headers.BEGAN: f"{self._clock.now():.1f}"})
            except ValueError as error:
                name = item.name if isinstance(item, Photo) else item.prompt_id
                item = Skipped(name.encode(errors="replace").decode(), _why(error))
        log.warning("skipped %s: %s", item.what, item.reason)
        if self._skipped:
            self._skipped(item)
        return None

    def _photograph(self, photo: Photo) -> m.Source:
        source = ids.photo_source_id(self._campaign, photo.sha256)
        image = self._pictures.store(f"scratch/sources/{source[:2]}/{source}.photo", photo.image)
        subject = m.Subject(
            campaign=self._campaign, source_id=source, prompt_id=photo.name[:256], text=photo.caption,
            style="photograph", image=image, origin="photo", licence=photo.licence, author=photo.author,
            licence_words=photo.words or None, training=photo.leave or None, web=photo.web or None,
        )  # fmt: skip
        return m.Source(subject=subject, requests=photo.requests)

    def _saved(self) -> tuple[int, int]:
        saved = self._cursors.load([self._campaign]).get(self._campaign)
        if saved is None:
            return 0, 0
        what = f"the cursor of campaign {self._campaign!r}"
        with formats.readable(f"{what} is damaged", formats.DATABASE_HINT):
            raw = msgpack.unpackb(saved.data)
            formats.check(what, raw, FORMAT)
            return _CURSOR.validate_python(raw["cursor"]), saved.version


def _why(error: ValueError) -> str:
    """One line on what is wrong with an item."""
    if not isinstance(error, ValidationError):
        return str(error)
    first = error.errors(include_url=False, include_input=False)[0]
    return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
