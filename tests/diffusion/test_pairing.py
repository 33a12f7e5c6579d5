"""Every picture of a batch is that of its own text, source and seed: compared in floats with bare single calls."""

from itertools import product
from typing import Any

import pytest

from tests.diffusion.conftest import Load
from tests.diffusion.families import EDITORS, GENERATORS, TEXTS, TOLERANCE, Family, edit, prompt
from tests.tiny import SIDE
from workers.diffusion.plugins import Diffusion
from workers.diffusion.rows import Row, asked, prompted

SEEDS = (3, 4)


def rows_of(family: Family, plugin: Diffusion[Any]) -> list[Row]:
    """Two texts, two seeds and, for an editor, two sources, so mixed that neighbours share nothing they might."""
    if family.kind == "generator":
        pairs = [prompt(text, seed) for text, seed in product(TEXTS, SEEDS)]
        rows = [prompted(task, plugin.at) for task in pairs]
    else:
        rows = [asked(edit(*what), plugin.at) for what in product((0, 1), TEXTS, SEEDS)]
    return rows[::3] + rows[1::3] + rows[2::3]


def singles(family: Family, plugin: Diffusion[Any], rows: list[Row]) -> list[Any]:
    """What the pipeline gives for each row by itself, called as its makers mean it."""
    import torch
    from diffusers import DiffusionPipeline

    pipe = DiffusionPipeline.from_pretrained(plugin.options.model, local_files_only=True)
    pipe.set_progress_bar_config(disable=True)
    fixed = {**plugin.host.batching.fixed, **family.single, "output_type": "pt"}
    if plugin.host.batching.sized:
        fixed |= {"height": SIDE, "width": SIDE}
    made = []
    for row in rows:
        source = {} if row.source is None else {"image": row.source}
        generator = torch.Generator("cpu").manual_seed(row.seed)
        made.append(pipe(prompt=row.text, generator=generator, **source, **fixed).images[0])
    return made


def far(one: Any, other: Any) -> float:
    return float((one - other).abs().max())


@pytest.mark.parametrize("family", [*GENERATORS, *EDITORS], ids=str)
def test_each_picture_of_a_batch_is_that_of_its_own_text_source_and_seed(family: Family, loaded: Load) -> None:
    plugin = loaded(family, batch=8)
    rows = rows_of(family, plugin)
    alone = singles(family, plugin, rows)
    apart = [far(one, other) for number, one in enumerate(alone) for other in alone[:number]]
    assert min(apart) > 2 * TOLERANCE, "the jobs must differ by more than is forgiven"
    for batch in groups(plugin, rows):
        for number, drawn in zip(batch, plugin.host.draw([rows[number] for number in batch]), strict=True):
            assert far(drawn, alone[number]) < TOLERANCE


def groups(plugin: Diffusion[Any], rows: list[Row]) -> list[list[int]]:
    """The rows that may share a call, as the pipeline's rule has it, in the order they came."""
    found: dict[Any, list[int]] = {}
    for number, row in enumerate(rows):
        found.setdefault(plugin.host.batching.together(row), []).append(number)
    return list(found.values())


@pytest.mark.parametrize("family", EDITORS, ids=str)
def test_the_answers_of_a_step_are_those_of_its_tasks_in_order(family: Family, loaded: Load) -> None:
    plugin: Any = loaded(family, batch=3)
    tasks = [edit(*what) for what in product((0, 1), TEXTS, SEEDS)]
    answers = plugin.edit(tasks)
    backwards = plugin.edit(tasks[::-1])[::-1]
    alone = [plugin.edit([task])[0] for task in tasks]
    for one, other, third in zip(answers, backwards, alone, strict=True):
        assert abs(one.pixels.astype(int) - third.pixels).max() <= 1
        assert abs(other.pixels.astype(int) - third.pixels).max() <= 1
