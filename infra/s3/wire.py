"""One signed HTTP request to an S3 server, and its answer; nothing is tried again here."""

import hashlib
import ssl
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol
from urllib.parse import quote, urlencode, urlsplit
from xml.etree import ElementTree as ET

import urllib3
from minio.credentials.credentials import Credentials
from minio.signer import sign_v4_s3
from minio.time import to_amz_date
from urllib3.exceptions import HTTPError

from infra.s3.turns import Turns
from infra.settings import Settings
from schemas.errors import NhrError, UserError
from schemas.ports import Clock

CONNECT_S = 5.0
BLOCK = 1 << 20
"""Bytes of a file that are in memory at once."""
COPY_SOURCE = "x-amz-copy-source"
_FRAMES = frozenset({"content-length", "transfer-encoding"})


class Away(NhrError):
    """No whole answer came: refused, reset, cut short, or too late."""


class Request(NamedTuple):
    """What is asked of `key`, or of the bucket itself where the key is empty.

    A body may be a local file, which is read as it is sent. With `into` the body of a 200 is written to that file as it
    comes, and the answer has none.
    """

    method: str
    key: str = ""
    query: Mapping[str, str] = {}
    headers: Mapping[str, str] = {}
    body: bytes | Path = b""
    into: Path | None = None

    def __str__(self) -> str:
        """For people."""
        return f"{self.method} {self.key or '(bucket)'}"


class Answer(NamedTuple):
    """What came back; `code` and `message` are S3's own words for an error. Header names are in lower case.

    `sha256` is that of what was written into a file.
    """

    status: int
    headers: Mapping[str, str] = {}
    body: bytes = b""
    code: str = ""
    message: str = ""
    sha256: str = ""


class Wire(Protocol):
    """The way to the server."""

    def send(self, request: Request, timeout_s: float) -> Answer:
        """The answer, whole; raises `Away` when none comes and `UserError` for what waiting cannot mend."""

    def close(self) -> None:
        """Close the connections."""


class HttpWire:
    """Path-style requests over HTTP(S) with kept-alive connections, as many at once as `s3_threads` says.

    They are signed in headers (signature version 4), and with them conditions and the body's SHA-256. Not every server
    compares that with the body (SeaweedFS does not), so its MD5 goes along: a body damaged on its way is refused.
    """

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._endpoint, self._region, self._clock = settings.s3.rstrip("/"), settings.s3_region, clock
        self._bucket = quote(settings.s3_bucket)
        self._credentials = Credentials(settings.secret("s3_access_key"), settings.secret("s3_secret_key"))
        self._turns = Turns(settings.s3_threads)
        self._pool = urllib3.PoolManager(
            num_pools=2, maxsize=settings.s3_threads, ssl_context=_trust(settings.s3_ca), blocksize=BLOCK
        )

    def send(self, request: Request, timeout_s: float) -> Answer:
        """One attempt; `timeout_s` bounds every wait for the server."""
        url = self._url(request)
        timeout = urllib3.Timeout(connect=min(CONNECT_S, timeout_s), read=timeout_s)
        try:
            headers = self._signed(request, url)
            with self._turns.one(timeout_s), _opened(request.body) as body:
                response = self._pool.urlopen(
                    request.method, url, body=body, headers=headers, redirect=False,
                    retries=False, timeout=timeout, preload_content=request.into is None,
                )  # fmt: skip
                try:
                    return _answer(request, response)
                except BaseException:
                    response.close()  # what is left of the body is no answer to the next request
                    raise
        except (HTTPError, TimeoutError) as error:
            raise self._told(error) from None

    def close(self) -> None:
        """Close the connections that no request is using."""
        self._pool.clear()

    def _url(self, request: Request) -> str:
        path = f"/{self._bucket}" + (f"/{quote(request.key)}" if request.key else "")
        query = urlencode(sorted(request.query.items()), quote_via=quote, safe="")
        return f"{self._endpoint}{path}" + (f"?{query}" if query else "")

    def _signed(self, request: Request, url: str) -> dict[str, str]:
        parts, date = urlsplit(url), datetime.fromtimestamp(self._clock.now(), UTC)
        size, digest, check = _hashed(request.body)
        headers: dict[str, str | list[str] | tuple[str]] = {
            **request.headers, "host": parts.netloc, "x-amz-content-sha256": digest, "x-amz-date": to_amz_date(date),
        }  # fmt: skip
        if size:
            headers["content-md5"] = b64encode(check).decode()
        signed = sign_v4_s3(
            method=request.method, url=parts, region=self._region, headers=headers, credentials=self._credentials,
            content_sha256=digest, date=date,
        )  # fmt: skip
        length = {"content-length": str(size)} if isinstance(request.body, Path) else {}
        return {name: str(value) for name, value in signed.items()} | length

    def _told(self, error: Exception) -> NhrError:
        causes = [error, *error.args, *(getattr(error.args[0], "args", ()) if error.args else ())]
        if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
            return UserError(
                f"the certificate of S3 at {self._endpoint} is not trusted", "name its authority with NHR_S3_CA"
            )
        return Away(f"{type(error).__name__}: {' '.join(str(error).split())[:200]}")


