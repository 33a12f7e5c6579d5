"""What every blob store must do."""

from functools import partial
from pathlib import Path

import pytest

from schemas.errors import Missing
from schemas.ports import Blobs
from tests.contract.buses import together

ODD_KEYS = [
    "", "/", "/a", "a/", "a//b", "..", "../a", "a/../b", ".", "a/./b", ".tmp/x",
    "a\\b", "a\0b", "a\nb", "c/" * 300 + "c"
]  # fmt: skip


def test_what_is_put_can_be_got(blobs: Blobs) -> None:
    assert blobs.put("a/b/c.bin", b"\x00data")
    assert blobs.get("a/b/c.bin") == b"\x00data"


def test_an_empty_blob_is_a_blob(blobs: Blobs) -> None:
    assert blobs.put("empty", b"")
    assert (blobs.get("empty"), blobs.has("empty")) == (b"", True)


def test_a_large_blob_comes_back_whole(blobs: Blobs) -> None:
    data = bytes(range(256)) * 40_000
    blobs.put("large", data)
    assert blobs.get("large") == data


def test_the_first_put_stands(blobs: Blobs) -> None:
    assert [blobs.put("k", b"first"), blobs.put("k", b"second"), blobs.put("k", b"first")] == [True, False, False]
    assert blobs.get("k") == b"first"


def test_of_many_that_create_a_key_at_once_exactly_one_wins(blobs: Blobs, rounds: int) -> None:
    for round_ in range(rounds):
        won: list[int] = []

        def create(number: int, key: str = f"race/{round_}", won: list[int] = won) -> None:
            if blobs.put(key, b"%d" % number * 1000):
                won.append(number)

        together([partial(create, number) for number in range(8)])
        assert [blobs.get(f"race/{round_}")] == [b"%d" % winner * 1000 for winner in won]


def test_of_many_that_copy_to_a_key_at_once_exactly_one_wins(blobs: Blobs) -> None:
    won: list[int] = []

    def copy(number: int) -> None:
        if blobs.copy(f"from/{number}", "to/one"):
            won.append(number)

    for number in range(8):
        blobs.put(f"from/{number}", b"%d" % number)
    together([partial(copy, number) for number in range(8)])
    assert [blobs.get("to/one")] == [b"%d" % winner for winner in won]


def test_getting_what_is_not_there_says_which_key(blobs: Blobs) -> None:
    blobs.put("a/b", b"")
    for key in ("nothing", "a/nothing", "a/b/c", "a"):
        with pytest.raises(Missing, match=f"^{key}$"):
            blobs.get(key)


def test_has_knows_what_stands(blobs: Blobs) -> None:
    blobs.put("a/b", b"")
    assert [blobs.has(key) for key in ("a/b", "a", "a/b/c", "a/c", "b")] == [True, False, False, False, False]


def test_a_copy_has_the_same_bytes_and_outlives_its_source(blobs: Blobs) -> None:
    blobs.put("scratch/x", b"data")
    assert blobs.copy("scratch/x", "shelf/aa/x")
    blobs.delete("scratch/x")
    assert (blobs.get("shelf/aa/x"), blobs.has("scratch/x")) == (b"data", False)


def test_a_copy_never_overwrites(blobs: Blobs) -> None:
    blobs.put("one", b"1")
    blobs.put("two", b"2")
    assert not blobs.copy("one", "two")
    assert blobs.get("two") == b"2"


def test_copying_what_is_not_there_says_which_key(blobs: Blobs) -> None:
    with pytest.raises(Missing, match=r"^nothing/here$"):
        blobs.copy("nothing/here", "there")
    assert not blobs.has("there")


def test_a_deleted_key_is_free_again(blobs: Blobs) -> None:
    blobs.put("k", b"1")
    blobs.delete("k")
    assert blobs.put("k", b"2")
    assert blobs.get("k") == b"2"


def test_deleting_what_is_not_there_does_nothing(blobs: Blobs) -> None:
    blobs.put("a", b"")
    blobs.delete("nothing")
    blobs.delete("a/nothing")
    assert blobs.has("a")


KEYS = ["a", "a-b", "a.b", "ab/c", "ab/c-d/e", "ab/c.d", "ab/c/d", "ab0", "b/a", "b/é", "z"]


