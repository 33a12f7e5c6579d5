"""The packed data set: manifests without gaps, files that are what they say, each triplet once and on the shelf."""

from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from infra.verify.findings import Findings, Stage
from schemas.errors import Missing, UserError
from schemas.ports import Blobs
from streams import retractions, shelf
from streams.dataset import identities, manifests, orphans, taken
from streams.dataset.identities import Ids
from streams.dataset.manifests import File, State

PACKED, SHARDS, MANIFESTS = "packed triplets", "shards", "manifests"
ANEW = "run `nhr pack --rebuild`"
BLOCK = 1 << 20
MOST_NAMED = 3


def check_packed(blobs: Blobs, findings: Findings, fast: bool, stage: Stage) -> None:
    """Check what is packed, if anything is; `fast` only sees that the files are there."""
    try:
        state = manifests.read(blobs)
    except UserError as error:
        findings.told(MANIFESTS, str(error))
        return
    if not state.number:
        return
    findings.checked[MANIFESTS] += state.number
    findings.checked[PACKED] += state.rows
    _files(blobs, state, findings, fast, stage)
    whole = _ids(blobs, state, findings)
    _against_shelf(blobs, whole, findings)
    _unannounced(blobs, findings)


def _files(blobs: Blobs, state: State, findings: Findings, fast: bool, stage: Stage) -> None:
    files = [file for shard in state.shards for file in shard.files]
    with TemporaryDirectory(prefix="nhr-verify-") as folder, stage("shards") as told:
        for number, file in enumerate(files, 1):
            told(number, len(files))
            findings.checked[SHARDS] += 1
            wrong = _wrong(blobs, file, None if fast else Path(folder, "shard"))
            if wrong:
                findings.bad(SHARDS, file.key, wrong, "restore it from a copy, or move packed/ away and pack anew")


def _wrong(blobs: Blobs, file: File, copy: Path | None) -> str:
    """What is wrong with a file, seen through a local copy of it; "" where nothing is."""
    if copy is None:
        return "" if blobs.has(file.key) else "is missing"
    try:
        blobs.fetch(file.key, copy)
    except Missing:
        return "is missing"
    except UserError as error:
        blobs.has(file.key)  # raises where all of the store is away
        return f"cannot be read ({error})"
    size, digest = copy.stat().st_size, sha256()
    with copy.open("rb") as local:
        while block := local.read(BLOCK):
            digest.update(block)
    if size != file.bytes:
        return f"has {size:,} bytes, its manifest says {file.bytes:,}"
    return "" if digest.hexdigest() == file.sha256 else "is damaged: its SHA-256 is not that of its manifest"


def _ids(blobs: Blobs, state: State, findings: Findings) -> Ids:
    """Every id that is packed; those in two shards are told."""
    whole = identities.of(b"")
    for shard in state.shards:
        try:
            found = identities.of_shard(blobs, shard)
        except UserError as error:
            findings.told(SHARDS, str(error))
            continue
        twice = identities.common(found, whole)
        if len(twice):
            findings.bad(SHARDS, f"shard {shard.name}", f"holds {_named(twice)} of other shards too", ANEW)
        whole = identities.union([whole, found])
    return whole


def _against_shelf(blobs: Blobs, packed: Ids, findings: Findings) -> None:
    try:
        on_shelf = identities.on_shelf(blobs)
    except UserError as error:
        findings.told(MANIFESTS, str(error))
        return
    strange = identities.without(packed, on_shelf)
    if len(strange):
        hint = f"restore {shelf.TRIPLETS} from a copy, or {ANEW}"
        findings.bad(PACKED, "the packed data set", f"holds {_named(strange)} not on the shelf", hint)
    try:
        gone = taken.by_record(blobs, identities.common(packed, on_shelf), retractions.load(blobs))
    except UserError as error:  # a damaged record, which is told where the shelf is checked
        findings.notes.append(f"whether what was taken back is still packed was not checked ({error})")
        return
    if len(gone):
        findings.notes.append(f"{_named(gone)} taken back and still packed (`nhr pack` takes them out)")
    unpacked = len(on_shelf) - len(identities.common(packed, on_shelf))
    if unpacked:
        what = "triplet on the shelf is" if unpacked == 1 else "triplets on the shelf are"
        findings.notes.append(f"{unpacked:,} {what} in no shard (`nhr pack` packs what counts)")


def _unannounced(blobs: Blobs, findings: Findings) -> None:
    """Note files beside the announced ones: they do no harm."""
    announced = {file.key for shard in manifests.read(blobs).shards for file in shard.files}
    others = sum(key not in announced for key in orphans.files(blobs))
    if others:
        what = f"file{'' if others == 1 else 's'} of shards that no longer count, or not yet"
        findings.notes.append(f"{others:,} {what} (`nhr pack` deletes what nobody needs)")


def _named(ids: Ids) -> str:
    """ "2 triplets (aa.., bb..)"."""
    names = ", ".join(list(identities.names(ids[:MOST_NAMED])))
    more = ", …" if len(ids) > MOST_NAMED else ""
    return f"{len(ids):,} triplet{'' if len(ids) == 1 else 's'} ({names}{more})"
