"""Frees what no one will need again: working pictures, answers, pictures that no record names, dropped shards.

Answers go first, then the pictures that only they named: whatever is cut short, an answer that stands has its picture.
"""

import os
import re
import time
from collections import Counter
from collections.abc import Callable, Container
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from infra.disk import files, taken
from infra.looking import looked_into
from infra.needs import Needs, gathered
from infra.settings import Settings
from infra.wiring import DATABASE, embedded
from schemas import codec
from schemas import messages as m
from schemas.errors import Missing, Undecodable, UserError
from schemas.ports import Blobs
from streams import policies, records, shelf
from streams.dataset import manifests, orphans
from workers import roster

ANSWERS = "answers/"
SCRATCH = "scratch/"
YOUNG = "younger"
ANSWERED = "kept answers"
NAMED = "named by records"
UNKEPT = "judged, not in the records"
FOREIGN = "no file of NHR's"
PICTURES = tuple(f".{suffix}" for suffix in shelf.SUFFIXES.values())

Progress = Callable[[int, int], None]
"""Told (files looked at, files in all)."""
Why = Callable[[str], str]
"""Why the file of a key is kept; "" where nothing needs it."""


@dataclass
class Area:
    """Files and bytes below one prefix, what of them is freed, and why the rest is kept (files by reason)."""

    name: str
    files: int = 0
    bytes: int = 0
    freed_files: int = 0
    freed_bytes: int = 0
    kept: Counter[str] = field(default_factory=Counter)

    def as_dict(self) -> dict[str, object]:
        """Plain JSON values."""
        return vars(self) | {"kept": dict(self.kept)}


def collect(
    out: Path, settings: Settings, older_s: float, dry_run: bool = False, progress: Progress | None = None,
    now: float | None = None,
) -> list[Area]:  # fmt: skip
    """Free what is older than `older_s` seconds and not needed (with `dry_run`: only say what).

    Raises `UserError` while somebody mines there, and where records are damaged: then nobody knows what they name.
    """
    if not (out / DATABASE).is_file():
        hint = "nothing tells what is still needed there; free scratch/ and answers/ by hand if you know"
        raise UserError(f"{out} has no {DATABASE}", hint)
    with embedded(out, settings) as stores, looked_into(out, settings) as queues:
        if queues is None:
            raise UserError(f"{out / DATABASE} is gone", "run the same command again")
        needs = gathered(queues, stores.blobs)
        shelved, recorded = _shelved(stores.blobs), _recorded(stores.blobs, needs)
        before = (time.time() if now is None else now) - older_s
        broom = _Broom(out, stores.blobs, before, dry_run, progress)
        freed = [
            broom.sweep(ANSWERS, lambda key: _asked(needs, key), lambda key: _answered(stores.blobs, needs, key)),
            broom.sweep(SCRATCH, lambda key: needs.pictures.get(key) or FOREIGN * (not key.endswith(PICTURES))),
            broom.sweep(shelf.IMAGES, lambda key: _in(shelved, key)),
            broom.sweep(records.IMAGES, lambda key: _in(recorded, key)),
        ]
        return [*freed, *_packed(out, stores.blobs, Moment(time.time() if now is None else now), older_s, dry_run)]


@dataclass(frozen=True)
class Moment:
    """A clock that stands still."""

    at: float

    def now(self) -> float:
        """Unix time in seconds."""
        return self.at

    def monotonic(self) -> float:
        """Seconds that never go back."""
        return self.at


def _packed(out: Path, blobs: Blobs, clock: Moment, older_s: float, dry_run: bool) -> list[Area]:
    """Free files of shards as packers do (see `streams.dataset.orphans`); nothing where nothing was packed."""
    why, area, sizes = orphans.why(blobs, clock.now(), older_s), Area(manifests.FOLDER.rstrip("/")), dict[str, int]()
    for key in orphans.files(blobs):
        with suppress(FileNotFoundError):
            sizes[key] = taken((out / key).lstat())
            area.files, area.bytes = area.files + 1, area.bytes + sizes[key]
            area.kept.update(filter(None, [why(key)]))
    gone = orphans.collect(blobs, clock, older_s, dry_run).keys
    area.freed_files, area.freed_bytes = len(gone), sum(sizes.get(key, 0) for key in gone)
    return [area] if area.files else []


