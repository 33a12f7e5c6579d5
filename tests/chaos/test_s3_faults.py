"""Blobs and ledgers on a real S3 server behind the fault proxy: nothing is lost, nothing created or saved twice."""

import json
import logging
import threading
import time
from collections import Counter
from collections.abc import Iterator
from functools import partial

import pytest

from infra.blobs.s3 import S3Blobs
from infra.ledgers.s3 import S3Ledgers
from infra.s3 import Client
from infra.services import s3
from schemas.errors import UserError
from schemas.ports import Change
from tests import s3s
from tests.chaos.proxy import Proxy
from tests.contract.buses import together

DEADLINE_S = 40.0
HANGS_S = 1.0
SOON_S = 30.0


@pytest.fixture
def proxy(s3_server: s3.Server) -> Iterator[Proxy]:
    with Proxy(s3_server.endpoint, seed=4) as found:
        yield found


def client_of(proxy: Proxy, server: s3.Server, bucket: str, deadline_s: float = DEADLINE_S) -> Client:
    settings = s3s.settings(server, bucket, s3_deadline_s=deadline_s)
    return Client(settings.model_copy(update={"s3": proxy.endpoint}))


@pytest.fixture
def client(proxy: Proxy, s3_server: s3.Server, s3_bucket: str) -> Iterator[Client]:
    opened = client_of(proxy, s3_server, s3_bucket)
    yield opened
    opened.close()


class Storm:
    """Faults while it lasts: 503, resets in every place, and requests that hang and reach the server later."""

    def __init__(self, proxy: Proxy) -> None:
        self._proxy, self._over = proxy, threading.Event()
        self._thread = threading.Thread(target=self._rage)

    def __enter__(self) -> None:
        self._proxy.set(unavailable=0.1, reset=0.15, hang=0.02)
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        self._proxy.calm()

    def _rage(self) -> None:
        """What hangs is let go now and then: by then whoever asked may have asked again."""
        while not self._over.wait(HANGS_S):
            self._proxy.set(unavailable=0.1, reset=0.15, hang=0.02)


def patient(client: Client) -> Client:
    """Gives up an attempt before the proxy lets it go, so that it arrives late and twice."""
    client._attempt_s = HANGS_S / 2
    return client


def test_blobs_are_whole_and_created_by_exactly_one(client: Client, proxy: Proxy) -> None:
    stores = [S3Blobs(patient(client), "blobs/") for _ in range(3)]
    large = {f"large/{number}": bytes([number]) * 200_000 for number in range(20)}
    created: list[str] = []

    def store(number: int) -> None:
        mine = {f"own/{number}/{key:03d}": b"%d" % key for key in range(60)}
        shared = {f"shared/{key:03d}": b"by %d" % number for key in range(number, number + 40)}
        for items in (mine, shared, large):
            created.extend(stores[number].put_all(items))

    with Storm(proxy):
        together([partial(store, number) for number in range(len(stores))])
        found = {key: stores[0].get(key) for key in large}
    assert found == large
    assert sorted(created) == list(stores[0].list(""))
    assert len(created) == 3 * 60 + 42 + 20
    assert {"unavailable", "hang", "reset request", "lost answer", "reset answer"} <= set(proxy.injected())


def test_copies_are_made_by_exactly_one_and_never_overwrite(client: Client, proxy: Proxy) -> None:
    blobs = S3Blobs(patient(client), "copies/")
    blobs.put_all({f"from/{number}": b"%d" % number for number in range(40)} | {"to/0": b"stood"})
    with Storm(proxy):
        made = client.each(lambda number: blobs.copy(f"from/{number}", f"to/{number}"), range(40))
    assert made == [False] + [True] * 39
    assert [blobs.get(f"to/{number}") for number in range(40)] == [b"stood", *(b"%d" % n for n in range(1, 40))]


def test_ledgers_hold_every_change_once_and_open_ones_are_listed(client: Client, proxy: Proxy) -> None:
    patient(client)
    names = [f"scene{number}" for number in range(4)]

    def fold(store: S3Ledgers, name: str, what: str) -> None:
        """As a director does it: load, add unless it is there, save; again where somebody was faster."""
        while True:
            saved = store.load([name]).get(name)
            known = json.loads(saved.data) if saved else []
            if what in known:
                return
            change = Change(name, json.dumps([*known, what]).encode(), saved.version if saved else 0, len(known) >= 11)
            if not store.save([change]):
                return

    def direct(number: int) -> None:
        store = S3Ledgers(client, "ledgers")
        for turn in range(4):
            for name in names:
                fold(store, name, f"{number}-{turn}")

    with Storm(proxy):
        together([partial(direct, number) for number in range(3)])
    store = S3Ledgers(client, "ledgers")
    for name, saved in store.load(names).items():
        facts = Counter(json.loads(saved.data))
        assert (set(facts.values()), len(facts), saved.version) == ({1}, 12, 12), name
    listed = list(store.names("open"))
    store.load(listed)
    assert (list(store.names("open")), list(store.names("closed"))) == ([], names)


def test_a_server_that_is_down_for_a_while_is_waited_for(
    client: Client, proxy: Proxy, caplog: pytest.LogCaptureFixture
) -> None:
    blobs, ledgers = S3Blobs(client, "down/"), S3Ledgers(client, "down-ledgers")
    items = {f"{number}": b"%d" % number for number in range(50)}
    done: list[object] = []

    def work() -> None:
        done.append(blobs.put_all(items))
        done.append(ledgers.save([Change(key, data, 0) for key, data in items.items()]))

    def told(what: str) -> bool:
        return any(what in record.getMessage() for record in caplog.records)

    with caplog.at_level(logging.WARNING, "infra.s3"):
        proxy.set(down=True)
        thread = threading.Thread(target=work)
        thread.start()
        end = time.monotonic() + SOON_S
        while not told("is away"):
            assert time.monotonic() < end
            time.sleep(0.02)
        proxy.calm()
        thread.join(SOON_S)
    assert done == [set(items), set()]
    assert {key: blobs.get(key) for key in items} == items
    assert len([record for record in caplog.records if "infra.s3" in record.name]) == 2
    assert told("is back after")


@pytest.mark.parametrize("fault", [{"down": True}, {"unavailable": 1.0}, {"hang": 1.0}, {"reset": 1.0}])
def test_after_the_deadline_one_line_tells_what_is_wrong(
    proxy: Proxy, s3_server: s3.Server, s3_bucket: str, fault: dict[str, float]
) -> None:
    client = client_of(proxy, s3_server, s3_bucket, deadline_s=2.0)
    proxy.set(**fault)
    started = time.monotonic()
    with pytest.raises(UserError, match=rf"^S3 at {proxy.endpoint} gave no answer to GET k in 2 s \(.+\); see that it"):
        client.get("k")
    assert time.monotonic() - started < 10
    client.close()


def test_a_slow_server_serves_many_at_once(client: Client, proxy: Proxy) -> None:
    blobs = S3Blobs(client, "slow/")
    items = {f"{number:03d}": b"" for number in range(160)}
    proxy.set(delay_s=0.05)
    started = time.monotonic()
    blobs.put_all(items)
    one_by_one = 0.05 * len(items)
    assert time.monotonic() - started < one_by_one / 2
