"""What `nhr up` runs over: the servers that are named, both or neither."""

from pathlib import Path

import pytest

from infra.cluster import up
from infra.settings import Settings
from schemas.errors import UserError


@pytest.mark.parametrize(
    ("named", "says"),
    [
        (Settings(kafka="k:9092"), "NHR_KAFKA is set and NHR_S3 is not; name both servers, or neither"),
        (Settings(s3="http://s:8333"), "NHR_S3 is set and NHR_KAFKA is not; name both servers, or neither"),
    ],
)
def test_one_server_named_is_not_passed_over_for_local_ones(named: Settings, says: str, tmp_path: Path) -> None:
    said: list[str] = []
    with pytest.raises(UserError, match=says), up.servers(tmp_path, named, said.append):
        pass
    assert said == []
    assert list(tmp_path.iterdir()) == []
