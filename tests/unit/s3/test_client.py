"""The S3 client: conditions, lost answers, damaged bodies, and what it tells the user."""

import threading
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path

import pytest

from infra.s3 import Client
from infra.s3.client import PROBES
from infra.s3.meaning import DIGEST
from infra.s3.wire import COPY_SOURCE, Answer, Away, Request
from infra.settings import Settings
from schemas.errors import Missing, UserError
from tests.unit.s3.fake import SETTINGS, FakeS3

Fault = Callable[[FakeS3, Request], Answer]


def lost(server: FakeS3, request: Request) -> Answer:
    """It is done, and nobody hears of it."""
    server.serve(request)
    raise Away("reset")


def unheard(server: FakeS3, request: Request) -> Answer:
    """It is not done."""
    raise Away("refused")


class FaultyS3(FakeS3):
    """Meets the next requests of a method with faults; `meanwhile` happens once, before the next attempt."""

    def __init__(self, method: str, *faults: Fault, guards_copies: bool = True) -> None:
        super().__init__(guards_copies)
        self.method, self.faults = method, list(faults)
        self.meanwhile: Callable[[], object] = lambda: None

    def send(self, request: Request, timeout_s: float) -> Answer:
        if request.method == self.method and self.faults and request.key not in PROBES:
            self.asked.append(request)
            return self.faults.pop(0)(self, request)
        happens, self.meanwhile = self.meanwhile, lambda: None
        happens()
        return super().send(request, timeout_s)


def test_a_put_whose_answer_was_lost_is_known_as_ours() -> None:
    for faults in ([lost], [lost, lost], [unheard, lost], [lost, unheard]):
        server = FaultyS3("PUT", *faults)
        etag = server.client().put("k", b"1", if_none_match=True)
        assert etag == server.client().get("k").etag


def test_a_put_that_never_arrived_and_was_overtaken_is_not_ours() -> None:
    server = FaultyS3("PUT", unheard)
    server.meanwhile = lambda: server.client().put("k", b"1", if_none_match=True)
    assert server.client().put("k", b"1", if_none_match=True) is None


def test_a_conditional_save_whose_answer_was_lost_is_known_as_ours() -> None:
    server = FaultyS3("PUT")
    client = server.client()
    before = client.put("k", b"1") or ""
    server.faults = [lost]
    after = client.put("k", b"2", if_match=before)
    assert (after, client.get("k").data) == (client.get("k").etag, b"2")


def test_a_put_that_was_refused_at_once_asks_no_more() -> None:
    server = FakeS3()
    server.client().put("k", b"1", if_none_match=True)
    server.asked.clear()
    assert server.client().put("k", b"1", if_none_match=True) is None
    assert [request.method for request in server.asked] == ["PUT"]


def test_a_condition_on_what_is_not_there_does_not_hold() -> None:
    assert FakeS3().client().put("k", b"1", if_match="0" * 32) is None


def test_a_conflict_with_a_request_under_way_is_asked_again() -> None:
    server = FaultyS3("PUT", lambda *_: Answer(409, {}, b"", "ConditionalRequestConflict"))
    assert server.client().put("k", b"1", if_none_match=True)


def test_a_damaged_body_is_fetched_again() -> None:
    def damaged(server: FakeS3, request: Request) -> Answer:
        whole = server.serve(request)
        return whole._replace(body=whole.body[:-1])

    server = FaultyS3("GET", damaged, damaged)
    client = server.client()
    client.put("k", b"data")
    assert client.get("k").data == b"data"
    assert len([request for request in server.asked if request.method == "GET"]) == 3


