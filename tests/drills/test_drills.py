"""In each trouble exactly the alerts fire that are to, and end when it is lifted; in none, none does."""

from pathlib import Path

import pytest

from tests import services
from tests.drills.drill import run


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_in_each_trouble_the_right_alerts_fire_and_no_other(tmp_path: Path) -> None:
    services.need_prometheus()
    outcomes = run(tmp_path)
    assert {one.drill.name: one.fired for one in outcomes} == {one.drill.name: one.drill.expected for one in outcomes}
    assert [one.drill.name for one in outcomes if one.fired_s is None or one.ended_s is None] == []
    assert [len(one.said) for one in outcomes] == [len(one.drill.expected) for one in outcomes]
    assert not any("<" in text for one in outcomes for text in one.said)  # a template that fails says <error ...>
