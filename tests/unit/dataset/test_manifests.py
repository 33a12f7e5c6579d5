"""Manifests: what was added and not dropped is there; numbers have no gaps; one of two commits wins."""

from functools import partial

import pytest

from infra.blobs.memory import MemoryBlobs
from schemas.errors import UserError
from streams.dataset import manifests
from streams.dataset.manifests import File, Shard, State
from streams.dataset.tally import Tally
from tests.contract.buses import together


def shard(digit: str, rows: int = 1) -> Shard:
    name = digit * 32
    tally = Tally()
    tally.rows = rows
    tally.count("operation", "remove", rows)
    files = {
        "parquet": File(key=f"{manifests.PARQUET}{name}.parquet", bytes=3, sha256="1" * 64),
        "ids": File(key=f"{manifests.IDS}{name}.ids", bytes=16 * rows, sha256="2" * 64),
    }
    return Shard.model_validate({"name": name, "rows": rows, "tally": tally.as_dict(), **files})


def packed(blobs: MemoryBlobs, *changes: tuple[str, str]) -> State:
    """A manifest a change: digits of the shards it adds, and of those it drops."""
    state = manifests.read(blobs)
    for number, (adds, drops) in enumerate(changes):
        found = manifests.commit(blobs, state, map(shard, adds), [digit * 32 for digit in drops], float(number))
        assert found is not None
        state = found
    return state


def names(state: State) -> str:
    return "".join(shard.name[0] for shard in state.shards)


def test_nothing_is_packed_at_first() -> None:
    state = manifests.read(MemoryBlobs())
    assert (state.number, state.shards, state.rows) == (0, (), 0)


def test_what_was_added_and_not_dropped_is_there() -> None:
    blobs = MemoryBlobs()
    packed(blobs, ("ab", ""), ("c", "a"), ("d", ""))
    state = manifests.read(blobs)
    assert (state.number, state.at, names(state)) == (3, 2.0, "bcd")
    assert state.dropped == {f"packed/parquet/{'a' * 32}.parquet": 1.0, f"packed/ids/{'a' * 32}.ids": 1.0}


def test_a_commit_gives_what_reading_gives() -> None:
    blobs = MemoryBlobs()
    assert packed(blobs, ("ab", ""), ("c", "a")) == manifests.read(blobs)


def test_reading_on_from_what_was_known_gives_the_same() -> None:
    blobs = MemoryBlobs()
    early = packed(blobs, ("ab", ""))
    packed(blobs, ("c", "b"), ("d", ""))
    assert manifests.read(blobs, early) == manifests.read(blobs)


def test_a_shard_may_come_back_after_it_was_dropped() -> None:
    state = packed(MemoryBlobs(), ("a", ""), ("", "a"), ("a", ""), ("a", "a"))
    assert (names(state), state.dropped) == ("a", {})


def test_of_many_commits_on_one_state_one_wins() -> None:
    blobs, won = MemoryBlobs(), list[str]()

    def commit(digit: str) -> None:
        if manifests.commit(blobs, State(), [shard(digit)], [], 0.0):
            won.append(digit)

    together([partial(commit, digit) for digit in "abcdef"])
    assert [names(manifests.read(blobs))] == won


def test_tallies_of_the_shards_add_up() -> None:
    blobs = MemoryBlobs()
    manifests.commit(blobs, State(), [shard("a", 2), shard("b", 3)], [], 0.0)
    state = manifests.read(blobs)
    assert (state.rows, state.tally.rows, state.tally.axes["operation"]) == (5, 5, {"remove": 5})


def test_a_gap_is_told_with_what_is_missing() -> None:
    blobs = MemoryBlobs()
    packed(blobs, ("a", ""), ("b", ""), ("c", ""))
    blobs.delete(manifests.key(2))
    with pytest.raises(UserError, match=r"packed/manifests/00000002\.json is missing"):
        manifests.read(blobs)


def test_a_state_that_is_ahead_of_the_manifests_is_told() -> None:
    blobs = MemoryBlobs()
    state = packed(blobs, ("a", ""), ("b", ""))
    blobs.delete(manifests.key(2))
    with pytest.raises(UserError, match=r"00000002\.json is gone"):
        manifests.read(blobs, state)


@pytest.mark.parametrize("data", [b"", b"[]", b'{"format": 1}', b'{"format": 1, "number": 1, "at": 0, "adds": [{}]}'])
def test_damage_is_told_by_its_place(data: bytes) -> None:
    blobs = MemoryBlobs()
    blobs.put(manifests.key(1), data)
    with pytest.raises(UserError, match=r"00000001\.json is no manifest"):
        manifests.read(blobs)


def test_a_newer_format_is_refused() -> None:
    blobs = MemoryBlobs()
    blobs.put(manifests.key(1), b'{"format": 2}')
    with pytest.raises(UserError, match="upgrade nhr"):
        manifests.read(blobs)


def test_a_misplaced_manifest_is_told() -> None:
    blobs = MemoryBlobs()
    packed(blobs, ("a", ""))
    blobs.put(manifests.key(2), blobs.get(manifests.key(1)))
    with pytest.raises(UserError, match=r"00000002\.json is manifest 1"):
        manifests.read(blobs)


@pytest.mark.parametrize(("adds", "drops"), [("a", ""), ("", "b")])
def test_what_does_not_follow_is_not_committed(adds: str, drops: str) -> None:
    blobs = MemoryBlobs()
    state = packed(blobs, ("a", ""))
    with pytest.raises(UserError, match=r"second time|not there"):
        manifests.commit(blobs, state, map(shard, adds), [digit * 32 for digit in drops], 0.0)
    assert manifests.read(blobs) == state
