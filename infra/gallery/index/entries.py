"""What the index keeps of a triplet and of a rejected attempt: columns to find it by, a card to show, words."""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from infra.gallery.index.schema import FILTERS
from infra.gallery.index.words import spread
from infra.report.gather import Rejected
from schemas.messages import ImageRef, Scores, Triplet
from streams.retractions import Retractions, Target

Value = str | float | int | bytes | None


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that is listed in `table`; `pictures` are those it shows and the source's."""

    table: str
    id: str
    source: str
    columns: Mapping[str, Value]
    card: Mapping[str, object]
    words: str
    pictures: tuple[ImageRef, ...]


def of_triplet(triplet: Triplet, at: float, judged: bool) -> Entry:
    """A triplet; `at` is when it was judged or, not `judged` by any record yet, first seen."""
    subject, truth = triplet.subject, triplet.measures.get("truth")
    columns: dict[str, Value] = {
        "at": at, "judged": int(judged), "truth": None if truth is None else int(truth >= 0.5),
        "kind": triplet.kind, "operation": triplet.operation, "style": subject.style,
        "model": plugin(triplet.edits[-1].editor if triplet.edits else ""), "campaign": subject.campaign,
        **_scores(triplet.scores),
    }  # fmt: skip
    card = {
        "instruction": triplet.instruction, "origin": subject.origin, "author": subject.author,
        "before": _picture(triplet.before), "after": _picture(triplet.after),
    }  # fmt: skip
    words = "\n".join((triplet.instruction, *triplet.texts.values(), subject.text, triplet.operation))
    pictures = (subject.image, triplet.before, triplet.after)
    return Entry("triplets", triplet.triplet_id, subject.source_id, columns, card, words, pictures)


def of_rejected(one: Rejected, model: str) -> Entry:
    """A rejected attempt, inverse or composite, whose edit `model` made."""
    subject, value = one.subject, one.measures.get(one.bar)
    columns: dict[str, Value] = {
        "at": one.at, "stage": one.stage, "bar": one.bar, "kind": one.kind, "operation": one.operation,
        "style": subject.style, "model": model, "campaign": subject.campaign, **_scores(one.scores),
    }  # fmt: skip
    card = {
        "instruction": one.instruction, "origin": subject.origin, "author": subject.author, "attempt": one.attempt,
        "value": None if value is None else f"{value:.4g}", "reason": one.reason,
        "before": _picture(one.before), "after": _picture(one.after),
    }  # fmt: skip
    words = "\n".join((one.instruction, one.reason, one.bar, subject.text, one.operation))
    return Entry("rejected", one.name, subject.source_id, columns, card, words, (subject.image, one.before, one.after))


def plugin(recipe: str) -> str:
    """The plug-in's name of a recipe."""
    return recipe.partition("@")[0]


