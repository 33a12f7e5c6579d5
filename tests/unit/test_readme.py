"""What the README shows must run."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from typer.main import get_command

import workers.editors
from infra.cli import app
from schemas.ports import Image, Task
from workers import roster
from workers.prompters.file import FileOptions, Prompter

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", README, re.DOTALL)
    assert found
    return found[1]


def test_the_editor_of_the_readme_is_found_by_its_file_name_and_edits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "my_model.py").write_text(block("python"), encoding="utf-8")
    monkeypatch.setattr(workers.editors, "__path__", [*workers.editors.__path__, str(tmp_path)])
    roster.names.cache_clear()
    try:
        editor = roster.parse("editor", "my_model")
        editor.load()
        task = Task("any job", (Image(np.full((4, 4, 3), 100, np.uint8)),))
        (edited,) = roster.run(roster.KINDS["editor"], editor, [task])
        assert (edited.pixels == 140).all()
    finally:
        roster.names.cache_clear()


def test_every_command_of_the_readme_exists() -> None:
    commands = getattr(get_command(app()), "commands", {})
    named = set(re.findall(r"nhr (\w+)", block("sh") + README))
    assert {"mine", "report", "show", "export"} <= named & set(commands)
    assert named - set(commands) <= {"is"}


def test_the_prompt_line_of_the_readme_is_accepted(tmp_path: Path) -> None:
    path = tmp_path / "prompts.jsonl"
    path.write_text(json.dumps(json.loads(block("json"))), encoding="utf-8")
    items = list(Prompter(FileOptions(path=str(path))).intake("c", 0))
    assert len(items) == 2
