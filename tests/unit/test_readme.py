"""The README's table of models is what the plug-ins say of themselves."""

from dataclasses import replace

import pytest

from infra.cli import readme
from schemas.errors import UserError
from workers.editors.classic import Editor


def test_the_readme_lists_every_model_as_it_is() -> None:
    text = readme.README.read_text(encoding="utf-8")
    assert readme.renewed(text) == text, "run `make readme-models`"


def test_what_a_plugin_says_of_itself_is_what_the_readme_says(monkeypatch: pytest.MonkeyPatch) -> None:
    text = readme.README.read_text(encoding="utf-8")
    changed = replace(Editor.INFO, licence="NC-1", commercial=False, memory_gb=24.0, repository="acme/painter")
    monkeypatch.setattr(Editor, "INFO", changed)
    assert "| editor | `classic` | acme/painter | NC-1: no commercial use | 24 GB |" in readme.renewed(text)


def test_a_readme_without_a_place_for_the_table_is_told() -> None:
    with pytest.raises(UserError, match="has no"):
        readme.renewed("# NHR\n")
