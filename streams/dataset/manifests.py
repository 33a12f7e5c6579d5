"""Manifests: which shards the packed data set has; create-only, numbered without gaps, and all that readers trust.

Format 1. `packed/manifests/<number>.json` (eight digits, from 1) is JSON of a `Manifest`. Creating number N + 1 is the
commit: of two who try, one is told that it lost. The packed data set is the fold of all manifests: what they added and
none dropped since. A shard is called by what decides its bytes, so a name always means the same rows.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue

from schemas import formats
from schemas.errors import UserError
from schemas.ports import Blobs
from streams.ahead import ahead
from streams.dataset.tally import Tally

FORMAT = 1
FOLDER = "packed/"
MANIFESTS = f"{FOLDER}manifests/"
PARQUET = f"{FOLDER}parquet/"
WEBDATASET = f"{FOLDER}webdataset/"
IDS = f"{FOLDER}ids/"
RESTORE = "restore packed/manifests from a copy, or move packed/ away and pack anew"

Name = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
Count = Annotated[int, Field(ge=0)]
Told = Mapping[str, JsonValue]


def _tally(told: Told) -> Told:
    Tally.of(told)
    return told


class File(BaseModel):
    """A file that stands under `key`: its size in bytes and its SHA-256."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    key: Annotated[str, Field(pattern=rf"^{FOLDER}[a-z]+/[0-9a-f]{{32}}\.[a-z]+$")]
    bytes: Count
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Shard(BaseModel):
    """A shard: the same rows, sorted by triplet id, in each format that was asked for; `ids` names them.

    `ids` is the file of their 16-byte ids, concatenated and sorted; `tally` is `Tally.as_dict()` of the rows.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: Name
    rows: Count
    parquet: File | None = None
    webdataset: File | None = None
    ids: File
    tally: Annotated[Told, AfterValidator(_tally)]

    @property
    def counted(self) -> Tally:
        """What its rows are, counted."""
        return Tally.of(self.tally)

    @property
    def formats(self) -> tuple[str, ...]:
        """The formats it is there in."""
        return tuple(name for name in ("parquet", "webdataset") if getattr(self, name))

    @property
    def files(self) -> tuple[File, ...]:
        """Its files, that of the ids last."""
        return tuple(file for file in (self.parquet, self.webdataset, self.ids) if file)


class Manifest(BaseModel):
    """A change of the packed data set; `drops` names shards, `at` is when, in Unix seconds.

    `obeys` says which retractions no shard that stands now has rows of (see `streams.dataset.taken`); empty: unknown.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    format: Literal[1] = 1
    number: Annotated[int, Field(ge=1)]
    at: float
    adds: tuple[Shard, ...] = ()
    drops: tuple[Name, ...] = ()
    obeys: Annotated[str, Field(pattern=r"^([0-9a-f]{32})?$")] = ""

    @property
    def key(self) -> str:
        """Where it is kept."""
        return key(self.number)


@dataclass(frozen=True)
class State:
    """The packed data set after manifest `number` (0: nothing was packed yet).

    `shards` are in the order they were added; `dropped` are files of shards that no longer belong to it, and since
    when, in Unix seconds: readers may still be at them. `at` is when
    it last changed, in Unix seconds; `obeys` which retractions it is known to obey.
    """

    number: int = 0
    at: float = 0.0
    obeys: str = ""
    shards: tuple[Shard, ...] = ()
    dropped: Mapping[str, float] = field(default_factory=dict)

    @property
    def names(self) -> frozenset[str]:
        """What its shards are called."""
        return frozenset(shard.name for shard in self.shards)

    @property
    def rows(self) -> int:
        """Triplets in it."""
        return sum(shard.rows for shard in self.shards)

    @property
    def tally(self) -> Tally:
        """What its rows are, counted."""
        whole = Tally()
        for shard in self.shards:
            whole.merge(shard.counted)
        return whole


def key(number: int) -> str:
    """Where the manifest of that number is kept."""
    return f"{MANIFESTS}{number:08d}.json"


def read(blobs: Blobs, since: State | None = None) -> State:
    """The packed data set as it stands, from what was known of it before; raises `UserError` for a bad manifest."""
    state = since or State()
    standing = list(blobs.list(MANIFESTS))
    if len(standing) < state.number:
        raise UserError(f"{key(state.number)} is gone", RESTORE)
    return folded(state, (parse(at, data()) for at, data in ahead(blobs.get, standing[state.number :])))


def folded(state: State, manifests: Iterable[Manifest]) -> State:
    """The state after further manifests, in order; raises `UserError` for one that does not follow."""
    shards, dropped = {shard.name: shard for shard in state.shards}, dict(state.dropped)
    number, at, obeys = state.number, state.at, state.obeys
    for manifest in manifests:
        number, at, obeys = number + 1, manifest.at, manifest.obeys
        if manifest.number != number:
            raise UserError(f"{key(number)} is missing, and {manifest.key} stands", RESTORE)
        for name in manifest.drops:
            if name not in shards:
                raise UserError(f"{manifest.key} drops shard {name}, which is not there", RESTORE)
            dropped |= {file.key: manifest.at for file in shards.pop(name).files}
        for shard in manifest.adds:
            if shard.name in shards:
                raise UserError(f"{manifest.key} adds shard {shard.name} a second time", RESTORE)
            shards[shard.name] = shard
            for file in shard.files:
                dropped.pop(file.key, None)
    return State(number, at, obeys, tuple(shards.values()), dropped)


def commit(
    blobs: Blobs, state: State, adds: Iterable[Shard], drops: Iterable[str], at: float, obeys: str = ""
) -> State | None:
    """Announce a change of `state`; gives what then stands, None where somebody else was first: read anew.

    Everything that `adds` names must stand by now.
    """
    manifest = Manifest(number=state.number + 1, at=at, adds=tuple(adds), drops=tuple(drops), obeys=obeys)
    after = folded(state, [manifest])
    return after if blobs.put(manifest.key, encode(manifest)) else None


def encode(manifest: Manifest) -> bytes:
    """The bytes of a manifest's file."""
    return manifest.model_dump_json(indent=1, exclude_none=True).encode()


def parse(at: str, data: bytes) -> Manifest:
    """The manifest in a file's bytes, read from key `at`; raises `UserError`."""
    found = formats.parsed(Manifest, at, data, FORMAT, "is no manifest", RESTORE)
    if found.key != at:
        raise UserError(f"{at} is manifest {found.number}", RESTORE)
    return found
