"""What tokens cost, by the table, by one's own prices, or by nobody's."""

import logging
from datetime import date

import pytest

from schemas.ports import Usage
from workers.language.prices import BATCH_SHARE, Counts, Prices, find

TODAY = date(2026, 11, 27)
MILLION = 1_000_000


def cost(model: str, counts: Counts, on: date = TODAY, **given: float) -> float:
    return Prices(**given, today=on).usage(model, counts).cost_usd


def test_input_and_output_cost_what_the_table_says() -> None:
    assert cost("gemini-2.5-flash", Counts(MILLION, MILLION)) == pytest.approx(0.30 + 2.50)


def test_cached_input_costs_less() -> None:
    assert cost("gemini-2.5-flash", Counts(MILLION, 0, cached=MILLION // 2)) == pytest.approx(0.15 + 0.015)


def test_pictures_cost_what_pictures_cost() -> None:
    assert cost("gpt-image-1", Counts(MILLION, 0, image_input=MILLION)) == pytest.approx(10.0)
    assert cost("gemini-2.5-flash-image", Counts(0, 1290, image_output=1290)) == pytest.approx(0.0387)


def test_a_new_price_holds_from_its_day_on() -> None:
    counts = Counts(MILLION, 0)
    assert cost("gemini-3.8-flash", counts, date(2026, 12, 31)) == pytest.approx(0.75)
    assert cost("gemini-3.8-flash", counts, date(2027, 1, 1)) == pytest.approx(1.50)


@pytest.mark.parametrize(
    "name",
    [
        "gemini-2.0-flash",
        "models/gemini-2.0-flash",
        "gemini-2.0-flash-001",
        "publishers/google/models/gemini-2.0-flash",
    ],
)
def test_a_model_is_found_by_its_whole_name_and_by_its_version(name: str) -> None:
    assert find(name, TODAY) == find("gemini-2.0-flash", TODAY) is not None


@pytest.mark.parametrize("name", ["gemini-2.0-flash-lite", "gpt-4o-audio", "qwen", "", "projects/p/endpoints/1"])
def test_a_model_that_is_only_alike_has_no_price(name: str) -> None:
    assert find(name, TODAY) is None


def test_without_a_price_tokens_count_and_cost_nothing_which_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    prices = Prices()
    with caplog.at_level(logging.WARNING):
        assert [prices.usage("qwen", Counts(10, 2)) for _ in range(3)] == [Usage(10, 2, 0.0)] * 3
    assert [record.getMessage() for record in caplog.records] == [
        "no price known for qwen: its calls count as free; give price_in and price_out"
    ]


def test_ones_own_prices_go_before_the_tables() -> None:
    counts = Counts(MILLION, MILLION, cached=MILLION // 2)
    assert cost("gemini-2.5-flash", counts, given_input=2, given_output=4) == pytest.approx(2 + 4)
    assert cost("qwen", counts, given_input=2, given_output=4, given_cached=0.2) == pytest.approx(1 + 0.1 + 4)


def test_a_batch_costs_half() -> None:
    whole = cost("gpt-4o", Counts(MILLION, MILLION))
    assert cost("gpt-4o", Counts(MILLION, MILLION), share=BATCH_SHARE) == pytest.approx(whole / 2)


@pytest.mark.parametrize("counts", [Counts(10, 0, cached=50), Counts(10, 5, image_input=90), Counts(0, 0, 7, 7, 7)])
def test_counts_that_contradict_each_other_never_earn_money(counts: Counts) -> None:
    assert cost("gpt-image-1", counts) >= 0
