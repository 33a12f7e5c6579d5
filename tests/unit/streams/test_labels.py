"""Labels: every opinion is kept, the latest counts, and what is damaged is named."""

import pytest

from infra.blobs.memory import MemoryBlobs
from schemas.errors import UserError
from schemas.messages import Scores
from streams import labels
from streams.labels import Label


def label(adherence: float = 4.0, rater: str = "ada", triplet_id: str = "ab" * 16, attempt: int = 0) -> Label:
    return Label(
        triplet_id=triplet_id, attempt=attempt, kind="forward", operation="recolor", instruction="Make it red.",
        before="0" * 64, after="1" * 64,
        rater=rater, adherence=adherence, aesthetics=3.5, job_id="cd" * 16, judge="simulated@1",
        judged=Scores(adherence=4.8, aesthetics=4.7), accepted=True, at=1_700_000_000.0,
    )  # fmt: skip


def test_a_label_is_read_as_it_was_written() -> None:
    blobs = MemoryBlobs()
    labels.keep(blobs, label())
    assert list(labels.latest(blobs)) == [label()]
    assert labels.of_rater(blobs, "ab" * 16, 0, "ada") == label()


def test_the_latest_opinion_of_a_rater_counts_and_the_others_stay() -> None:
    blobs = MemoryBlobs()
    keys = [labels.keep(blobs, label(score)) for score in (2.0, 5.0, 3.0)]
    assert [one.adherence for one in labels.latest(blobs)] == [3.0]
    assert list(blobs.list(labels.FOLDER)) == keys


def test_raters_and_attempts_do_not_meet() -> None:
    blobs = MemoryBlobs()
    for one in (label(), label(rater="bob"), label(attempt=1), label(attempt=10)):
        labels.keep(blobs, one)
    assert {(one.rater, one.attempt) for one in labels.latest(blobs)} == {
        ("ada", 0), ("bob", 0), ("ada", 1), ("ada", 10)
    }  # fmt: skip
    assert labels.of_rater(blobs, "ab" * 16, 1, "bob") is None


def test_two_opinions_at_once_are_both_kept() -> None:
    class Late(MemoryBlobs):
        """Another process writes between the look and the writing."""

        def put(self, key: str, data: bytes) -> bool:
            if not list(self.list(labels.FOLDER)):
                super().put(key, label(1.0).model_dump_json().encode())
            return super().put(key, data)

    blobs = Late()
    labels.keep(blobs, label(5.0))
    assert len(list(blobs.list(labels.FOLDER))) == 2
    assert [one.adherence for one in labels.latest(blobs)] == [5.0]


@pytest.mark.parametrize("rater", ["", "Ada", "a/b", "..", "a" * 33, "-a"])
def test_a_rater_has_a_plain_name(rater: str) -> None:
    with pytest.raises(ValueError, match="rater"):
        label(rater=rater)


@pytest.mark.parametrize("data", [b"", b"{}", b"[" * 100_000, label(rater="bob").model_dump_json().encode()])
def test_a_damaged_label_is_named(data: bytes) -> None:
    blobs = MemoryBlobs()
    key = f"{label().folder}0001.json"
    blobs.put(key, data)
    with pytest.raises(UserError, match=key):
        list(labels.latest(blobs))


def test_a_label_of_a_newer_format_is_refused() -> None:
    blobs = MemoryBlobs()
    data = label().model_dump_json().replace('"format":1', '"format":2').encode()
    blobs.put(f"{label().folder}0001.json", data)
    with pytest.raises(UserError, match="upgrade nhr"):
        list(labels.latest(blobs))
