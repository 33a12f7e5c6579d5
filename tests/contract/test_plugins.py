"""The suite of every plug-in of every kind, found by file name: a new file is tested without a new test."""

import json
import math
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from schemas import codec
from schemas import messages as m
from schemas.errors import Reject, Retry, UserError
from schemas.ports import Billed, Gated, Image, Info, Judged, Screened, Task
from schemas.taxonomy import taxonomy
from tests import tiny
from tests.contract.served import KEYS, served
from tests.contract.worlds import jobs
from tests.unit.photographic.scenes import photograph
from workers import answers, roster
from workers.plugin import Options, Photo, PlugIn, Prompter, Skipped
from workers.roster import FOLDERS, KINDS

EVERY = [(kind, name) for kind in FOLDERS for name in roster.names(kind)]
WORKERS = [(kind, name) for kind, name in EVERY if kind in KINDS]
RESULTS = {"generator": Image, "gate": Gated, "editor": Image, "screen": Screened, "judge": Judged, "writer": str}
HEAVY = ("torch", "diffusers", "transformers", "google.genai", "openai", "vllm", "onnxruntime", "rapidocr", "nudenet")
GUESSES: tuple[object, ...] = (
    0, 1, 2, 7, 100, 640, 0.25, 0.75, True, False, "x", "*.png", "zh", "low", "before", "http://127.0.0.1:9",
    "remove=0.1", "same", "auto", "jpeg", "1K", "a:1", "bf16", "cuda", "96x64", "regional", "math", "fp8", "model",
    "sana",
)  # fmt: skip
PAIRED: dict[str, dict[str, object]] = {
    "project": {"location": "y"}, "location": {"project": "y"}, "compile": {"sizes": "64x64"},
}  # fmt: skip
"""Options that are given together."""
SLACK = {"models": 2}
"""By the extra a plug-in needs: how far pixels of one answer may differ with what else was in its batch.

A level by rounding, which enlarging to the source's size can make two.
"""
FIRST = 6

EACH = pytest.mark.parametrize(("kind", "name"), EVERY, ids=[f"{kind}-{name}" for kind, name in EVERY])


