"""The packer: new triplets of a shelf into immutable shards, told by a manifest; what was taken back, out of them.

What is to be packed is what the shelf has and no shard: so late records are found, and nothing needs a watermark. A
shard is written to local disk, its files are told in an intent, put, and then announced. A crash anywhere leaves at
most files that nobody reads, and the next run does the rest. Of two packers that announce at once one hears that it
lost: it reads what the other announced, and packs what is left.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from schemas.errors import UserError
from schemas.ports import Blobs, Clock
from streams import calibrations, retractions
from streams.dataset import building, identities, manifests, taken
from streams.dataset.building import BYTES, FORMATS, Built, Format, Naming
from streams.dataset.entries import Entries, Entry, Left
from streams.dataset.identities import Ids
from streams.dataset.intents import GRACE_S, Intents
from streams.dataset.manifests import Shard, State

HELD_BACK, TAKEN_OUT, RETRACTED, UNREADABLE = "held back", "taken out", "retracted", "unreadable"
MOST_TROUBLES = 5
"""Told in words; the rest is counted."""

Told = Callable[[int, int], None]
"""Told (triplets done, in all)."""


@dataclass(frozen=True)
class Options:
    """How to pack: bytes of pictures a shard, formats, and what of a last shard is held back for the next run.

    That is one of fewer than `least` triplets, or with `whole` every one that is not full. `grace_s` is how long others
    leave files alone that nobody announces.
    """

    size: int = BYTES
    formats: Sequence[Format] = FORMATS
    least: int = 0
    whole: bool = False
    grace_s: float = GRACE_S


@dataclass
class Outcome:
    """What a run did: the shards it announced and dropped, and triplets by what else became of them.

    `troubles` says in words what is wrong with the first few that cannot be read.
    """

    added: list[Shard] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    troubles: list[str] = field(default_factory=list)
    state: State = field(default_factory=State)

    def left(self, one: Left) -> None:
        """A triplet was left out."""
        self.counts[UNREADABLE if one.trouble else RETRACTED] += 1
        if one.trouble and len(self.troubles) < MOST_TROUBLES:
            self.troubles.append(one.trouble)

    def retry(self) -> None:
        """What is left out is counted once more."""
        self.troubles.clear()
        for what in (UNREADABLE, RETRACTED, HELD_BACK):
            self.counts.pop(what, None)

    @property
    def packed(self) -> int:
        """Triplets in the shards it announced."""
        return sum(shard.rows for shard in self.added)

    @property
    def bytes(self) -> int:
        """Bytes of the files it announced."""
        return sum(file.bytes for shard in self.added for file in shard.files)


class Packer:
    """Packs what `blobs` hold; `folder` is on local disk, empty, and takes a shard at a time."""

    def __init__(
        self, blobs: Blobs, folder: Path, clock: Clock, options: Options | None = None,
        progress: Told = lambda _done, _all: None,
    ) -> None:  # fmt: skip
        self._blobs, self._folder, self._clock, self._progress = blobs, folder, clock, progress
        self._options = options or Options()
        self._intents = Intents(blobs, clock, self._options.grace_s)
        self._state = State()
        self._packed: dict[str, Ids] = {}
        self._all = identities.of(b"")
        self._done = self._total = 0

    def pack(self, only: Ids | None = None) -> Outcome:
        """Pack what no shard holds (or `only` these ids, which stand on the shelf), after what was taken back has gone.

        Raises `UserError` where the store is away, where what is packed cannot be read any more, and where the files
        of a run that took longer than the grace period were collected; the same call then does the rest.
        """
        self._begin()
        self._renew_retracted()
        while self._pass(only):
            pass
        if self._state.shards and self._obeyed and self._state.obeys != self._mark:
            self._commit([], [])  # the next run need not read all records again
        self.outcome.state = self._state
        return self.outcome

    def rebuild(self) -> Outcome:
        """Pack the whole shelf anew, in order of the ids, and drop all former shards: a function of the shelf alone.

        Nothing is done when it stands so already. Raises like `pack`.
        """
        self._begin()
        wanted = identities.on_shelf(self._blobs)
        if not self._stands(wanted):
            self._obeyed = True
            self._progress_of(len(wanted))
            former = self._state.names
            built = [(self._stored(one), one.ids) for one in self._shards(wanted, new=False)]
            self._replace(former, [shard for shard, _ in built], identities.union(ids for _, ids in built))
        self.outcome.state = self._state
        return self.outcome

    # --- what is known ------------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        self.outcome = Outcome()
        self._intents.done()
        self._taken_back = retractions.load(self._blobs)
        self._mark = taken.mark(self._taken_back)
        self._entries = Entries(self._blobs, self._taken_back, calibrations.calibrated(self._blobs))
        self._look()
        self._obeyed = self._state.obeys == self._mark

    def _look(self) -> None:
        """Read what was announced since."""
        self._know(manifests.read(self._blobs, self._state))

    def _know(self, state: State) -> None:
        self._state = state
        unread = [shard for shard in state.shards if shard.name not in self._packed]
        self._packed |= {shard.name: ids for shard, ids in identities.of_shards(self._blobs, unread)}
        self._packed = {name: self._packed[name] for name in state.names}
        self._all = identities.union(self._packed.values())

    def _progress_of(self, total: int) -> None:
        self._done, self._total = 0, total
        self._progress(0, total)

    # --- packing ------------------------------------------------------------------------------------------------------

    def _pass(self, only: Ids | None) -> bool:
        """Pack what is not packed; says whether somebody else packed meanwhile, so that some may be left."""
        wanted = identities.without(identities.on_shelf(self._blobs) if only is None else only, self._all)
        self._progress_of(len(wanted))
        self.outcome.retry()
        lost = False
        for built in self._shards(wanted, new=True):
            if not built.full and (self._options.whole or built.shard.rows < self._options.least):
                self.outcome.counts[HELD_BACK] = built.shard.rows
            else:
                lost |= not self._announced(built)
        return lost

    def _announced(self, built: Built) -> bool:
        """Announce a shard, unless somebody else has packed some of it: then what is left is packed in another one."""
        shard = self._stored(built)
        while not len(identities.common(built.ids, self._all)):
            if self._commit([shard], []):
                return True
        self._intents.done()
        return shard.name in self._state.names

    def _shards(self, wanted: Ids, new: bool) -> Iterator[Built]:
        return building.shards(self._read(wanted, new), self._folder, self._options.size, self._options.formats)

    def _read(self, wanted: Ids, new: bool) -> Iterator[Entry]:
        """What of it can be packed; with `new`, what somebody else has packed by now is passed over."""
        for found in self._entries.read(wanted):
            self._done += 1
            self._progress(self._done, self._total)
            packed = identities.holds(self._all, found.triplet_id)
            if packed and new:
                continue
            if isinstance(found, Entry):
                yield found
            elif packed and found.trouble:
                raise UserError(f"{found.trouble}, and it is packed", "mend the shelf first (`nhr verify`)")
            else:
                self.outcome.left(found)

    # --- announcing ---------------------------------------------------------------------------------------------------

    def _stored(self, built: Built) -> Shard:
        """Put a shard's files, which an intent named before."""
        self._intents.declare(built.paths)
        for key, path in built.paths.items():
            self._blobs.put_file(key, path)
        return built.shard

    def _commit(self, adds: Sequence[Shard], drops: Sequence[str]) -> bool:
        """Announce a change; False where somebody else was first, and then what they announced is known."""
        self._intents.confirm()
        obeys = self._mark if self._obeyed else ""
        after = manifests.commit(self._blobs, self._state, adds, drops, self._clock.now(), obeys)
        if after is None:
            self._look()
            self._obeyed &= self._state.obeys == self._mark
            return False
        self._intents.done()
        self._know(after)
        self.outcome.added += adds
        self.outcome.dropped += drops
        return True

    # --- what was taken back ------------------------------------------------------------------------------------------

    def _renew_retracted(self) -> None:
        """Replace the shards that hold what was taken back by shards without it."""
        if self._obeyed:
            gone = taken.by_id(self._all, self._taken_back)
        else:
            gone = taken.by_record(self._blobs, self._all, self._taken_back)
        alone = True
        for shard in self._state.shards:
            rows = identities.common(self._packed[shard.name], gone) if shard.name in self._packed else gone[:0]
            alone &= self._renewed(shard, rows) if len(rows) else True
        self._obeyed |= alone

    def _renewed(self, shard: Shard, gone: Ids) -> bool:
        """Replace a shard by one without these rows; says whether nobody else announced anything meanwhile."""
        kept, alone = identities.without(self._packed[shard.name], gone), True
        self._progress_of(len(kept))
        adds = [self._stored(built) for built in self._shards(kept, new=False)]
        while shard.name in self._state.names:
            if self._commit(adds, [shard.name]):
                self.outcome.counts[TAKEN_OUT] += len(gone)
                return alone
            alone = False
        self._intents.done()
        return alone

    # --- all anew -----------------------------------------------------------------------------------------------------

    def _stands(self, wanted: Ids) -> bool:
        """Whether a rebuild would give what stands: shards are called by their rows, so no picture need be read."""
        shards, options = self._state.shards, self._options
        if any(set(shard.formats) != set(options.formats) for shard in shards):
            return False
        if any(shard.counted.bytes < options.size for shard in shards[:-1]):
            return False
        self._progress_of(len(wanted))
        entries = self._readable(wanted)
        for shard in shards:
            naming = Naming(options.size)
            for entry in islice(entries, shard.rows):
                naming.add(entry)
            if naming.name != shard.name:
                return False
        return next(entries, None) is None

    def _readable(self, wanted: Ids) -> Iterator[Entry]:
        for found in self._entries.read(wanted, pictures=False):
            self._done += 1
            self._progress(self._done, self._total)
            if isinstance(found, Entry):
                yield found

    def _replace(self, former: frozenset[str], adds: Sequence[Shard], ids: Ids) -> None:
        """Announce the new shards in place of the former ones, and of those that came meanwhile and share triplets."""
        while True:
            names = [shard.name for shard in self._state.shards]
            drops = [one for one in names if one in former or len(identities.common(self._packed[one], ids))]
            if self._commit(adds, drops):
                return
