"""`nhr verify` of what is packed: each kind of damage is one line that names place and remedy."""

import re
from collections.abc import Callable

import pytest

from infra.blobs.memory import MemoryBlobs
from infra.verify.findings import Findings, silent
from infra.verify.packed import check_packed
from streams import retractions
from streams.dataset import manifests
from streams.retractions import Retraction
from tests.unit.packing.shelves import LARGE, filled, name, pack, put

Damage = Callable[[MemoryBlobs], object]


def found(blobs: MemoryBlobs, fast: bool = False) -> Findings:
    findings = Findings()
    check_packed(blobs, findings, fast, silent)
    return findings


def replaced(blobs: MemoryBlobs, key: str, data: bytes) -> None:
    blobs.delete(key)
    blobs.put(key, data)


def key(blobs: MemoryBlobs, kind: str) -> str:
    return next(file.key for file in manifests.read(blobs).shards[0].files if f"/{kind}/" in file.key)


def again(blobs: MemoryBlobs) -> None:
    """Announce the rows of the first shard a second time."""
    state, other = manifests.read(blobs), filled(range(3))
    (shard,) = pack(other).added
    for one in other.list("packed/"):
        if not one.startswith(manifests.MANIFESTS):
            blobs.put(one, other.get(one))
    manifests.commit(blobs, state, [shard], [], 0.0)


def test_what_was_packed_is_whole_and_counted() -> None:
    blobs = filled(range(6))
    pack(blobs)
    for fast in (False, True):
        findings = found(blobs, fast)
        assert (findings.problems, findings.notes) == ([], [])
        assert findings.checked == {"packed triplets": 6, "manifests": 2, "shards": 6}


def test_where_nothing_is_packed_nothing_is_told() -> None:
    assert found(filled(range(3))) == Findings()


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda blobs: blobs.delete(key(blobs, "parquet")), r"parquet/\w+\.parquet is missing; restore it"),
        (lambda blobs: replaced(blobs, key(blobs, "webdataset"), b"x"), r"\.tar has 1 bytes, its manifest says"),
        (lambda blobs: blobs.delete(key(blobs, "ids")), r"\.ids is missing; restore it"),
        (lambda blobs: blobs.delete(manifests.key(1)), r"packed/manifests/00000001\.json is missing"),
        (lambda blobs: blobs.delete(LARGE.key(1)), rf"holds 1 triplet \({name(1)}\) not on the shelf"),
        (again, r"holds 3 triplets \(.*\) of other shards too; run `nhr pack --rebuild`"),
    ],
    ids=["parquet", "tar", "ids", "manifest", "record", "twice"],
)
def test_damage_is_told_with_its_place_and_remedy(damage: Damage, words: str) -> None:
    blobs = filled(range(6))
    pack(blobs)
    damage(blobs)
    assert any(re.search(words, problem.line) for problem in found(blobs).problems)


def test_a_changed_byte_is_found_unless_it_has_to_be_fast() -> None:
    blobs = filled(range(2))
    pack(blobs)
    at = key(blobs, "parquet")
    data = bytearray(blobs.get(at))
    data[len(data) // 2] ^= 1
    replaced(blobs, at, bytes(data))
    assert [problem.line.split(": ")[1][:12] for problem in found(blobs).problems] == ["its SHA-256 "]
    assert found(blobs, fast=True).problems == []


def test_what_is_still_to_be_done_is_noted() -> None:
    blobs = filled(range(5))
    pack(blobs)
    put(blobs, range(5, 7))
    retractions.retract(blobs, Retraction(target="triplet", value=name(1), reason="because", at=0.0))
    blobs.put(f"{manifests.IDS}{'f' * 32}.ids", b"")
    findings = found(blobs)
    assert findings.problems == []
    assert [note.split("(")[0].strip() for note in findings.notes] == [
        "1 triplet", "2 triplets on the shelf are in no shard", "1 file of shards that no longer count, or not yet"
    ]  # fmt: skip
