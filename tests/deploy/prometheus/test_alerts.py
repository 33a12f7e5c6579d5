"""Every alert fires when it should and says what it should, and no other does; none does where all is well."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests import services
from tests.deploy.prometheus import rulebook
from tests.deploy.prometheus.cases import Case
from tests.deploy.prometheus.firing import FIRING
from tests.deploy.prometheus.quiet import QUIET


@pytest.fixture(autouse=True)
def _promtool() -> None:
    services.need_prometheus()


def _named(cases: Sequence[Case]) -> list[str]:
    return [case.name for case in cases]


@pytest.mark.parametrize("case", FIRING, ids=_named(FIRING))
def test_it_fires_and_no_other_does(case: Case, tmp_path: Path) -> None:
    assert rulebook.told(tmp_path, case.series, case.after, case.firing) == ""


@pytest.mark.parametrize("case", QUIET, ids=_named(QUIET))
def test_it_is_quiet(case: Case, tmp_path: Path) -> None:
    assert [one.name for one in case.firing] == []
    assert rulebook.told(tmp_path, case.series, case.after, ()) == ""


def test_every_alert_of_every_severity_fires_in_some_case() -> None:
    fired = {(one.name, one.severity) for case in FIRING for one in case.firing}
    assert fired == {(rule["alert"], rule["labels"]["severity"]) for rule in rulebook.alerts()}


def test_a_case_that_should_fail_does(tmp_path: Path) -> None:
    assert "FAILED" in rulebook.told(tmp_path, FIRING[0].series, FIRING[0].after, ())
    assert "FAILED" in rulebook.told(tmp_path, QUIET[0].series, QUIET[0].after, FIRING[0].firing)
