"""Whether plug-ins can work here: packages, weights, keys, and what they find out themselves."""

from collections.abc import Sequence
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from infra import fitness
from infra.settings import Settings
from workers.editors import null
from workers.plugin import Options


class Opted(Options):
    """As a model has."""

    model: str = ""
    url: str = ""


@pytest.fixture
def plugin(monkeypatch: pytest.MonkeyPatch) -> type[null.Editor]:
    """The null editor, as if it asked Gemini; both packages of that are there."""
    monkeypatch.setattr(null.Editor, "INFO", replace(null.Editor.INFO, extra="gemini"))
    monkeypatch.setattr(null.Editor, "OPTIONS", Opted)
    needed = [
        'pydantic>=2; extra == "gemini"',
        "numpy<3,>=2 ; extra == 'gemini'",
        'torch; extra == "diffusers"',
        "rich",
    ]
    monkeypatch.setattr(metadata, "requires", lambda _name: needed)
    return null.Editor


def told(settings: Settings | None = None, text: str = "null") -> list[tuple[bool, str, str]]:
    return fitness.of_plugins({"editor": text}, settings or Settings(gemini_key="hush"))


def test_an_extra_brings_the_packages_that_are_marked_with_it(plugin: Any) -> None:
    assert fitness.packages("gemini") == ["pydantic", "numpy"]
    assert fitness.packages("") == []


def test_a_plugin_with_all_it_needs_is_fit_and_its_key_is_not_shown(plugin: Any) -> None:
    checks = told()
    assert [good for good, _, _ in checks] == [True, True]
    assert "hush" not in str(checks)


def test_a_missing_package_is_named_and_nobody_is_asked(plugin: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "requires", lambda _name: ['acme-nowhere; extra == "gemini"'])
    monkeypatch.setattr(plugin, "check", lambda _self: pytest.fail("asked"))
    assert told()[0] == (
        False, "editor null: packages of gemini", 'acme-nowhere missing: pip install "nhr[gemini]"'
    )  # fmt: skip


def test_a_key_that_is_not_set_is_named_with_its_settings(plugin: Any) -> None:
    assert told(Settings())[1] == (False, "editor null: key of gemini", "set NHR_GEMINI_KEY_FILE or NHR_GEMINI_KEY")


def test_a_key_file_that_cannot_be_read_is_named(plugin: Any, tmp_path: Path) -> None:
    good, _, hint = told(Settings(gemini_key_file=tmp_path / "none"))[1]
    assert not good
    assert "NHR_GEMINI_KEY_FILE" in hint


def test_a_server_of_ones_own_needs_no_key(plugin: Any) -> None:
    assert all(good for good, _, _ in told(Settings(), "null:url=http://127.0.0.1:1"))


def test_weights_that_are_not_there_are_named(plugin: Any, tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    assert all(good for good, _, _ in told(text=f"null:model={tmp_path / 'here'}"))
    bad = [check for check in told(text=f"null:model={tmp_path / 'gone'}") if not check[0]]
    assert [what for _, what, _ in bad] == [f"editor null: weights at {tmp_path / 'gone'}"]


def test_a_model_that_is_named_is_not_looked_for_on_the_disk(plugin: Any) -> None:
    assert all(good for good, _, _ in told(text="null:model=acme/painter"))


def test_what_a_plugin_finds_out_is_told_line_by_line(plugin: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def check(self: Any) -> Sequence[str]:
        return [f"no model is called x for {self.access.key('gemini')[:1]}; see its list", "no quota is left today"]

    monkeypatch.setattr(plugin, "check", check)
    assert [check for check in told() if not check[0]] == [
        (False, "editor null", "no model is called x for h; see its list"),
        (False, "editor null", "no quota is left today"),
    ]


def test_a_check_that_fails_is_itself_told(plugin: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugin, "check", lambda _self: 1 / 0)
    assert told()[-1] == (False, "editor null", "ZeroDivisionError: division by zero")


def test_without_names_those_are_checked_whose_key_is_set(plugin: Any) -> None:
    checked = {what.partition(":")[0] for _, what, _ in fitness.of_plugins({}, Settings(gemini_key="hush"))}
    assert "editor null" in checked
    assert fitness.of_plugins({}, Settings()) == []


def test_a_plugin_or_an_option_that_does_not_exist_is_told(plugin: Any) -> None:
    assert [good for good, _, _ in told(text="nobody")] == [False]
    assert [good for good, _, _ in told(text="null:x=1")] == [False]
