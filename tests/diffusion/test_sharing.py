"""Attempts of one request share what was encoded of its text and its source, within a call and from call to call."""

from typing import Any

import pytest

from tests.diffusion.conftest import Load
from tests.diffusion.families import FLUX, KLEIN, KONTEXT, PIX2PIX, QWEN, TEXTS, Family, edit, prompt


def counted(plugin: Any, part: str) -> list[int]:
    """How many rows each further run of a part of the pipeline gets."""
    seen: list[int] = []
    module = getattr(plugin.host.pipe, part)
    module.register_forward_hook(lambda _module, _args, out: seen.append(len(out[0])))
    return seen


@pytest.mark.parametrize("family", [KONTEXT, KLEIN, PIX2PIX, QWEN], ids=str)
def test_attempts_of_a_request_encode_text_and_source_once(family: Family, anew: Load) -> None:
    plugin: Any = anew(family, batch=4)
    texts = counted(plugin, "text_encoder")
    plugin.edit([edit(seed=seed) for seed in range(4)])
    first = len(texts)
    plugin.edit([edit(seed=seed) for seed in range(4, 8)])
    made = plugin.host.batching.encodings.made
    assert made["source"] == 1
    assert len(texts) == first
    assert plugin.host.calls == [4, 4]


def test_requests_of_a_source_share_its_latents(anew: Load) -> None:
    plugin: Any = anew(KONTEXT, batch=4)
    plugin.edit([edit(0, TEXTS[0]), edit(0, TEXTS[1]), edit(1, TEXTS[0])])
    assert plugin.host.batching.encodings.made == {"text": 2, "source": 2}


def test_seeds_of_a_prompt_share_its_embeddings(anew: Load) -> None:
    plugin: Any = anew(FLUX, batch=4)
    plugin.generate([prompt(seed=seed) for seed in range(10)])
    assert plugin.host.batching.encodings.made == {"text": 1}
    assert plugin.host.calls == [4, 4, 2]


def test_no_more_is_kept_than_there_is_room_for(anew: Load) -> None:
    plugin: Any = anew(FLUX, batch=2)
    plugin.host.batching.encodings.room = 2
    plugin.generate([prompt(text) for text in "abc"])
    plugin.generate([prompt("c"), prompt("a")])
    assert plugin.host.batching.encodings.made == {"text": 4}
