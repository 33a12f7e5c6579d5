"""A new data folder for what was decided anew: complete, as if it had been mined under the new policy."""

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from infra import formats
from infra.blobs.folder import FolderBlobs
from infra.campaigns import campaign_key
from infra.place import Place
from infra.redecide import Pictures, named_by
from schemas import codec, ids, topics
from schemas import messages as m
from schemas.errors import UserError
from schemas.ports import Delivery
from streams import records, retractions, shelf
from streams.funnel import accepted
from streams.policies import Policies
from streams.records import Campaign, Event
from streams.redeciding.fold import Redecided
from streams.rules.policy import Policy

ASKED = "redecide/asked.json"
PARTITION = 1_000_000
"""Where the redecided records lie: a partition that no topic has, so that later runs append beside them."""
SEGMENT = 4096
REMEMBERED = 1 << 14


@dataclass
class NewFolder:
    """Writes each source of `old` as it is decided: records, shelf, images; create-only, so it can be repeated."""

    old: Place
    to: Path
    policy: Policy
    fsync: bool = True
    _waiting: list[Delivery] = field(default_factory=list)
    _told: int = 0
    _kept: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.new = FolderBlobs(self.to, fsync=self.fsync)
        self.pictures = Pictures(self.old.blobs)

    def begin(self, campaign: str) -> None:
        """Make the folder, or go on with one that was begun from the same; raises `UserError` for any other."""
        old = self.old.blobs
        if self.old.folder and self.old.folder.resolve() in self.to.resolve().parents:
            raise UserError(f"folder {self.to} lies in the one that is redecided", "give --to one beside it")
        recorded = ids.digest("records", *old.list(records.VERDICTS), *old.list(retractions.FOLDER))
        asked = {"format": 1, "policy_id": self.policy.policy_id, "campaign": campaign, "records": recorded}
        data = json.dumps(asked, indent=1, sort_keys=True).encode()
        if not _is_new(self.to) and not self.new.has(ASKED):
            raise UserError(f"folder {self.to} is not empty", "give --to a new one")
        formats.check(self.to)
        if not self.new.put(ASKED, data) and self.new.get(ASKED) != data:
            raise UserError(
                f"folder {self.to} was redecided from other records or under another policy", "give --to a new one"
            )
        formats.note(self.new)
        Policies(self.new).keep(self.policy)
        for key in old.list(retractions.FOLDER):
            self.new.put(key, old.get(key))

    def keep(self, now: Redecided) -> None:
        """Write a source: its events, its triplets, the images of both."""
        for event in now.events:
            self._record(event)
        for triplet in now.triplets.values():
            if all(self.bring(ref, shelf.image_key(ref)) for ref in named_by(triplet)):
                self.new.put(shelf.triplet_key(triplet.triplet_id), shelf.record_bytes(triplet))

    def finish(self, notes: Iterable[Campaign]) -> None:
        """Write what is still in hand, and the campaigns last: now it is a whole folder."""
        self._flush()
        if self.fsync:
            os.sync()  # the links
        for note in notes:
            changed = note.model_copy(update={"policy": self.policy.name, "policy_id": self.policy.policy_id})
            self.new.put(campaign_key(note.campaign), changed.model_dump_json(indent=1).encode())

    def bring(self, ref: m.ImageRef, key: str) -> bool:
        """Put a picture under `key` in the new folder, as a link where the disk is the same; whether it is there."""
        if key in self._kept:
            return True
        source = self.pictures.find(ref)
        if source is None:
            return self.new.has(key)
        if self.old.folder is None or not _link(self.old.folder / source, self.to / key):
            self.new.put(key, self.old.blobs.get(source))
        if len(self._kept) >= REMEMBERED:
            self._kept.clear()
        self._kept.add(key)
        return True

    def _record(self, event: Event) -> None:
        if isinstance(event, m.JudgeVerdict) and self._wanted(event):
            for ref in (event.job.before, event.job.after):
                self.bring(ref, records.record_image_key(ref))
        topic = topics.VERDICTS
        self._waiting.append(Delivery(topic.name, PARTITION, self._told, topic.key(event), codec.encode(event), {}))
        self._told += 1
        if len(self._waiting) == SEGMENT:
            self._flush()

    def _wanted(self, verdict: m.JudgeVerdict) -> bool:
        """Whether the policy has the recorder keep the images."""
        return self.policy.keep == "all" or (self.policy.keep == "rejected" and not accepted(verdict, self.policy))

    def _flush(self) -> None:
        if self._waiting:
            records.keep(self.new, self._waiting)
            self._waiting.clear()


def _is_new(folder: Path) -> bool:
    """Whether nothing is there that anybody could miss."""
    try:
        return all(entry.name.startswith(".") for entry in folder.iterdir())
    except FileNotFoundError:
        return True
    except OSError as error:
        raise UserError(f"folder {folder} cannot be used ({error.strerror})", "give --to a new one") from None


def _link(source: Path, path: Path) -> bool:
    """Try to make `path` a second name of the file; whether it stands now."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.hardlink_to(source)
    except FileExistsError:
        return path.is_file()
    except OSError:
        return False
    return True
