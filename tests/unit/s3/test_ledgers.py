"""Ledgers on S3: an open document always has its marker, whatever is lost, late or killed; versions have one winner."""

import random
from collections.abc import Callable
from typing import NamedTuple

import msgpack
import pytest

from infra.ledgers import s3
from infra.ledgers.s3 import ORPHAN_S, S3Ledgers
from infra.s3 import Client
from schemas.errors import UserError
from schemas.ports import Change
from tests.unit.s3.fake import SETTINGS, FakeS3
from tests.unit.s3.interleaving import Process, play

DOC, MARKERS = "ledgers/docs/n!/n", "ledgers/open/n!/n!"
DAY_S = 86_400.0


class Told(NamedTuple):
    """What a process was told of a save."""

    expected: int
    data: bytes
    won: bool


class Watched(FakeS3):
    """Remembers every version of the one document."""

    def __init__(self) -> None:
        super().__init__()
        self.history: dict[int, bytes] = {}

    def document(self) -> dict[str, object]:
        stored = self.objects.get(DOC)
        return msgpack.unpackb(stored.data) if stored else {"version": 0, "opened": 0, "data": b""}

    def check(self) -> None:
        now = self.document()
        version = now["version"]
        assert isinstance(version, int)
        if version and version not in self.history:
            assert version == len(self.history) + 1
            self.history[version] = bytes(now["data"])  # type: ignore[call-overload]
        assert self.history.get(version, b"") == now["data"]
        if now["opened"]:
            assert f"{MARKERS}{now['opened']}" in self.objects, "an open document without its marker"


def ledgers(server: FakeS3, wire: Process) -> S3Ledgers:
    return S3Ledgers(Client(SETTINGS, server.clock, wire, server.waited), clock=server.clock)


def writer(server: FakeS3, seed: str, told: list[Told]) -> Callable[[Process], None]:
    def work(process: Process) -> None:
        rng, store = random.Random(seed), ledgers(server, process)
        version = 0
        for number in range(3):
            if rng.random() < 0.7:
                saved = store.load(["n"]).get("n")
                version = saved.version if saved else 0
            data = f"{seed}-{number}".encode()
            won = not store.save([Change("n", data, version, closed=rng.random() < 0.5)])
            told.append(Told(version, data, won))
            version += won

    return work


def sweeper(server: FakeS3) -> Callable[[Process], None]:
    def work(process: Process) -> None:
        store = ledgers(server, process)
        for _ in range(2):
            store.load(list(store.names("open")))

    return work


def run(seed: int) -> tuple[Watched, list[Told]]:
    rng, server, told = random.Random(seed), Watched(), list[Told]()
    works = [writer(server, f"{seed}-{number}", told) for number in range(rng.choice((1, 2, 3)))]
    play(rng, server, [*works, sweeper(server)], server.check)
    return server, told


@pytest.mark.parametrize("block", range(10))
def test_open_documents_always_have_their_marker_and_versions_one_winner_each(block: int) -> None:
    for seed in range(block * 60, block * 60 + 60):
        server, told = run(seed)
        for one in told:
            stands = server.history.get(one.expected + 1) == one.data
            assert stands if one.won else not stands or len(server.history) > one.expected + 1, (seed, one)


@pytest.mark.parametrize("block", range(4))
def test_markers_too_many_go_when_their_document_is_loaded_or_a_day_is_over(block: int) -> None:
    for seed in range(block * 60, block * 60 + 60):
        server, _ = run(seed)
        server.clock.advance(DAY_S + 1)
        store = S3Ledgers(server.client(), clock=server.clock)
        store.load(list(store.names("open")))
        assert list(store.names("open")) == (["n"] if server.document()["opened"] else []), seed
        server.check()


# --- single cases -----------------------------------------------------------------------------------------------------


def store_of(server: FakeS3) -> S3Ledgers:
    return S3Ledgers(server.client(), clock=server.clock)


def test_a_document_that_is_known_is_saved_with_one_request() -> None:
    server = FakeS3()
    store = store_of(server)
    store.save([Change("n", b"1", 0)])
    server.asked.clear()
    store.save([Change("n", b"2", 1)])
    assert [request.method for request in server.asked] == ["PUT"]


def test_a_document_that_others_saved_is_read_before_it_is_saved() -> None:
    server = FakeS3()
    store_of(server).save([Change("n", b"1", 0)])
    store = store_of(server)
    assert store.save([Change("n", b"2", 1)]) == frozenset()
    assert store_of(server).load(["n"])["n"] == (b"2", 2)


def test_a_conflict_is_told_and_leaves_no_marker_behind() -> None:
    server = FakeS3()
    store_of(server).save([Change("n", b"1", 0, closed=True)])
    store = store_of(server)
    assert store.save([Change("n", b"x", 0)]) == {"n"}
    assert [key for key in server.objects if key.startswith("ledgers/open/")] == []


def test_a_conflict_leaves_the_winners_marker() -> None:
    server = FakeS3()
    store_of(server).save([Change("n", b"1", 0)])
    assert store_of(server).save([Change("n", b"x", 0)]) == {"n"}
    assert list(store_of(server).names("open")) == ["n"]


def test_changes_of_one_document_in_a_batch_are_applied_in_their_order() -> None:
    store = store_of(FakeS3())
    changes = [Change("n", b"%d" % number, number) for number in range(5)]
    assert store.save([*changes, Change("m", b"", 0)]) == frozenset()
    assert store.load(["n"])["n"] == (b"4", 5)


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3, "KNOWN", 10)
    server = FakeS3()
    store = store_of(server)
    store.save([Change(str(number), b"", 0) for number in range(100)])
    assert store.save([Change(str(number), b"", 1) for number in range(100)]) == frozenset()
    assert len(store._known) == 10


def test_a_fresh_marker_without_its_document_is_left_for_whoever_is_about_to_save_it() -> None:
    server = FakeS3()
    server.client().put(f"{MARKERS}1", b"")
    store = store_of(server)
    server.clock.advance(ORPHAN_S - 1)
    assert store.load(list(store.names("open"))) == {}
    assert f"{MARKERS}1" in server.objects


def test_the_oldest_open_document_is_known_by_when_it_was_opened() -> None:
    server = FakeS3()
    store = store_of(server)
    assert store.opened() == (0, None)
    at = server.clock.now()
    for name in "abc":
        store.save([Change(name, b"", 0)])
        server.clock.advance(10)
    store.save([Change("a", b"", 1, closed=True), Change("b", b"1", 1)])
    assert store.opened() == (2, at + 10)


def test_a_document_of_a_newer_nhr_is_refused_and_a_damaged_one_named() -> None:
    server = FakeS3()
    for data, told in (
        (msgpack.packb({"format": 2, "version": 1}), "format 2, this NHR knows 1"), (b"", "is damaged"),
        (msgpack.packb({"format": 1}), "is damaged"), (b"\xc1", "is damaged"),
    ):  # fmt: skip
        server.client().put(DOC, data)
        with pytest.raises(UserError, match=told):
            store_of(server).load(["n"])


def test_stores_in_other_folders_are_apart() -> None:
    server = FakeS3()
    client = server.client()
    S3Ledgers(client, "cursors").save([Change("/current", b"1", 0)])
    assert S3Ledgers(client, "ledgers").load(["/current"]) == {}
    assert list(S3Ledgers(client, "cursors").names("open")) == ["/current"]
