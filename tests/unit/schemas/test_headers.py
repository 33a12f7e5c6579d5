"""What rides beside messages."""

import pytest

from schemas import headers
from schemas.headers import BEGAN
from schemas.ports import Outgoing

BARE = Outgoing("t", "k", b"v")


def test_when_it_began_is_carried_on() -> None:
    carried = headers.carry(BARE, {BEGAN: "12.500", "other": "stays behind"})
    assert carried == BARE._replace(headers={BEGAN: "12.500"})
    assert headers.began(carried.headers) == 12.5


def test_headers_of_its_own_stay() -> None:
    own = BARE._replace(headers={"nhr-error": "Reject"})
    assert headers.carry(own, {BEGAN: "1"}).headers == {"nhr-error": "Reject", BEGAN: "1"}


def test_a_message_that_says_so_already_is_left_alone() -> None:
    own = BARE._replace(headers={BEGAN: "1"})
    assert headers.carry(own, {BEGAN: "2"}) is own


def test_where_nothing_is_known_nothing_is_carried() -> None:
    assert headers.carry(BARE, {}) is BARE
    assert headers.began({}) == 0.0


@pytest.mark.parametrize("text", ["", "soon", "nan", "inf", "-inf"])
def test_what_is_no_number_is_not_known(text: str) -> None:
    assert headers.began({BEGAN: text}) == 0.0
