"""What NHR needs of an S3 server, asked of two of different make; and what these two do differently."""

import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from infra import buckets
from infra.blobs.s3 import S3Blobs
from infra.ledgers.s3 import S3Ledgers
from infra.s3 import Client
from infra.settings import Settings
from schemas.errors import Missing, UserError
from schemas.ports import Change
from tests import s3s, second_s3, services
from tests.contract.buses import together

RACERS = 8
ROUNDS = {"seaweedfs": 2, "versitygw": 50}
"""Races of each kind; contenders on SeaweedFS wait for each other, seconds in a round."""

ODD = [
    "a b", "a+b", "a%41", "a&b=c", "a?b#c", "a'b\"c", "a<b>", "é/ü", "日本/語", "🙂", "a;b,c:d@e", "(a)!*~", "a=b$",
    "[a]{b}|^`", "a  b", "x" * 200, "/".join(["deep"] * 40),
]  # fmt: skip


@pytest.fixture(scope="module", params=["seaweedfs", "versitygw"])
def make(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def server(make: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[s3s.Server]:
    if make == "seaweedfs":
        yield request.getfixturevalue("s3_server")
        return
    try:
        second_s3.program()
    except UserError as error:
        if os.environ.get("CI") == "true":
            pytest.fail(str(error), pytrace=False)
        pytest.skip(str(error))
    with second_s3.running(tmp_path_factory.mktemp("second") / "s3") as found:
        yield found


@pytest.fixture(scope="module")
def settings(server: s3s.Server) -> Settings:
    return s3s.settings(server, services.name_of(__name__))


@pytest.fixture(scope="module")
def client(settings: Settings) -> Iterator[Client]:
    buckets.apply(settings)
    opened = Client(settings)
    yield opened
    opened.close()


@pytest.fixture
def folder(request: pytest.FixtureRequest) -> str:
    return services.name_of(request.node.nodeid)


def raced(tries: list[Callable[[], object]]) -> list[object]:
    """What each says that was started at once with the others."""
    said: list[object] = [None] * len(tries)

    def note(number: int) -> None:
        said[number] = tries[number]()

    together([partial(note, number) for number in range(len(tries))])
    return said


def winner(said: list[object]) -> int:
    (place,) = [number for number, one in enumerate(said) if one]
    return place


# --- conditions -------------------------------------------------------------------------------------------------------


def test_if_none_match_creates_once(client: Client, folder: str) -> None:
    assert client.put(f"{folder}/k", b"1", if_none_match=True)
    assert client.put(f"{folder}/k", b"2", if_none_match=True) is None
    assert client.get(f"{folder}/k").data == b"1"


def test_if_match_replaces_what_was_seen_and_nothing_else(client: Client, folder: str) -> None:
    key = f"{folder}/k"
    assert client.put(key, b"0", if_match="0" * 32) is None
    first = client.put(key, b"1") or ""
    second = client.put(key, b"2", if_match=first)
    assert second is not None
    assert client.put(key, b"3", if_match=first) is None
    assert client.get(key) == (b"2", second)


def test_of_many_that_create_exactly_one_wins(client: Client, folder: str, make: str) -> None:
    for round_ in range(ROUNDS[make]):
        key = f"{folder}/{round_}"
        won = winner(
            raced([partial(client.put, key, b"%d" % number * 1000, if_none_match=True) for number in range(RACERS)])
        )
        assert client.get(key).data == b"%d" % won * 1000


def test_of_many_that_replace_exactly_one_wins(client: Client, folder: str, make: str) -> None:
    for round_ in range(ROUNDS[make]):
        key = f"{folder}/{round_}"
        seen = client.put(key, b"before") or ""
        won = winner(
            raced([partial(client.put, key, b"%d" % number * 1000, if_match=seen) for number in range(RACERS)])
        )
        assert client.get(key).data == b"%d" % won * 1000


def test_of_many_that_copy_exactly_one_wins(client: Client, folder: str, make: str) -> None:
    for number in range(RACERS):
        client.put(f"{folder}/from/{number}", b"%d" % number)
    for round_ in range(ROUNDS[make]):
        key = f"{folder}/to/{round_}"
        won = winner(raced([partial(client.copy, f"{folder}/from/{number}", key) for number in range(RACERS)]))
        assert client.get(key).data == b"%d" % won


def test_concurrent_saves_of_one_ledger_lose_no_update(client: Client, folder: str) -> None:
    stores, lost = [S3Ledgers(client, folder) for _ in range(4)], Counter[int]()
    stores[0].save([Change("n", b"0", 0)])

    def add(number: int) -> None:
        done = 0
        while done < 5:
            (saved,) = stores[number].load(["n"]).values()
            won = not stores[number].save([Change("n", b"%d" % (int(saved.data) + 1), saved.version)])
            done, lost[number] = done + won, lost[number] + (not won)

    together([partial(add, number) for number in range(4)])
    assert stores[0].load(["n"])["n"] == (b"20", 21)


# --- bytes and keys ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, 4096, 5_000_000, 20_000_000])
def test_bytes_come_back_whole_with_the_etag_they_were_put_with(client: Client, folder: str, size: int) -> None:
    data = os.urandom(size)
    etag = client.put(f"{folder}/k", data, if_none_match=True)
    assert client.get(f"{folder}/k") == (data, etag)
    found = client.head(f"{folder}/k")
    assert found is not None
    assert found.etag == etag


def test_a_copy_carries_bytes_and_digest(client: Client, folder: str) -> None:
    client.put(f"{folder}/a", b"data")
    assert client.copy(f"{folder}/a", f"{folder}/b")
    first, second = client.head(f"{folder}/a"), client.head(f"{folder}/b")
    assert first is not None
    assert second is not None
    assert first.digest == second.digest
    with pytest.raises(Missing):
        client.copy(f"{folder}/nothing", f"{folder}/c")


def test_odd_names_are_kept_apart_listed_and_copied(client: Client, folder: str) -> None:
    blobs = S3Blobs(client, f"{folder}/")
    assert blobs.put_all({key: key.encode() for key in ODD}) == set(ODD)
    assert [blobs.get(key).decode() for key in ODD] == ODD
    assert list(blobs.list("")) == sorted(ODD)
    copies = S3Blobs(client, f"{folder}-copies/")
    for key in ODD:
        assert client.copy(f"{folder}/{key}", f"{folder}-copies/{key}")
    assert list(copies.list("")) == sorted(ODD)
    for key in ODD:
        blobs.delete(key)
    assert list(blobs.list("")) == []


def test_deleting_what_is_not_there_does_nothing(client: Client, folder: str) -> None:
    client.delete(f"{folder}/nothing/at/all")


# --- listing ----------------------------------------------------------------------------------------------------------


def test_long_listings_are_whole_sorted_and_cut_at_any_prefix(client: Client, folder: str) -> None:
    keys = [f"{number % 7}{sign}{number:04d}" for number in range(2100) for sign in ("/", "-", ".", "0")[number % 4]]
    blobs = S3Blobs(client, f"{folder}/")
    blobs.put_all(dict.fromkeys(keys, b""))
    assert list(blobs.list("")) == sorted(keys)
    for prefix in ("0", "3/", "3/1", "3-", "6.00", "60", "7"):
        assert list(blobs.list(prefix)) == sorted(key for key in keys if key.startswith(prefix))


def test_one_folder_of_more_than_a_page_is_listed_whole(client: Client, folder: str) -> None:
    blobs = S3Blobs(client, f"{folder}/")
    keys = [f"aa/{number:05d}" for number in range(1500)]
    blobs.put_all(dict.fromkeys(keys, b""))
    assert list(blobs.list("aa/")) == keys
    for key in keys[::2]:
        blobs.delete(key)
    assert list(blobs.list("a")) == keys[1::2]


def test_when_an_object_was_put_is_told(client: Client, folder: str) -> None:
    import time

    client.put(f"{folder}/k", b"")
    (one,) = client.scan(f"{folder}/")
    assert abs(one.modified - time.time()) < 60


# --- refusals ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("which", ["s3_access_key", "s3_secret_key"])
def test_wrong_keys_are_refused_at_once(client: Client, settings: Settings, which: str) -> None:
    del client
    wrong = Client(Settings.model_validate(settings.model_dump() | {which: "wrong"}))
    for ask in (lambda: wrong.get("k"), lambda: wrong.put("k", b"")):
        with pytest.raises(UserError, match=r"refuses our keys \(\w+\); check NHR_S3_ACCESS_KEY and NHR_S3_SECRET_KEY"):
            ask()
    wrong.close()


def test_a_body_that_is_not_what_was_signed_is_refused(client: Client, folder: str) -> None:
    from infra.s3.wire import Request

    wire = client._wire
    send = wire._pool.urlopen  # type: ignore[attr-defined]

    def spoilt(method: str, url: str, **given: object) -> object:
        return send(method, url, **given | {"body": b"Data"})

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(wire._pool, "urlopen", spoilt)  # type: ignore[attr-defined]
        answer = wire.send(Request("PUT", f"{folder}/k", body=b"data"), 10.0)
    assert answer.status >= 400
    assert client.head(f"{folder}/k") is None


def test_a_clock_that_is_wrong_is_told_at_once(settings: Settings) -> None:
    from tests.contract.clocks import FakeClock

    late = Client(settings, FakeClock())
    with pytest.raises(UserError, match="clock is wrong; set the clock"):
        late.get("k")
    late.close()


def test_a_bucket_that_is_not_there_is_told_with_what_to_do(client: Client, settings: Settings) -> None:
    del client
    other = Client(Settings.model_validate(settings.model_dump() | {"s3_bucket": "nobody-made-this"}))
    for ask in (lambda: other.get("k"), lambda: other.put("k", b""), lambda: list(other.scan(""))):
        with pytest.raises(UserError, match="has no bucket 'nobody-made-this'; run: nhr buckets apply"):
            ask()
    other.close()


# --- load -------------------------------------------------------------------------------------------------------------


def test_requests_at_once_are_bounded_and_none_waits_for_ever(client: Client, folder: str) -> None:
    blobs, done = S3Blobs(client, f"{folder}/"), threading.Event()
    keys = [f"{number:04d}" for number in range(400)]

    def beside() -> None:
        while not done.is_set():
            blobs.has(keys[0])

    others = [threading.Thread(target=beside) for _ in range(24)]
    for thread in others:
        thread.start()
    try:
        assert blobs.put_all(dict.fromkeys(keys, b"x" * 1000)) == set(keys)
    finally:
        done.set()
        for thread in others:
            thread.join(60)
    assert not any(thread.is_alive() for thread in others)


# --- where they differ ------------------------------------------------------------------------------------------------


def test_whether_copies_are_guarded_is_found_out(client: Client, folder: str, make: str) -> None:
    client.put(f"{folder}/a", b"")
    client.copy(f"{folder}/a", f"{folder}/b")
    assert client._guarded is (make == "seaweedfs")


def test_the_bucket_is_made_with_its_rules_where_the_server_keeps_rules(
    client: Client, settings: Settings, make: str
) -> None:
    del client
    plan = buckets.plan(settings)
    assert plan.changes == []
    assert bool(plan.warnings) is (make == "versitygw")