class _Broom:
    """Goes through areas, file by file, and frees what is old and not needed."""

    def __init__(self, out: Path, blobs: Blobs, before: float, dry_run: bool, progress: Progress | None) -> None:
        self._out, self._blobs, self._before, self._dry_run, self._progress = out, blobs, before, dry_run, progress
        self._done, self._total = 0, 0
        self._links: dict[tuple[int, int], int] = {}  # names left of files that have several, once one is freed
        if progress:
            self._total = sum(1 for name in (ANSWERS, SCRATCH, shelf.IMAGES, records.IMAGES) for _ in files(out / name))

    def sweep(self, prefix: str, why: Why, keeping: Callable[[str], None] | None = None) -> Area:
        """Free below `prefix` what `why` gives no reason to keep; `keeping` is told what stays."""
        area = Area(prefix.rstrip("/"))
        for key in self._blobs.list(prefix):
            self._done += 1
            if self._progress:
                self._progress(self._done, self._total)
            try:
                stat = (self._out / key).lstat()
            except FileNotFoundError:  # whoever put it there has taken it away
                continue
            area.files += 1
            area.bytes += taken(stat)
            reason = why(key) or YOUNG * (stat.st_mtime > self._before)
            if reason:
                area.kept[reason] += 1
                if keeping:
                    keeping(key)
                continue
            area.freed_files += 1
            area.freed_bytes += self._freed(stat)
            if not self._dry_run:
                self._blobs.delete(key)
        return area

    def _freed(self, stat: os.stat_result) -> int:
        """The room that removing one name of a file gives: none while it has others."""
        if stat.st_nlink > 1:
            name = (stat.st_dev, stat.st_ino)
            self._links[name] = self._links.get(name, stat.st_nlink) - 1
            if self._links[name]:
                return 0
        return taken(stat)


def _asked(needs: Needs, key: str) -> str:
    """Why the answer under `key` is needed."""
    job = key.rpartition("/")[2].partition(".")[0]
    return needs.jobs.get(job, "") if re.fullmatch("[0-9a-f]{32}", job) else FOREIGN


def _answered(blobs: Blobs, needs: Needs, key: str) -> None:
    """Note the picture that a kept answer of a generator or an editor names: who comes back to it needs that."""
    kind = roster.KINDS.get(key.split("/")[1])
    if kind is None or kind.stage not in {"generate", "edit"}:
        return
    with suppress(Undecodable, Missing):
        needs.name(codec.decode(codec.answer_topic(kind.stage), blobs.get(key)), ANSWERED)


def _shelved(blobs: Blobs) -> set[bytes]:
    """SHA-256 of every picture that a record of the shelf names, those that were retracted too."""
    return {_digest(key) for triplet in shelf.all_triplets(blobs) for _, key in shelf.images(triplet)}


def _recorded(blobs: Blobs, needs: Needs) -> set[bytes]:
    """SHA-256 of every picture of a recorded judgement; one that should lie in the records and does not is needed."""
    known, found = policies.kept(blobs), set[bytes]()
    for event in records.events(blobs):
        if not isinstance(event, m.JudgeVerdict):
            continue
        policy = known.get(event.job.policy_id)
        for ref in (event.job.before, event.job.after):
            digest, key = bytes.fromhex(ref.sha256), records.record_image_key(ref)
            if digest not in found and (policy is None or policy.keep == "all") and not blobs.has(key):
                needs.pictures.setdefault(ref.key, UNKEPT)
            found.add(digest)
    return found


def _in(named: Container[bytes], key: str) -> str:
    """Why a picture kept by its content stays."""
    digest = _digest(key)
    return FOREIGN if not digest else NAMED * (digest in named)


def _digest(key: str) -> bytes:
    """The SHA-256 that a file is called by; nothing for other names."""
    name = key.rpartition("/")[2].partition(".")[0]
    return bytes.fromhex(name) if re.fullmatch("[0-9a-f]{64}", name) else b""
