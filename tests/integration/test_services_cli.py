"""`nhr services`: servers that go on when the command has ended, until they are told to stop."""

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from infra.services import background, s3
from infra.services.process import identity
from schemas.errors import UserError
from tests import services
from tests.integration.conftest import Call
from tests.integration.running import nhr


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with services that a command, which has ended since, brought up."""
    services.need_kafka()
    services.need_s3()
    folder = tmp_path_factory.mktemp("services") / "new"
    came = nhr("services", "up", "--dir", folder)
    try:
        assert came.status == 0, came.err
        yield folder
    finally:
        with suppress(UserError):
            background.down(folder)


def test_what_up_started_runs_on(folder: Path) -> None:
    assert [(service.name, service.state) for service in background.find(folder).look()] == [
        ("kafka 1", "running"), ("s3", "running"),
    ]  # fmt: skip


def test_env_prints_settings_that_nhr_knows(folder: Path, call: Call) -> None:
    lines = call("services", "env", "--dir", folder).out.splitlines()

    settings = dict(line.removeprefix("export ").split("=", 1) for line in lines)
    assert settings == background.find(folder).environment()
    assert set(settings) >= {"NHR_KAFKA", "NHR_S3", "NHR_S3_ACCESS_KEY", "NHR_S3_SECRET_KEY"}


def test_up_again_changes_nothing(folder: Path, call: Call) -> None:
    before = background.find(folder).look()

    again = call("services", "up", "--dir", folder)

    assert again.out == call("services", "env", "--dir", folder).out
    assert background.find(folder).look() == before


def test_status_tells_what_was_killed_and_up_brings_it_back(folder: Path, call: Call) -> None:
    store = background.find(folder).s3
    store.kill()

    killed = call("services", "status", "--dir", folder)
    call("services", "up", "--dir", folder)
    mended = call("services", "status", "--dir", folder)

    assert killed.status == 1
    assert "stopped" in killed.out
    assert mended.status == 0
    assert store.endpoint in mended.out
    assert "stopped" not in mended.out


def test_a_server_that_hangs_is_told_from_one_that_answers(folder: Path, call: Call) -> None:
    store = background.find(folder).s3
    assert store.pid is not None
    os.kill(store.pid, signal.SIGSTOP)

    status = call("services", "status", "--dir", folder)
    os.kill(store.pid, signal.SIGCONT)

    assert "not answering" in status.out


def test_down_ends_them_and_up_finds_their_data(folder: Path, call: Call) -> None:
    before = background.find(folder)
    pids = [service.pid for service in before.look()]

    down = call("services", "down", "--dir", folder)
    again = call("services", "down", "--dir", folder)
    ended = [identity(pid) for pid in pids if pid]
    call("services", "up", "--dir", folder)

    assert down.err == "stopped kafka 1, s3\n"
    assert again.err == "nothing was running\n"
    assert ended == [None, None]
    assert background.find(folder).environment() == before.environment()


def test_a_folder_keeps_its_number_of_brokers(folder: Path, call: Call) -> None:
    refused = call("services", "up", "--dir", folder, "--kafka-nodes", 3)

    assert refused.status == 2
    assert "holds a Kafka of 1 node(s)" in refused.err


def test_where_one_server_cannot_be_started_the_other_does_not_run_on(
    tmp_path: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    services.need_s3()
    monkeypatch.setenv("PATH", str(tmp_path / "nowhere"))

    refused = call("services", "up", "--dir", tmp_path)
    pid = s3.planned(tmp_path / "s3").pid
    s3.planned(tmp_path / "s3").kill()

    assert refused.status == 2
    assert "java is not installed" in refused.err
    assert pid is None


def test_two_brokers_are_not_offered(tmp_path: Path, call: Call) -> None:
    refused = call("services", "up", "--dir", tmp_path, "--kafka-nodes", 2)

    assert "--kafka-nodes 2 is not offered; give 1, or 3" in refused.err


@pytest.mark.parametrize("command", ["down", "status", "env"])
def test_a_folder_without_services_is_told(tmp_path: Path, call: Call, command: str) -> None:
    refused = call("services", command, "--dir", tmp_path)

    assert refused.status == 2
    assert f"no services were started in {tmp_path}; start them (nhr services up)" in refused.err


@pytest.mark.parametrize("command", [("services", "up"), ("up", "--simulated")])
def test_a_folder_that_cannot_be_one_is_told_in_one_line(command: tuple[str, ...], tmp_path: Path, call: Call) -> None:
    (tmp_path / "file").write_text("")

    told = call(*command, "--dir", tmp_path / "file")

    assert told.status == 2
    assert told.err.splitlines()[-1] == (
        f"nhr: folder {tmp_path / 'file'} cannot be written (File exists); "
        "make it a folder that you may write to, or give another --dir"
    )
