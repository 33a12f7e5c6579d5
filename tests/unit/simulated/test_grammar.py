"""The grammar prompter: always the same, varied, natural, and within the limits of messages."""

import re
from collections import Counter
from itertools import islice

import pytest

from schemas.messages import Prompt
from schemas.taxonomy import taxonomy
from tests.unit.simulated.makers import prompt
from workers.prompters.grammar import GrammarOptions, Prompter
from workers.simulated.change import apply, parse, possible
from workers.simulated.reading import read_scene


@pytest.fixture(scope="module")
def prompts() -> list[Prompt]:
    return [prompt(number, megapixels=0.25) for number in range(480)]


def test_item_i_is_always_the_same(prompts: list[Prompt]) -> None:
    again = list(islice(Prompter(GrammarOptions()).intake("test", 100), 5))
    assert again == prompts[100:105]


def test_another_seed_gives_other_prompts_under_other_names(prompts: list[Prompt]) -> None:
    other = Prompter(GrammarOptions(seed=3)).item("test", 0)
    assert other.text != prompts[0].text
    assert other.prompt_id == "grammar-s3-0000000"


def test_each_prompt_is_drawn_with_as_many_seeds_as_told() -> None:
    items = [Prompter(GrammarOptions(seeds=2)).item("test", number) for number in range(4)]
    assert [(item.prompt_id, item.seed) for item in items] == [
        ("grammar-0000000", 0), ("grammar-0000000", 1), ("grammar-0000001", 0), ("grammar-0000001", 1)
    ]  # fmt: skip


def test_scenes_are_distinct(prompts: list[Prompt]) -> None:
    assert len({item.text for item in prompts}) == len(prompts)


def test_every_style_of_the_taxonomy_comes_round(prompts: list[Prompt]) -> None:
    assert {item.style for item in prompts[:96]} == set(taxonomy().styles)


def test_one_to_five_things_come_evenly(prompts: list[Prompt]) -> None:
    things = Counter(
        len(read_scene(item.text, item.style, 0, item.width, item.height).things) for item in prompts
    )  # fmt: skip
    assert set(things) == {1, 2, 3, 4, 5}
    assert min(things.values()) > 0.15 * len(prompts)


def test_at_least_twenty_known_operations_are_asked(prompts: list[Prompt]) -> None:
    asked = {request.operation for item in prompts for request in item.requests}
    assert asked <= set(taxonomy().operations)
    assert len(asked) >= 25


def test_sizes_are_the_papers_aspects_at_a_quarter_megapixel(prompts: list[Prompt]) -> None:
    assert len({(item.width, item.height) for item in prompts}) >= 15
    for item in prompts:
        assert item.width % 32 == item.height % 32 == 0
        assert 0.2e6 < item.width * item.height < 0.32e6
        assert 0.39 < item.width / item.height < 2.6


def test_instructions_of_a_prompt_differ_and_fit_their_messages(prompts: list[Prompt]) -> None:
    for item in prompts:
        words = [request.instruction for request in item.requests]
        assert len(set(words)) == len(words) >= 3
        assert all(len(text.encode()) <= 1024 for text in words)
        assert all(len(request.effect.encode()) <= 512 for request in item.requests)


def test_about_one_request_in_twenty_has_no_inverse(prompts: list[Prompt]) -> None:
    requests = [request for item in prompts for request in item.requests]
    without = sum(not taxonomy().has_inverse(request.operation) for request in requests) / len(requests)
    assert 0.035 < without < 0.07


def test_three_or_four_requests_make_the_papers_share_of_composites(prompts: list[Prompt]) -> None:
    four = sum(len(item.requests) == 4 for item in prompts) / len(prompts)
    assert 0.62 < four < 0.78


def test_every_request_can_be_done_and_changes_its_scene(prompts: list[Prompt]) -> None:
    for item in prompts:
        scene = read_scene(item.text, item.style, item.seed, item.width, item.height)
        for request in item.requests:
            change = parse(request.effect)
            assert change is not None
            assert possible(scene, change)
            assert apply(scene, change) != scene


def test_the_words_are_natural_english(prompts: list[Prompt]) -> None:
    for item in prompts:
        for text in (item.text, *(request.instruction for request in item.requests)):
            assert not re.search(r"\ba [aeio]|\ban [^aeiouh]", text), text
            assert not re.search(r"  |\.\.|,,| ,| \.|\bNone\b|\{|\}", text), text
        for request in item.requests:
            assert re.fullmatch(r"[A-Z].*[.?]", request.instruction), request.instruction


def test_composite_requests_come_last_and_need_two_things(prompts: list[Prompt]) -> None:
    for item in prompts:
        kinds = [request.operation for request in item.requests]
        assert "composite" not in kinds[:-1]
        if kinds[-1] == "composite":
            assert len(read_scene(item.text, item.style, 0, item.width, item.height).things) >= 2
