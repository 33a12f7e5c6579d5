"""One request on the wire: how it is signed, when there is no answer, and whom it trusts."""

import base64
import hashlib
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from infra.s3.wire import Away, HttpWire, Request
from infra.settings import Settings
from schemas.errors import UserError
from tests.contract.clocks import FakeClock

SOON_S = 10.0
OK = b'HTTP/1.1 200 OK\r\nETag: "e"\r\nX-Amz-Meta-Put: t\r\nContent-Length: 4\r\n\r\ndata'


class Server:
    """Answers each connection's first request with some bytes, then closes; keeps what it heard."""

    def __init__(self, answer: bytes, context: ssl.SSLContext | None = None) -> None:
        self.answer, self._context = answer, context
        self.heard: list[bytes] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                raw, _ = self._listener.accept()
            except OSError:
                return
            with raw:
                raw.settimeout(SOON_S)
                try:
                    one = self._context.wrap_socket(raw, server_side=True) if self._context else raw
                    self.heard.append(_request(one))
                    one.sendall(self.answer)
                    one.shutdown(socket.SHUT_WR)
                    one.close()
                except OSError:
                    continue

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(SOON_S)


def _request(one: socket.socket) -> bytes:
    data = b""
    while not data.endswith(b"body" if data.startswith(b"PUT") else b"\r\n\r\n"):
        data += one.recv(1 << 16)
    return data


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    started: list[Server] = []

    def start(answer: bytes = OK, context: ssl.SSLContext | None = None) -> Server:
        started.append(Server(answer, context))
        return started[-1]

    yield start
    for one in started:
        one.close()


def settings(endpoint: str, **more: object) -> Settings:
    given = {"s3": endpoint, "s3_bucket": "bucket", "s3_access_key": "key", "s3_secret_key": "secret", **more}
    return Settings.model_validate(given)


@pytest.fixture
def wires() -> Iterator[Callable[..., HttpWire]]:
    opened: list[HttpWire] = []

    def wire(endpoint: str, **more: object) -> HttpWire:
        opened.append(HttpWire(settings(endpoint, **more), FakeClock()))
        return opened[-1]

    yield wire
    for one in opened:
        one.close()


Wires = Callable[..., HttpWire]
Serve = Callable[..., Server]


def test_a_request_is_signed_with_its_condition_and_digests(serve: Serve, wires: Wires) -> None:
    server = serve()
    body = b"body"
    request = Request("PUT", "a b/é+%", headers={"if-none-match": "*"}, body=body)
    answer = wires(f"http://127.0.0.1:{server.port}").send(request, SOON_S)
    head, _, sent = server.heard[0].partition(b"\r\n\r\n")
    lines = dict(line.lower().split(": ", 1) for line in head.decode().split("\r\n")[1:])
    assert head.startswith(b"PUT /bucket/a%20b/%C3%A9%2B%25 HTTP/1.1\r\n")
    assert lines["host"] == f"127.0.0.1:{server.port}"
    assert "signedheaders=content-md5;host;if-none-match;x-amz-content-sha256;x-amz-date" in lines["authorization"]
    assert lines["x-amz-content-sha256"] == hashlib.sha256(body).hexdigest()
    assert lines["content-md5"] == base64.b64encode(hashlib.md5(body).digest()).decode().lower()
    assert (lines["content-length"], sent) == ("4", body)
    assert (answer.status, answer.body, answer.headers["etag"]) == (200, b"data", '"e"')
    assert answer.headers["x-amz-meta-put"] == "t"


def test_the_secret_is_never_sent(serve: Serve, wires: Wires) -> None:
    server = serve()
    wires(f"http://127.0.0.1:{server.port}").send(Request("GET", "k"), SOON_S)
    assert b"secret" not in server.heard[0]


@pytest.mark.parametrize(
    "answer", [b"", b"HTTP/1.1 20", b"HTTP/1.1 200", OK[:40], OK[:-1], OK.replace(b"4", b"5"), b"nonsense\r\n"]
)
def test_what_is_cut_short_is_no_answer(serve: Serve, wires: Wires, answer: bytes) -> None:
    server = serve(answer)
    with pytest.raises(Away):
        wires(f"http://127.0.0.1:{server.port}").send(Request("GET", "k"), SOON_S)


def test_nobody_who_listens_is_no_answer(wires: Wires) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(Away, match="refused"):
        wires(f"http://127.0.0.1:{port}").send(Request("GET", "k"), SOON_S)