def _trust(authority: Path | None) -> ssl.SSLContext:
    """Trust in that authority alone, or in those of the system."""
    try:
        return ssl.create_default_context(cafile=authority)
    except OSError as error:
        why = "it holds no certificate" if isinstance(error, ssl.SSLError) else error.strerror
        raise UserError(f"NHR_S3_CA: {authority} cannot be used ({why})", "name a PEM file") from None


def _answer(request: Request, response: urllib3.BaseHTTPResponse) -> Answer:
    headers = {name.lower(): value for name, value in response.headers.items()}
    # A connection that ends in mid-head looks like a whole head to the library, and then like an empty body.
    if request.method != "HEAD" and response.status not in {204, 304} and not _FRAMES & headers.keys():
        raise Away("a head cut short")
    if request.into is not None and response.status == 200:
        return Answer(200, headers, sha256=_saved(response, request.into))
    body = response.data
    # A copy may fail after its status was sent: then the error stands in a body with status 200.
    if response.status >= 300 or COPY_SOURCE in request.headers:
        return Answer(response.status, headers, body, *_error(body))
    return Answer(response.status, headers, body)


def _saved(response: urllib3.BaseHTTPResponse, path: Path) -> str:
    """Write the body to a file, a block at a time; gives its SHA-256."""
    digest = hashlib.sha256()
    with path.open("wb") as file:
        for block in response.stream(BLOCK):
            digest.update(block)
            file.write(block)
    return digest.hexdigest()


@contextmanager
def _opened(body: bytes | Path) -> Iterator[bytes | BinaryIO]:
    if isinstance(body, bytes):
        yield body
        return
    with body.open("rb") as file:
        yield file


def _hashed(body: bytes | Path) -> tuple[int, str, bytes]:
    """Size, SHA-256 and MD5 of a body."""
    size, whole, check = 0, hashlib.sha256(), hashlib.md5(usedforsecurity=False)
    for block in [body] if isinstance(body, bytes) else _blocks(body):
        size += len(block)
        whole.update(block)
        check.update(block)
    return size, whole.hexdigest(), check.digest()


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            yield block


def sha256_of(body: bytes | Path) -> str:
    """SHA-256 of a body, in hex."""
    return _hashed(body)[1]


def _error(body: bytes) -> tuple[str, str]:
    """S3's code and message for an error; two empty texts where the body is none."""
    try:
        root = ET.fromstring(body)
    except ET.ParseError:
        return "", ""
    if root.tag.rpartition("}")[2] != "Error":
        return "", ""
    found = {child.tag.rpartition("}")[2]: (child.text or "").strip() for child in root}
    return found.get("Code", ""), found.get("Message", "")
