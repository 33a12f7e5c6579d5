"""What a process is and what it is billed, by names that users choose from."""

from importlib.metadata import version

import pytest

from infra.metrics import Metrics
from infra.telemetry.billing import bill
from infra.telemetry.build import built, named
from schemas import metrics
from schemas.ports import Usage


def test_tokens_and_dollars_are_counted_by_plug_in() -> None:
    meters = Metrics()
    bill(meters, "judge", "gemini@0123456789ab", Usage(100, 5, 0.25))
    bill(meters, "judge", "gemini@other", Usage(10, 0, 0.0))
    assert meters.totals(metrics.TOKENS) == {("judge", "gemini", "in"): 110, ("judge", "gemini", "out"): 5}
    assert meters.totals(metrics.COST) == {("judge", "gemini"): 0.25}


def test_what_costs_nothing_is_not_told() -> None:
    meters = Metrics()
    bill(meters, "prompter", "grammar", Usage())
    assert meters.totals(metrics.TOKENS) == meters.totals(metrics.COST) == {}


def test_a_process_says_what_it_is() -> None:
    meters = Metrics()
    built(meters, "mine", "simulated@ab", "pixels+simulated@cd", "simulated@ef")
    assert meters.totals(metrics.BUILD) == {(version("nhr"), "mine", "pixels+simulated,simulated"): 1}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("kontext@0123456789ab", "kontext"),
        ("gemini:model=x", "gemini"),
        ("photos:/home/me/pictures", "photos"),
        ("/home/me/scenes.jsonl", "file"),
        ("grammar", "grammar"),
        ("", ""),
    ],
)
def test_neither_settings_nor_paths_are_part_of_a_name(text: str, name: str) -> None:
    assert named(text) == name