def test_silence_is_no_answer(wires: Wires) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        wire = wires(f"http://127.0.0.1:{listener.getsockname()[1]}")
        with pytest.raises(Away, match="timed out"):
            wire.send(Request("GET", "k"), 0.05)


def test_when_all_turns_are_taken_the_next_waits_no_longer_than_it_may(wires: Wires) -> None:
    wire = wires("http://127.0.0.1:1", s3_threads=1)
    with wire._turns.one(0.0), pytest.raises(Away, match="1 requests are under way"):
        wire.send(Request("GET", "k"), 0.01)


def test_an_error_is_told_by_its_code_and_message(serve: Serve, wires: Wires) -> None:
    body = b'<?xml version="1.0"?>\n<Error xmlns="x"><Code>SlowDown</Code><Message>Later.</Message></Error>'
    server = serve(b"HTTP/1.1 503 Slow Down\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    answer = wires(f"http://127.0.0.1:{server.port}").send(Request("GET", "k"), SOON_S)
    assert (answer.status, answer.code, answer.message) == (503, "SlowDown", "Later.")


# --- TLS --------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 that is its own authority; its key lies beside it."""
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("no openssl")
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        [program, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=s3", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", folder / "key.pem",
         "-out", folder / "cert.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    return folder / "cert.pem"


@pytest.fixture
def context(certificate: Path) -> ssl.SSLContext:
    found = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    found.load_cert_chain(certificate, certificate.with_name("key.pem"))
    return found


def test_a_certificate_of_the_named_authority_is_trusted(
    serve: Serve, wires: Wires, certificate: Path, context: ssl.SSLContext
) -> None:
    server = serve(context=context)
    wire = wires(f"https://127.0.0.1:{server.port}", s3_ca=certificate)
    assert wire.send(Request("GET", "k"), SOON_S).body == b"data"


def test_other_certificates_are_refused_at_once_in_one_line(
    serve: Serve, wires: Wires, context: ssl.SSLContext
) -> None:
    server = serve(context=context)
    endpoint = f"https://127.0.0.1:{server.port}"
    with pytest.raises(UserError) as caught:
        wires(endpoint).send(Request("GET", "k"), SOON_S)
    assert str(caught.value) == (
        f"the certificate of S3 at {endpoint} is not trusted; name its authority with NHR_S3_CA"
    )


def test_an_authority_that_is_no_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"^NHR_S3_CA: .*none\.pem cannot be used \(No such file.*\); name a PEM file$"):
        HttpWire(settings("https://127.0.0.1:1", s3_ca=tmp_path / "none.pem"), FakeClock())


def test_an_authority_file_that_holds_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "bad.pem").write_text("hello")
    with pytest.raises(UserError, match=r"bad\.pem cannot be used \(it holds no certificate\); name a PEM file$"):
        HttpWire(settings("https://127.0.0.1:1", s3_ca=tmp_path / "bad.pem"), FakeClock())


def test_a_body_from_a_file_is_sent_with_its_length_and_digests(
    serve: Callable[..., Server], wires: Wires, tmp_path: Path
) -> None:
    server, path = serve(), tmp_path / "file"
    path.write_bytes(b"some body")
    wires(f"http://127.0.0.1:{server.port}").send(Request("PUT", "k", body=path), SOON_S)
    head, _, body = server.heard[0].partition(b"\r\n\r\n")
    heard = head.decode().lower()
    assert (body, "content-length: 9" in heard, "transfer-encoding" in heard) == (b"some body", True, False)
    assert f"x-amz-content-sha256: {hashlib.sha256(b'some body').hexdigest()}" in heard


def test_a_body_that_goes_into_a_file_is_told_by_its_digest(
    serve: Callable[..., Server], wires: Wires, tmp_path: Path
) -> None:
    server, path = serve(), tmp_path / "file"
    answer = wires(f"http://127.0.0.1:{server.port}").send(Request("GET", "k", into=path), SOON_S)
    assert (answer.body, path.read_bytes()) == (b"", b"data")
    assert answer.sha256 == hashlib.sha256(b"data").hexdigest()


def test_a_body_that_is_cut_short_on_its_way_into_a_file_is_no_answer(
    serve: Callable[..., Server], wires: Wires, tmp_path: Path
) -> None:
    server = serve(OK.replace(b"Content-Length: 4", b"Content-Length: 9"))
    with pytest.raises(Away):
        wires(f"http://127.0.0.1:{server.port}").send(Request("GET", "k", into=tmp_path / "file"), SOON_S)