def listed_keys() -> list[str]:
    # "ab/c" is a key and a folder in one, which a file system cannot hold.
    return [key for key in KEYS if key != "ab/c"]


def test_listing_is_sorted_as_text(blobs: Blobs) -> None:
    for key in reversed(listed_keys()):
        blobs.put(key, b"")
    assert list(blobs.list("")) == sorted(listed_keys())


@pytest.mark.parametrize(
    "prefix", ["a", "ab", "ab/", "ab/c", "ab/c-", "ab/c/d", "ab/c/d/", "b/é", "nothing", "no/thing/"]
)
def test_a_prefix_may_end_anywhere(blobs: Blobs, prefix: str) -> None:
    for key in listed_keys():
        blobs.put(key, b"")
    assert list(blobs.list(prefix)) == sorted(key for key in listed_keys() if key.startswith(prefix))


def test_an_empty_store_lists_nothing(blobs: Blobs) -> None:
    assert list(blobs.list("")) == []


@pytest.mark.parametrize("key", ODD_KEYS)
def test_odd_keys_are_refused(blobs: Blobs, key: str) -> None:
    with pytest.raises(ValueError, match="no blob key"):
        blobs.put(key, b"")
    with pytest.raises(ValueError, match="no blob key"):
        blobs.get(key)
    with pytest.raises(ValueError, match="no blob key"):
        blobs.delete(key)


@pytest.mark.parametrize("prefix", ["/", "..", "a/../", ".t", "a//", "a\\"])
def test_odd_prefixes_are_refused(blobs: Blobs, prefix: str) -> None:
    with pytest.raises(ValueError, match="begins no blob key"):
        blobs.list(prefix)


def written(folder: Path, data: bytes) -> Path:
    path = folder / "file"
    path.write_bytes(data)
    return path


def test_a_file_that_is_put_can_be_got_and_outlives_itself(blobs: Blobs, tmp_path: Path) -> None:
    path = written(tmp_path, b"\x00data")
    assert blobs.put_file("a/b/c.bin", path)
    path.unlink()
    assert (blobs.get("a/b/c.bin"), blobs.has("a/b/c.bin")) == (b"\x00data", True)


@pytest.mark.parametrize("size", [0, 1, 3 << 20])
def test_a_file_comes_back_whole_into_a_file(blobs: Blobs, tmp_path: Path, size: int) -> None:
    data = (bytes(range(256)) * (size // 256 + 1))[:size]
    blobs.put_file("file", written(tmp_path, data))
    (tmp_path / "back").write_bytes(b"something longer than what comes, which is replaced" * 2)
    blobs.fetch("file", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == data


def test_a_file_never_overwrites_and_is_never_overwritten(blobs: Blobs, tmp_path: Path) -> None:
    blobs.put("one", b"1")
    assert not blobs.put_file("one", written(tmp_path, b"2"))
    assert blobs.put_file("two", tmp_path / "file")
    assert not blobs.put("two", b"3")
    assert (blobs.get("one"), blobs.get("two")) == (b"1", b"2")


def test_what_was_put_as_bytes_can_be_fetched_and_changed_alone(blobs: Blobs, tmp_path: Path) -> None:
    blobs.put("a/b", b"data")
    blobs.fetch("a/b", tmp_path / "back")
    with (tmp_path / "back").open("r+b") as file:
        file.write(b"else")
    assert blobs.get("a/b") == b"data"


def test_fetching_what_is_not_there_says_which_key_and_writes_nothing(blobs: Blobs, tmp_path: Path) -> None:
    blobs.put("a/b", b"")
    for key in ("nothing", "a/b/c", "a"):
        with pytest.raises(Missing, match=f"^{key}$"):
            blobs.fetch(key, tmp_path / "back")
    assert not (tmp_path / "back").exists()


def test_of_many_that_put_a_file_at_once_exactly_one_wins(blobs: Blobs, tmp_path: Path) -> None:
    won: list[int] = []

    def create(number: int) -> None:
        path = tmp_path / str(number)
        path.write_bytes(b"%d" % number * 1000)
        if blobs.put_file("race/file", path):
            won.append(number)

    together([partial(create, number) for number in range(8)])
    assert [blobs.get("race/file")] == [b"%d" % winner * 1000 for winner in won]
