"""Settings: known names, values in range, else one line that says which and what next."""

from pathlib import Path

import pytest

from infra.settings import Settings, from_environment
from schemas.errors import UserError


def test_without_settings_the_defaults_hold() -> None:
    assert from_environment({"HOME": "/h", "PATH": "/bin"}) == Settings()


def test_a_setting_is_read_from_its_name() -> None:
    found = from_environment({"NHR_OUT": "/data", "NHR_LEASE_S": "5", "NHR_CACHE_MB": "0", "NHR_FSYNC": "false"})
    assert found == Settings(out=Path("/data"), lease_s=5.0, cache_mb=0, fsync=False)


def test_an_unknown_setting_is_named_with_the_one_that_was_perhaps_meant() -> None:
    with pytest.raises(UserError, match=r"^unknown setting NHR_OTU; did you mean NHR_OUT\?$"):
        from_environment({"NHR_OTU": "/data"})


def test_an_unknown_setting_unlike_any_other_is_named_with_those_there_are() -> None:
    with pytest.raises(UserError, match=r"^unknown setting NHR_WHAT; settings are: NHR_OUT, [A-Z0-9_, ]+$"):
        from_environment({"NHR_WHAT": "/data"})


def test_a_secret_comes_from_its_file_and_is_never_shown(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("from the file\n")
    given = from_environment({"NHR_KAFKA_PASSWORD": "from the environment"})
    assert given.secret("kafka_password") == "from the environment"
    assert "environment" not in repr(given)
    filed = from_environment({"NHR_KAFKA_PASSWORD_FILE": str(file)})
    assert filed.secret("kafka_password") == "from the file"


def test_a_secret_file_that_is_gone_is_named(tmp_path: Path) -> None:
    settings = from_environment({"NHR_S3_SECRET_KEY_FILE": str(tmp_path / "gone")})
    with pytest.raises(UserError, match=r"^NHR_S3_SECRET_KEY_FILE: .*gone cannot be read .*; give a readable file$"):
        settings.secret("s3_secret_key")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NHR_LEASE_S", "0"),
        ("NHR_LEASE_S", "soon"),
        ("NHR_CACHE_MB", "-1"),
        ("NHR_CACHE_MB", "1.5"),
        ("NHR_FSYNC", "perhaps"),
        ("NHR_LOG_LEVEL", "loud"),
        ("NHR_KAFKA_POLL_S", "8"),
        ("NHR_SLOT", "editor 1"),
        ("NHR_SLOT", "a/b"),
    ],
)
def test_a_value_out_of_range_is_named_in_one_line(name: str, value: str) -> None:
    with pytest.raises(UserError, match=rf"^setting {name}: [^\n]+; correct or unset it$"):
        from_environment({name: value})


def test_a_member_may_be_busy_for_longer_than_it_waits_for_s3_unless_it_is_told_otherwise() -> None:
    assert Settings().busy_s > Settings().s3_deadline_s
    assert from_environment({"NHR_S3_DEADLINE_S": "3000"}).busy_s > 3000
    assert from_environment({"NHR_S3_DEADLINE_S": "3000", "NHR_KAFKA_POLL_S": "10"}).busy_s == 10


def test_every_setting_is_described() -> None:
    assert all(field.description for field in Settings.model_fields.values())
