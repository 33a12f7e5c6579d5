"""The roster finds plug-ins by file name and says in one line what is wrong with how they were asked for."""

from pathlib import Path
from typing import Any

import pytest

from schemas import topics
from schemas.errors import UserError
from schemas.ports import Info
from workers import plugin, roster
from workers.roster import KINDS


def refused(kind: str, text: str) -> str:
    """The one line that a plug-in asked for so gets."""
    with pytest.raises(UserError) as raised:
        roster.parse(kind, text)
    assert "\n" not in str(raised.value)
    return str(raised.value)


@pytest.mark.parametrize("kind", KINDS)
def test_every_file_of_a_kinds_folder_is_one_of_its_plugins(kind: str) -> None:
    folder = Path(roster.__file__).with_name(KINDS[kind].folder)
    files = {file.stem for file in folder.glob("*.py")} - {"__init__"}
    assert set(roster.names(kind)) == files


def test_every_topic_of_work_has_its_kind() -> None:
    assert {kind.takes for kind in KINDS.values()} == set(topics.ALL) - {
        topics.VERDICTS, topics.TRIPLETS, topics.DEAD_LETTERS
    }  # fmt: skip


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_a_kind_is_the_consumer_group_of_its_topic(kind: roster.Kind) -> None:
    assert kind.takes.groups == (kind.name,)


def test_an_unknown_plugin_is_told_with_those_there_are() -> None:
    assert (
        refused("gate", "nul") == f"unknown gate 'nul'; choose one of: {', '.join(roster.names('gate'))} (`nhr models`)"
    )


@pytest.mark.parametrize("name", ["", "..", "__init__", "null.py", "Null"])
def test_what_names_no_file_is_no_plugin(name: str) -> None:
    assert refused("gate", name).startswith(f"unknown gate {name!r}; choose one of: ")


def test_a_plugin_is_asked_for_with_its_options() -> None:
    assert roster.parse("gate", "null:yes=0.8").options.model_dump() == {"yes": 0.8}
    assert roster.parse("judge", "null: between = 0.1 ,composite=0").options.model_dump() == {
        "backward": 0.1, "between": 0.1, "composite": 0.0
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("null:no=1", "gate null: option 'no': unknown option; options: yes"),
        ("null:yes=2", "gate null: option 'yes': Input should be less than or equal to 1; options: yes"),
        ("null:yes=often", "gate null: option 'yes': Input should be a valid number, "),
        ("null:yes", "gate null: 'yes' is not option=value; options: yes"),
        ("null:yes=1,", "gate null: '' is not option=value; options: yes"),
    ],
)
def test_a_wrong_option_is_named_with_those_there_are(text: str, says: str) -> None:
    assert refused("gate", text).startswith(says)


def test_a_plugin_without_options_says_so() -> None:
    assert refused("writer", "null:tone=warm").endswith("; options: none")


def test_what_follows_a_prompters_name_is_its_path() -> None:
    assert roster.prompter("photos:/some/pictures").options.path == "/some/pictures"
    assert roster.prompter("photos:path=/p,edits=2").options.edits == 2


def test_a_jsonl_file_is_its_own_prompter(tmp_path: Path) -> None:
    file = tmp_path / "prompts.jsonl"
    file.write_text("{}\n")
    assert roster.prompter(str(file)).options.path == str(file)


def test_a_recipe_names_plugin_revision_and_options() -> None:
    """Standing answers are found by their recipe: it must not change unless the answers do."""
    gate = roster.build("gate", "null", {})
    assert roster.recipe("gate", "null", gate) == "null@07a74ae76092"


def test_other_options_or_another_revision_make_another_recipe(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = roster.build("gate", "null", {})
    usual = roster.recipe("gate", "null", gate)
    assert roster.recipe("gate", "null", roster.build("gate", "null", {"yes": 0.5})) != usual
    monkeypatch.setattr(type(gate), "INFO", Info(summary="newer", revision="2"))
    assert roster.recipe("gate", "null", gate) != usual


def test_a_plugin_that_gives_too_few_results_is_found_out() -> None:
    class Short(plugin.PlugIn[plugin.Options]):
        """Answers nothing."""

        def inspect(self, _tasks: Any) -> list[Any]:
            return []

    with pytest.raises(RuntimeError, match=r"gave 0 results for 2 tasks"):
        roster.run(KINDS["gate"], Short(plugin.Options()), [1, 2])


@pytest.mark.parametrize(
    ("text", "path", "edits"),
    [
        ("photos:/a=b", "/a=b", 4),
        ("photos:/a,b=c", "/a,b=c", 4),
        ("photos:path=/a,b,edits=2", "/a,b", 2),
        ("photos:edits=3,path=/a=b,c", "/a=b,c", 3),
    ],
)
def test_a_path_may_hold_commas_and_equals_signs(text: str, path: str, edits: int) -> None:
    options = roster.parse("prompter", text).options.model_dump()
    assert (options["path"], options["edits"]) == (path, edits)