def test_a_damaged_body_is_fetched_into_its_file_again(tmp_path: Path) -> None:
    def damaged(_server: FakeS3, request: Request) -> Answer:
        assert request.into
        request.into.write_bytes(b"dat")
        return Answer(200, {DIGEST: sha256(b"data").hexdigest(), "etag": "e"}, sha256=sha256(b"dat").hexdigest())

    server = FaultyS3("GET", damaged, damaged)
    client = server.client()
    client.put("k", b"data")
    client.fetch("k", tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == b"data"
    assert len([request for request in server.asked if request.method == "GET"]) == 3


def test_a_file_whose_put_was_lost_is_known_as_ours(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"1")
    server = FaultyS3("PUT", lost)
    assert server.client().put("k", tmp_path / "file", if_none_match=True) == server.client().get("k").etag


def test_what_others_put_without_a_digest_can_be_read() -> None:
    server = FakeS3()
    client = server.client()
    client.put("k", b"data")
    meta = {name: value for name, value in server.objects["k"].meta.items() if name != DIGEST}
    server.objects["k"] = server.objects["k"]._replace(meta=meta)
    assert client.get("k").data == b"data"


@pytest.mark.parametrize(("status", "code"), [
    (500, "InternalError"), (503, "SlowDown"), (429, ""), (408, ""), (400, "RequestTimeout"), (502, ""), (504, ""),
    (409, "OperationAborted"), (400, "BadDigest"), (400, "XAmzContentSHA256Mismatch"),
])  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "PUT", "HEAD", "DELETE"])
def test_busy_servers_are_asked_again(method: str, status: int, code: str) -> None:
    server = FaultyS3(method, *[lambda *_: Answer(status, {}, b"", code)] * 3)
    client = server.client()
    client.put("k", b"1")
    client.head("k")
    assert client.get("k").data == b"1"
    client.delete("k")
    assert (server.faults, client.head("k")) == ([], None)


TOLD: Mapping[str, tuple[Answer, str]] = {
    "wrong keys": (
        Answer(403, {}, b"", "SignatureDoesNotMatch"),
        "S3 at http://s3.test refuses our keys (SignatureDoesNotMatch); "
        "check NHR_S3_ACCESS_KEY and NHR_S3_SECRET_KEY",
    ),
    "unknown key": (
        Answer(403, {}, b"", "InvalidAccessKeyId"),
        "S3 at http://s3.test refuses our keys (InvalidAccessKeyId); check NHR_S3_ACCESS_KEY and NHR_S3_SECRET_KEY",
    ),
    "no rights": (
        Answer(403, {}, b"", "AccessDenied"),
        "S3 at http://s3.test denies GET k in bucket 'bucket' (AccessDenied); "
        "let the keys read, write, list and delete there",
    ),
    "no bucket": (
        Answer(404, {}, b"", "NoSuchBucket"), "S3 at http://s3.test has no bucket 'bucket'; run: nhr buckets apply",
    ),
    "clock": (
        Answer(403, {}, b"", "RequestTimeTooSkewed"),
        "S3 at http://s3.test says that this machine's clock is wrong; set the clock (NTP)",
    ),
    "region": (
        Answer(301, {"x-amz-bucket-region": "eu-west-1"}, b"", "PermanentRedirect"),
        "S3 at http://s3.test: bucket 'bucket' is not in region 'us-east-1'; set NHR_S3_REGION to eu-west-1",
    ),
    "other": (
        Answer(400, {}, b"", "InvalidArgument", "No."),
        "S3 at http://s3.test refuses GET k in bucket 'bucket' (InvalidArgument: No.); check NHR_S3",
    ),
    "no S3": (Answer(405, {}, b"<html>"), "S3 at http://s3.test refuses GET k in bucket 'bucket' (405); check NHR_S3"),
}  # fmt: skip


@pytest.mark.parametrize("what", TOLD)
def test_what_waiting_cannot_mend_is_told_at_once_in_one_line(what: str) -> None:
    answer, line = TOLD[what]
    server = FaultyS3("GET", lambda *_: answer)
    with pytest.raises(UserError) as caught:
        server.client().get("k")
    assert str(caught.value) == line
    assert len(server.asked) == 1


def test_keys_that_are_not_set_are_named() -> None:
    with pytest.raises(UserError, match=r"^NHR_S3_ACCESS_KEY is not set; set it or NHR_S3_ACCESS_KEY_FILE$"):
        Client(SETTINGS)
    given = Settings.model_validate({"s3": "http://s3.test", "s3_access_key": "a"})
    with pytest.raises(UserError, match=r"^NHR_S3_SECRET_KEY is not set"):
        Client(given)