@pytest.fixture(scope="session")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a photograph and a prompt file."""
    folder = tmp_path_factory.mktemp("inputs")
    (folder / "photos").mkdir()
    for seed in (1, 2):
        cv2.imwrite(str(folder / "photos" / f"{seed}.png"), photograph(seed=seed)[..., ::-1])
    line = {"text": "a red boat", "requests": [{"instruction": "Make the boat blue.", "operation": "recolor"}]}
    (folder / "prompts.jsonl").write_text(f"{json.dumps(line)}\nnonsense\n{json.dumps({**line, 'seed': 1})}\n")
    return folder


@pytest.fixture(scope="session")
def given(inputs: Path) -> Iterator[dict[tuple[str, str], dict[str, object]]]:
    """Options of the plug-ins that cannot do without."""
    with served(inputs / "photos") as services:
        yield {
            ("prompter", "file"): {"path": str(inputs / "prompts.jsonl")},
            ("prompter", "photos"): {"path": str(inputs / "photos")},
            **tiny.options(inputs),
            **services,
        }


@pytest.fixture(scope="session")
def tasks(inputs: Path) -> dict[str, list[Task[Any]]]:
    """Jobs of every kind: about drawn scenes, about photographs, about next to nothing."""
    worlds = [
        ("grammar:megapixels=0.03", "simulated:faithful=1", "simulated:skill=7"),
        (f"photos:{inputs / 'photos'}", "", "classic:exact=1"),
        ("null:requests=2", "null", "null"),
    ]
    return jobs(worlds).tasks


# --- what it says of itself -------------------------------------------------------------------------------------------


@EACH
def test_it_says_in_one_line_what_it_is_and_under_what_licence(kind: str, name: str) -> None:
    info = roster.plugin_class(kind, name).INFO
    assert 10 <= len(info.summary) <= 120
    assert "\n" not in info.summary
    assert info.licence
    assert info.revision


@EACH
def test_its_batch_and_memory_are_sane(kind: str, name: str) -> None:
    info = roster.plugin_class(kind, name).INFO
    assert 1 <= info.batch <= 4096
    assert 0 < info.memory_gb < 1000


@EACH
def test_the_operations_it_names_are_known(kind: str, name: str) -> None:
    operations = roster.plugin_class(kind, name).INFO.operations
    assert operations is None or operations <= set(taxonomy().operations)
    assert operations is None or operations


@EACH
def test_it_is_a_plugin_with_the_method_of_its_kind(kind: str, name: str) -> None:
    cls = roster.plugin_class(kind, name)
    assert issubclass(cls, Prompter if kind == "prompter" else PlugIn)
    assert callable(getattr(cls, "intake" if kind == "prompter" else KINDS[kind].method))
    assert isinstance(cls.INFO, Info)


# --- its options ------------------------------------------------------------------------------------------------------


@EACH
def test_an_unknown_option_is_refused_in_one_line(kind: str, name: str) -> None:
    with pytest.raises(UserError) as raised:
        roster.build(kind, name, {"no_such_option": "1"})
    assert str(raised.value).startswith(f"{kind} {name}: option ")
    assert "\n" not in str(raised.value)


@EACH
def test_its_recipe_is_the_same_for_the_same_options(
    kind: str, name: str, given: dict[tuple[str, str], dict[str, object]]
) -> None:
    options = given.get((kind, name), {})
    recipes = {roster.recipe(kind, name, roster.build(kind, name, options)) for _ in range(2)}
    assert len(recipes) == 1
    assert recipes.pop().startswith(f"{name}@")


def other_values(options: Options) -> dict[str, object]:
    """For each option one other value that it may have."""
    found: dict[str, object] = {}
    for option in type(options).model_fields:
        for guess in GUESSES:
            try:
                given = {**options.model_dump(), **PAIRED.get(option, {}), option: guess}
                changed = type(options).model_validate(given)
            except ValueError:
                continue
            if getattr(changed, option) != getattr(options, option):
                found[option] = guess
                break
    return found


@EACH
def test_its_recipe_changes_with_every_option_but_those_that_change_no_answer(
    kind: str, name: str, given: dict[tuple[str, str], dict[str, object]]
) -> None:
    usual = roster.build(kind, name, given.get((kind, name), {}))
    others = {option: value for option, value in other_values(usual.options).items() if option != "path"}
    assert set(others) >= {option for option in type(usual.options).model_fields if option != "path"}
    recipes = {
        option: roster.recipe(
            kind,
            name,
            roster.build(kind, name, {**usual.options.model_dump(), **PAIRED.get(option, {}), option: value}),
        )
        for option, value in others.items()
    }
    tuning = type(usual.options).TUNING
    assert {recipes.pop(option) for option in tuning & set(others)} <= {roster.recipe(kind, name, usual)}
    assert len({*recipes.values(), roster.recipe(kind, name, usual)}) == len(others) - len(tuning) + 1


def test_reading_what_plugins_say_of_themselves_imports_no_model() -> None:
    code = (
        "import sys; from workers import roster;"
        "[roster.plugin_class(kind, name).INFO for kind in roster.FOLDERS for name in roster.names(kind)];"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# --- its answers ------------------------------------------------------------------------------------------------------


class Trial:
    """A loaded plug-in, the tasks it is tried with, and what it answered to all of them."""

    def __init__(self, kind: str, name: str, tasks: Sequence[Task[Any]], options: Mapping[str, object]) -> None:
        self.kind, self.name, self._options = KINDS[kind], name, options
        self.plugin = self.fresh()
        self.recipe = roster.recipe(kind, name, self.plugin)
        self.slack = SLACK.get(self.plugin.INFO.extra, 0)
        sees = self.plugin.INFO.reads_images
        self.tasks = [task if sees else Task(task.job) for task in tasks]
        self.results = self.answer(self.tasks)

    def fresh(self) -> PlugIn[Any]:
        """Another instance, loaded; skips the test where its model or its keys are not to be had."""
        tiny.build(self._options)
        plugin = roster.build(self.kind.name, self.name, self._options)
        plugin.access = KEYS
        try:
            plugin.load()
        except UserError as error:
            pytest.skip(f"{self.kind.name} {self.name} cannot be loaded here: {error}")
        return plugin

    def answer(self, tasks: Sequence[Task[Any]], plugin: PlugIn[Any] | None = None) -> list[Any]:
        """What it answers, in batches no larger than it takes."""
        size, found = self.plugin.INFO.batch, list[Any]()
        for first in range(0, len(tasks), size):
            found += roster.run(self.kind, plugin or self.plugin, tasks[first : first + size])
        return [result.result if isinstance(result, Billed) else result for result in found]

    def answered(self) -> list[tuple[Task[Any], Any]]:
        """The tasks it did not reject, with their results."""
        return [pair for pair in zip(self.tasks, self.results, strict=True) if not isinstance(pair[1], Reject)]


@pytest.fixture(scope="module", params=WORKERS, ids=[f"{kind}-{name}" for kind, name in WORKERS])
def trial(
    request: pytest.FixtureRequest,
    tasks: dict[str, list[Task[Any]]],
    given: dict[tuple[str, str], dict[str, object]],
) -> Trial:
    kind, name = request.param
    return Trial(kind, name, tasks[kind], given.get((kind, name), {}))


def same(one: object, other: object, slack: int = 0) -> bool:
    """Whether two answers (or items) are equal, pixel for pixel; or `slack` apart."""
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        left, right = np.asarray(one, np.int64), np.asarray(other, np.int64)
        return left.shape == right.shape and bool(np.all(np.abs(left - right) <= slack))
    if type(one) is not type(other):
        return False
    if isinstance(one, Exception):
        return str(one) == str(other)
    if isinstance(one, Sequence) and isinstance(other, Sequence) and not isinstance(one, str):
        return len(one) == len(other) and all(same(*pair, slack) for pair in zip(one, other, strict=True))
    if is_dataclass(one):
        return all(same(getattr(one, field.name), getattr(other, field.name), slack) for field in fields(one))
    return one == other


def test_it_answers_every_task_with_a_result_of_its_kind_or_a_rejection(trial: Trial) -> None:
    wanted = RESULTS[trial.kind.name]
    assert all(isinstance(result, wanted | Reject) for result in trial.results)


def test_it_can_do_something(trial: Trial) -> None:
    assert trial.answered()


def test_an_editor_or_judge_does_only_the_operations_it_names(trial: Trial) -> None:
    named = trial.plugin.INFO.operations
    if named is not None and trial.kind.name in {"editor", "judge"}:
        assert {task.job.request.operation for task, _ in trial.answered()} <= named


def test_a_rejection_is_one_line(trial: Trial) -> None:
    rejections = [str(result) for result in trial.results if isinstance(result, Reject | Retry)]
    assert all(text and "\n" not in text for text in rejections)


def test_an_answer_becomes_a_message_that_travels(trial: Trial) -> None:
    for task, result in trial.answered():
        if isinstance(result, Image):
            ref = m.ImageRef(key="scratch/x", sha256="0" * 64, width=1, height=1)
            message = answers.pictured(task.job, ref, trial.recipe, m.Meter())
        else:
            message = answers.told(task.job, result, trial.recipe, m.Meter())
        assert codec.decode(codec.answer_topic(trial.kind.stage), codec.encode(message)) == message


def test_a_picture_is_of_bytes_in_rows_with_a_note_that_is_json_or_nothing(trial: Trial) -> None:
    pictures = [result for result in trial.results if isinstance(result, Image)]
    for picture in pictures:
        assert picture.pixels.dtype == np.uint8
        assert picture.pixels.shape[2:] == (3,)
        assert picture.pixels.flags.c_contiguous
        assert not picture.note or json.loads(picture.note)


def test_what_it_measured_is_numbers(trial: Trial) -> None:
    measures = [getattr(result, "measures", {}) for _, result in trial.answered()]
    assert all(name and math.isfinite(value) for found in measures for name, value in found.items())


def test_an_answer_is_the_same_alone_as_in_a_batch(trial: Trial) -> None:
    alone = [trial.answer([task])[0] for task in trial.tasks]
    assert same(alone, trial.results, trial.slack)


def test_the_order_of_a_batch_is_irrelevant(trial: Trial) -> None:
    backwards = trial.answer(trial.tasks[::-1])[::-1]
    assert same(backwards, trial.results, trial.slack)


def test_another_instance_answers_the_same(trial: Trial) -> None:
    assert same(trial.answer(trial.tasks, trial.fresh()), trial.results, trial.slack)


# --- prompters --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=roster.names("prompter"))
def prompter(request: pytest.FixtureRequest, given: dict[tuple[str, str], dict[str, object]]) -> Prompter[Any]:
    found = roster.build("prompter", request.param, given.get(("prompter", request.param), {}))
    assert isinstance(found, Prompter)
    found.access = KEYS
    return found


def items(prompter: Prompter[Any], start: int = 0, campaign: str = "c") -> list[Any]:
    return list(islice(prompter.intake(campaign, start), FIRST - start))


def test_it_proposes_something_to_mine(prompter: Prompter[Any]) -> None:
    found = items(prompter)
    assert all(isinstance(item, m.Prompt | Photo | Skipped) for item in found)
    assert any(isinstance(item, m.Prompt | Photo) for item in found)


def test_its_items_are_always_the_same(prompter: Prompter[Any]) -> None:
    assert same(items(prompter), items(prompter))


def test_its_items_from_a_number_on_are_those_that_follow(prompter: Prompter[Any]) -> None:
    assert same(items(prompter)[1:], items(prompter, start=1))


def test_its_requests_ask_known_operations_each_in_other_words(prompter: Prompter[Any]) -> None:
    for item in items(prompter):
        if not isinstance(item, Skipped):
            words = [request.instruction for request in item.requests]
            assert len(set(words)) == len(words)
            assert {request.operation for request in item.requests} <= set(taxonomy().operations)


def test_its_prompts_travel(prompter: Prompter[Any]) -> None:
    for item in items(prompter):
        if isinstance(item, m.Prompt):
            assert item.campaign == "c"
            assert codec.outgoing(item).key == item.prompt_id


def test_its_prompts_in_another_campaign_are_other_sources(prompter: Prompter[Any]) -> None:
    here, there = (
        {item.source_id for item in items(prompter, campaign=name) if isinstance(item, m.Prompt)} for name in "cd"
    )
    assert not here & there


def test_no_two_of_its_items_are_one_source(prompter: Prompter[Any]) -> None:
    names = [item.source_id if isinstance(item, m.Prompt) else item.sha256 for item in items(prompter)
             if not isinstance(item, Skipped)]  # fmt: skip
    assert len(set(names)) == len(names)
