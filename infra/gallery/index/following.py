"""Keeps the index up with what is mined: new records of the shelf, retractions, new segments of the records."""

import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from infra.gallery.index import judged
from infra.gallery.index.counting import Counting
from infra.gallery.index.entries import Writer, of_rejected, of_triplet, plugin
from infra.gallery.index.schema import SORTED
from infra.gallery.index.standing import Standing
from infra.report.gather import rejection
from schemas import messages as m
from schemas.errors import Missing, UserError
from schemas.ports import Blobs
from streams import policies, records, retractions, shelf
from streams.ahead import ahead
from streams.funnel import accepted
from streams.records import Event
from streams.retractions import Retraction, Retractions
from streams.rules import policy

BATCH = 2000
"""Records of the shelf, or recorded events, that one transaction takes in: many, for each writes its pages once."""


class Following:
    """One thread's view of a place and of its index; `stopped` says when to break off, between two transactions."""

    def __init__(
        self, blobs: Blobs, connection: sqlite3.Connection, standing: Standing, stopped: Callable[[], bool]
    ) -> None:
        self._blobs, self._connection, self._standing, self._stopped = blobs, connection, standing, stopped
        self._default = policy.read("paper")
        self._policies = dict[str, policy.Policy]()
        self._counting = Counting(connection, self._default)
        self._retractions: dict[str, Retraction] = {}
        self._ids = {name for (name,) in connection.execute("SELECT id FROM triplets")}
        self._read = {key for (key,) in connection.execute("SELECT key FROM segments")}

    def look(self) -> None:
        """Take in what is new; raises `sqlite3.Error` for an index that is damaged, `UserError` for a place that is."""
        if not self._ids and not self._read:
            self._sorted_later()
        self._take_back()
        self.shelf()
        self.records()
        if not self._stopped():
            self._sort()
            self._standing.rest()

    def _sorted_later(self) -> None:
        """Build without what lists are sorted by, and sort once at the end: half the work."""
        for name in SORTED:
            self._connection.execute(f"DROP INDEX IF EXISTS {name}")

    def _sort(self) -> None:
        """Make what lists are sorted by, where it is not there."""
        for statement in SORTED.values():
            self._connection.execute(statement)

    @contextmanager
    def _writing(self) -> Iterator[Writer]:
        writer = Writer(self._connection, Retractions(self._retractions.values()))
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield writer
            writer.flush()
            self._counting.save()
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            self._counting.again()
            raise

    # --- retractions --------------------------------------------------------------------------------------------------

    def _take_back(self) -> None:
        keys = set(self._blobs.list(retractions.FOLDER))
        for key in keys - self._retractions.keys():
            self._retractions[key] = retractions.read(self._blobs, key)
        for key in self._retractions.keys() - keys:
            del self._retractions[key]
        known = {(one.target, one.value): one.reason for one in self._retractions.values()}
        before = {(target, value) for target, value, _ in self._connection.execute("SELECT * FROM retractions")}
        changed = known.keys() ^ before
        if not changed:
            return
        with self._writing() as writer:
            for target, value in changed:
                writer.reconsider(target, value)
            self._connection.execute("DELETE FROM retractions")
            rows = [(target, value, reason) for (target, value), reason in known.items()]
            self._connection.executemany("INSERT INTO retractions VALUES (?, ?, ?)", rows)

    # --- shelf --------------------------------------------------------------------------------------------------------

    def shelf(self) -> None:
        """Take in what is new on the shelf, and let go what is no longer there."""
        there = {_id(key): key for key in self._blobs.list(shelf.TRIPLETS)}
        gone = self._ids - there.keys()
        if gone:
            with self._writing() as writer:
                writer.remove(gone)
            self._ids -= gone
        new = [key for name, key in there.items() if name not in self._ids and key not in self._standing.unreadable]
        if not new:
            return
        self._standing.start("triplets", len(new))
        batch: list[m.Triplet] = []
        for key, read in ahead(self._blobs.get, new):
            try:
                batch.append(shelf.parse(key, read()))
            except (UserError, Missing) as error:
                self._standing.unreadable[key] = str(error)
            if len(batch) >= BATCH:
                self._shelve(batch)
                batch = []
            if self._stopped():
                return
        self._shelve(batch)

    def _shelve(self, batch: list[m.Triplet]) -> None:
        with self._writing() as writer:
            for triplet in batch:
                judged = self._moment(triplet.triplet_id)
                writer.add(of_triplet(triplet, judged or time.time(), judged is not None))
                if judged is not None:
                    self._counting.triplet(judged)
                refs = (triplet.subject.image, triplet.before, triplet.after)
                writer.pictures(triplet.subject.source_id, refs)
        self._ids.update(triplet.triplet_id for triplet in batch)
        self._standing.done += len(batch)

    def _moment(self, name: str) -> float | None:
        """When a triplet was judged, where a record told so before it was on the shelf."""
        found = self._connection.execute("DELETE FROM moments WHERE id = ? RETURNING at", (name,)).fetchone()
        return None if found is None else float(found[0])

    # --- records ------------------------------------------------------------------------------------------------------

    def records(self) -> None:
        """Take in new segments of the records."""
        new = [key for key in self._blobs.list(records.VERDICTS) if key not in self._read]
        new = [key for key in new if key not in self._standing.unreadable]
        if not new:
            return
        self._policies = policies.kept(self._blobs)
        self._counting.under(self._policies)
        self._standing.start("segments of records", len(new))
        batch: dict[str, list[Event]] = {}
        for key, read in ahead(lambda key: records.read_segment(self._blobs, key), new, most=4):
            try:
                batch[key] = [event for _, data in read() if (event := records.decoded(data)) is not None]
            except (UserError, Missing) as error:
                self._standing.unreadable[key] = str(error)
            if sum(map(len, batch.values())) >= BATCH:
                self._record(batch)
                batch = {}
            if self._stopped():
                return
        self._record(batch)

    def _record(self, batch: Mapping[str, Sequence[Event]]) -> None:
        with self._writing() as writer:
            for key, events in batch.items():
                self._segment(writer, key, events)
        self._read.update(batch)
        self._standing.done += len(batch)

    def _segment(self, writer: Writer, key: str, events: Sequence[Event]) -> None:
        number = self._connection.execute("INSERT INTO segments (key) VALUES (?)", (key,)).lastrowid
        sources = {_source(event) for event in events}
        self._connection.executemany("INSERT INTO mentions VALUES (?, ?)", [(one, number) for one in sources])
        for event in events:
            told = self._connection.execute("INSERT OR IGNORE INTO told VALUES (?)", (records.name_of(event),))
            if told.rowcount:
                self._event(writer, event)

    def _event(self, writer: Writer, event: Event) -> None:
        self._counting.add(event)
        match event:
            case m.ScreenVerdict():
                job, model = event.job.job, plugin(event.job.made_by)
                writer.pictures(job.subject.source_id, [event.job.image], model)
                writer.pictures(job.subject.source_id, [job.subject.image])
                policy_id = job.policy_id
            case m.JudgeVerdict():
                policy_id = event.job.policy_id
                refs = (event.job.before, event.job.after)
                writer.pictures(event.job.subject.source_id, refs)
                model = self._maker(event.job)
                passed = accepted(event, self._policies.get(policy_id, self._default))
                judged.add(self._connection, event, passed)
                if passed:
                    self._judged(event.job.triplet_id, event.meter.at)
            case _:
                return
        one = rejection(event, self._policies.get(policy_id, self._default))
        if one is not None:
            writer.add(of_rejected(one, model))

    def _maker(self, job: m.JudgeJob) -> str:
        """The plug-in that made the edit which is judged, where its screening was told."""
        edited = job.before if job.kind == "inverse" else job.after
        found = self._connection.execute(
            "SELECT model FROM pictures WHERE sha256 = ? AND source = ?",
            (bytes.fromhex(edited.sha256), job.subject.source_id),
        ).fetchone()
        return str(found[0]) if found else ""

    def _judged(self, name: str, at: float) -> None:
        """Note when a triplet was judged: with it, or until it comes to the shelf."""
        if at <= 0:
            return
        done = self._connection.execute(
            "UPDATE triplets SET at = ?, judged = 1 WHERE id = ? AND judged = 0", (at, name)
        )
        if done.rowcount:
            self._counting.triplet(at)
        elif name not in self._ids:
            self._connection.execute("INSERT OR IGNORE INTO moments VALUES (?, ?)", (name, at))


def _id(key: str) -> str:
    return key.rsplit("/", 1)[1].removesuffix(".json")


def _source(event: Event) -> str:
    subject = m.subject_of(event)
    return subject.source_id if subject else getattr(event, "source_id", "")