# --- copies -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("guards_copies", [True, False])
def test_a_copy_never_overwrites_whether_or_not_the_server_guards_it(guards_copies: bool) -> None:
    client = FakeS3(guards_copies).client()
    client.put("a", b"a")
    client.put("b", b"b")
    assert [client.copy("a", "new"), client.copy("b", "new"), client.copy("a", "b")] == [True, False, False]
    assert [client.get(key).data for key in ("new", "b")] == [b"a", b"b"]
    with pytest.raises(Missing, match=r"^nothing$"):
        client.copy("nothing", "other")


def test_a_server_that_guards_copies_makes_them_itself_and_is_tried_out_once() -> None:
    server = FakeS3()
    client = server.client()
    client.put("a", b"a")
    client.copy("a", "b")
    server.asked.clear()
    client.copy("a", "c")
    assert [(request.method, request.body) for request in server.asked] == [("PUT", b"")]
    assert COPY_SOURCE in server.asked[0].headers


def test_a_copy_whose_answer_was_lost_is_ours() -> None:
    for guards_copies in (True, False):
        server = FaultyS3("PUT", guards_copies=guards_copies)
        client = server.client()
        client.put("a", b"a")
        server.faults = [lost]
        assert client.copy("a", "b")


def test_a_copy_that_never_arrived_and_was_overtaken_by_other_bytes_is_not_ours() -> None:
    server = FaultyS3("PUT")
    client = server.client()
    client.put("a", b"a")
    client.copy("a", "warm")
    server.faults = [unheard]
    server.meanwhile = lambda: server.client().put("b", b"other", if_none_match=True)
    assert not client.copy("a", "b")
    assert client.get("b").data == b"other"


def test_a_copy_that_fails_after_its_status_was_sent_is_told() -> None:
    server = FaultyS3("PUT")
    client = server.client()
    client.put("a", b"a")
    client.copy("a", "warm")
    server.faults = [lambda *_: Answer(200, {}, b"", "InternalError"), lambda *_: Answer(200, {}, b"", "Strange")]
    with pytest.raises(UserError, match="Strange"):
        client.copy("a", "b")


# --- the server as a whole --------------------------------------------------------------------------------------------


def test_a_server_that_ignores_conditions_is_refused() -> None:
    FakeS3().client().check()

    class Careless(FakeS3):
        ignores = ""

        def serve(self, request: Request) -> Answer:
            headers = {name: value for name, value in request.headers.items() if name != self.ignores}
            return super().serve(request._replace(headers=headers))

    for ignored in ("if-none-match", "if-match"):
        server = Careless()
        server.ignores = ignored
        with pytest.raises(UserError, match="ignores If-None-Match or If-Match; use a server"):
            server.client().check()


def test_many_at_once_give_results_in_order_and_the_first_error() -> None:
    client = FakeS3().client()

    def halve(number: int) -> int:
        if number % 2:
            raise ValueError(f"odd {number}")
        return number // 2

    assert client.each(halve, range(0, 100, 2)) == list(range(50))
    with pytest.raises(ValueError, match="odd 3"):
        client.each(halve, [0, 2, 3, 4, 5])
    client.close()


def test_closing_ends_every_wait_for_a_server_that_is_away() -> None:
    server = FaultyS3("GET", *[unheard] * 1000)
    client = Client(SETTINGS, server.clock, server)
    errors: list[BaseException] = []

    def read(key: str) -> None:
        try:
            client.get(key)
        except UserError as error:
            errors.append(error)

    threads = [threading.Thread(target=read, args=(str(number),)) for number in range(4)]
    for thread in threads:
        thread.start()
    client.close()
    for thread in threads:
        thread.join(10)
    told = {str(error).partition(" (")[0] for error in errors}
    assert (told, len(errors)) == ({"S3 at http://s3.test was still away when we stopped"}, 4)
