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


def test_an_unknown_setting_is_named_with_those_there_are() -> None:
    with pytest.raises(UserError, match=r"^unknown setting NHR_OTU; settings are: NHR_OUT, NHR_LOG_LEVEL, [A-Z_, ]+$"):
        from_environment({"NHR_OTU": "/data"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NHR_LEASE_S", "0"),
        ("NHR_LEASE_S", "soon"),
        ("NHR_CACHE_MB", "-1"),
        ("NHR_CACHE_MB", "1.5"),
        ("NHR_FSYNC", "perhaps"),
        ("NHR_LOG_LEVEL", "loud"),
    ],
)
def test_a_value_out_of_range_is_named_in_one_line(name: str, value: str) -> None:
    with pytest.raises(UserError, match=rf"^setting {name}: [^\n]+; correct or unset it$"):
        from_environment({name: value})


def test_every_setting_is_described() -> None:
    assert all(field.description for field in Settings.model_fields.values())
