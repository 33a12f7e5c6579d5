"""The large shelf of the tests is a shelf: sorted, its records canonical, its pictures what their names say."""

from hashlib import sha256

import pytest

from infra import images
from schemas import messages as m
from schemas.errors import Missing
from streams import records, shelf
from tests.large_shelf import SIDE, LargeShelf

LARGE = LargeShelf(1234, recorded=True)


def test_its_triplets_are_listed_in_order_and_read_back() -> None:
    keys = list(LARGE.list(shelf.TRIPLETS))
    assert (len(keys), keys) == (1234, sorted(keys))
    assert [shelf.triplet_key(one.triplet_id) for one in shelf.triplets(LARGE)] == keys
    assert list(LARGE.list(keys[7][:17])) == [key for key in keys if key.startswith(keys[7][:17])]


def test_every_picture_is_there_and_what_its_name_says() -> None:
    names = {key for number in range(0, 1234, 77) for _, key in shelf.images(LARGE.triplet(number))}
    for key in names:
        data = LARGE.get(key)
        assert sha256(data).hexdigest() in key
        assert images.decode(data).pixels.shape == (SIDE, SIDE, 3)


def test_its_records_tell_of_a_lost_attempt_and_the_accepted_one_of_each() -> None:
    told = list(records.events(LARGE))
    scores = [event for event in told if isinstance(event, m.JudgeVerdict)]
    assert (len(told), len(scores)) == (4 * 1234, 2 * 1234)
    assert scores[1].job.after.sha256 == LARGE.triplet(0).after.sha256
    assert LARGE.has(records.record_image_key(scores[0].job.after))


def test_what_is_not_there_is_missing() -> None:
    for key in (shelf.triplet_key("f" * 32), f"{shelf.IMAGES}aa/{'a' * 64}.png", "elsewhere"):
        with pytest.raises(Missing):
            LARGE.get(key)


def test_what_is_written_lies_beside_it() -> None:
    large = LargeShelf(3)
    assert large.put("packed/x", b"1")
    assert next(iter(large.list(""))) == "packed/x"
    with pytest.raises(AssertionError, match="read-only"):
        large.put(shelf.triplet_key("f" * 32), b"")
