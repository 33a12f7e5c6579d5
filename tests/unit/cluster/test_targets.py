"""The file that tells Prometheus of the processes of `nhr up`, and the ports in it."""

import json
import socket
from pathlib import Path

from infra.cluster.targets import FIRST, LAST, LOOPBACK, Target, free_port, is_free, write


def test_a_port_is_free_until_somebody_listens_there() -> None:
    port = free_port(set())
    assert FIRST <= port < LAST
    with socket.create_server((LOOPBACK, port)):
        assert not is_free(port)
    assert is_free(port)


def test_no_two_are_given_the_same_port() -> None:
    taken: set[int] = set()
    for _ in range(50):
        port = free_port(taken)
        assert port not in taken
        taken.add(port)


def test_the_file_is_prometheus_own(tmp_path: Path) -> None:
    file = tmp_path / "targets.json"
    write(file, [Target("editor", 20001), Target("editor", 20002), Target("director", 20003)])
    assert json.loads(file.read_text()) == [
        {"targets": ["127.0.0.1:20001"], "labels": {"role": "editor"}},
        {"targets": ["127.0.0.1:20002"], "labels": {"role": "editor"}},
        {"targets": ["127.0.0.1:20003"], "labels": {"role": "director"}},
    ]
    write(file, [])
    assert json.loads(file.read_text()) == []
    assert list(tmp_path.iterdir()) == [file]