@dataclass
class Writer:
    """Puts entries into the index and takes them out, within the transaction of its connection."""

    connection: sqlite3.Connection
    taken_back: Retractions
    _facets: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    _pictures: set[tuple[str, str, str]] = field(default_factory=set)

    def add(self, entry: Entry) -> bool:
        """Put an entry in; says whether it is new."""
        shown = int(self._shown(entry.id, entry.source, _digests(entry.pictures)))
        columns = {
            "id": entry.id, "source": entry.source, "shown": shown, "pictures": _digests(entry.pictures),
            **entry.columns,
        }  # fmt: skip
        names, marks = ", ".join(columns), ", ".join("?" * len(columns))
        done = self.connection.execute(
            f"INSERT OR IGNORE INTO {entry.table} ({names}) VALUES ({marks})",
            [_plain(value) for value in columns.values()],
        )
        if not done.rowcount:
            return False
        data = _plain(json.dumps(entry.card, ensure_ascii=False, separators=(",", ":")))
        number = done.lastrowid
        self.connection.execute(f"INSERT INTO {entry.table}_cards VALUES (?, ?)", (number, data))
        self.connection.execute(
            f"INSERT INTO {entry.table}_words (rowid, text) VALUES (?, ?)", (number, _plain(spread(entry.words)))
        )
        if shown:
            self._count(entry.table, [str(columns[name]) for name in FILTERS[entry.table]], 1)
        return True

    def pictures(self, source: str, refs: Iterable[ImageRef], model: str = "") -> None:
        """Make pictures of a source known; `model` made them, where that is told."""
        rows = []
        for ref in refs:
            known = len(self._pictures)
            self._pictures.add((ref.sha256, source, model))
            if len(self._pictures) > known:
                rows.append((bytes.fromhex(ref.sha256), source, ref.format, ref.width, ref.height, ref.key, model))
        self.connection.executemany(
            "INSERT INTO pictures VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET model = excluded.model "
            "WHERE model = '' AND excluded.model != ''",
            rows,
        )

    def remove(self, ids: Iterable[str]) -> None:
        """Take triplets out whose records are gone."""
        for name in ids:
            self._set_shown("triplets", "id = ?", name, keep=False)
            for (number,) in self.connection.execute("DELETE FROM triplets WHERE id = ? RETURNING number", (name,)):
                self.connection.execute("DELETE FROM triplets_cards WHERE number = ?", (number,))

    def reconsider(self, target: Target, value: str) -> None:
        """Show or hide what a retraction names, now that it came or went."""
        if target == "triplet":
            self._set_shown("triplets", "id = ?", value)
            return
        sources = [value]
        if target == "sha256":
            found = self.connection.execute("SELECT source FROM pictures WHERE sha256 = ?", (bytes.fromhex(value),))
            sources = [source for (source,) in found]
        for source in sources:
            for table in FILTERS:
                self._set_shown(table, "source = ?", source)

    def flush(self) -> None:
        """Write what was counted; call before the transaction ends."""
        self.connection.executemany(
            "INSERT INTO facets VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count",
            [(*key, count) for key, count in self._facets.items() if count],
        )
        self._facets.clear()

    def _set_shown(self, table: str, where: str, value: str, keep: bool = True) -> None:
        names = FILTERS[table]
        rows = self.connection.execute(
            f"SELECT number, id, source, pictures, shown, {', '.join(names)} FROM {table} WHERE {where}", (value,)
        ).fetchall()
        for number, name, source, pictures, before, *values in rows:
            shown = int(keep and self._shown(name, source, pictures))
            if shown != before:
                self.connection.execute(f"UPDATE {table} SET shown = ? WHERE number = ?", (shown, number))
                self._count(table, values, 1 if shown else -1)

    def _shown(self, name: str, source: str, pictures: bytes) -> bool:
        """Whether no retraction covers it."""
        names: list[tuple[Target, str]] = [("triplet", name), ("source", source)]
        names += [("sha256", pictures[at : at + 32].hex()) for at in range(0, len(pictures), 32)]
        return self.taken_back.among(names) is None

    def _count(self, table: str, values: Iterable[str], by: int) -> None:
        for name, value in zip(FILTERS[table], values, strict=True):
            self._facets[table, name, value] += by
        self._facets[table, "", ""] += by


def _scores(scores: Scores | None) -> dict[str, Value]:
    if scores is None:
        return {"overall": None, "adherence": None, "aesthetics": None}
    return {
        "overall": scores.geometric_mean, "adherence": scores.adherence, "aesthetics": scores.aesthetics,
    }  # fmt: skip


def _picture(ref: ImageRef) -> list[object]:
    return [ref.sha256, ref.width, ref.height]


def _digests(pictures: Iterable[ImageRef]) -> bytes:
    return b"".join(bytes.fromhex(ref.sha256) for ref in pictures)


def _plain(value: Value) -> Value:
    """Text that SQLite can hold whole: half characters, which a shelf may not have, become question marks."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
