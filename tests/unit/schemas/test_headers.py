"""What rides beside messages."""

import pytest

from schemas import headers
from schemas.headers import BEGAN
from schemas.ports import Delivery


def delivery(**headers: str) -> Delivery:
    return Delivery("t", 0, 0, "k", b"v", {name.replace("_", "-"): text for name, text in headers.items()})


def test_when_it_began_is_carried_on_and_nothing_else() -> None:
    carried = headers.carried(delivery(nhr_began="12.500", nhr_error="Reject", other="stays behind"))
    assert carried == {BEGAN: "12.500"}
    assert headers.began(carried) == 12.5


def test_where_nothing_is_known_nothing_is_carried() -> None:
    assert headers.carried(delivery(other="stays behind")) == {}
    assert headers.began({}) == 0.0


@pytest.mark.parametrize("text", ["", "soon", "nan", "inf", "-inf"])
def test_what_is_no_number_is_not_known(text: str) -> None:
    assert headers.began({BEGAN: text}) == 0.0
