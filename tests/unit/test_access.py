"""What plug-ins are given of the world: keys by service, and no others."""

from pathlib import Path

import pytest

from infra.settings import Settings
from infra.wiring import access
from schemas.errors import UserError


def test_keys_come_from_the_settings_or_their_files(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("from a file\n")
    given = access(Settings(openai_key_file=file, gemini_key="plain", gemini_account_file=file), None)
    assert (given.key("openai"), given.key("gemini")) == ("from a file", "plain")
    assert given.key("gemini_account") == "from a file"


def test_a_key_that_nobody_set_is_empty() -> None:
    assert access(Settings(), None).key("gemini") == ""


def test_a_service_without_a_setting_is_told() -> None:
    with pytest.raises(UserError, match="no setting holds a key for 'acme'"):
        access(Settings(), None).key("acme")
