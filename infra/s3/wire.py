"""One signed HTTP request to an S3 server, and its answer; nothing is tried again here."""

import hashlib
import ssl
from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple, Protocol
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
COPY_SOURCE = "x-amz-copy-source"
_FRAMES = frozenset({"content-length", "transfer-encoding"})


class Away(NhrError):
    """No whole answer came: refused, reset, cut short, or too late."""


class Request(NamedTuple):
    """What is asked of `key`, or of the bucket itself where the key is empty."""

    method: str
    key: str = ""
    query: Mapping[str, str] = {}
    headers: Mapping[str, str] = {}
    body: bytes = b""

    def __str__(self) -> str:
        """For people."""
        return f"{self.method} {self.key or '(bucket)'}"


class Answer(NamedTuple):
    """What came back; `code` and `message` are S3's own words for an error. Header names are in lower case."""

    status: int
    headers: Mapping[str, str] = {}
    body: bytes = b""
    code: str = ""
    message: str = ""


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
        self._pool = urllib3.PoolManager(num_pools=2, maxsize=settings.s3_threads, ssl_context=_trust(settings.s3_ca))

    def send(self, request: Request, timeout_s: float) -> Answer:
        """One attempt; `timeout_s` bounds every wait for the server."""
        url = self._url(request)
        timeout = urllib3.Timeout(connect=min(CONNECT_S, timeout_s), read=timeout_s)
        try:
            with self._turns.one(timeout_s):
                response = self._pool.urlopen(
                    request.method, url, body=request.body, headers=self._signed(request, url), redirect=False,
                    retries=False, timeout=timeout,
                )  # fmt: skip
        except (HTTPError, TimeoutError) as error:
            raise self._told(error) from None
        return _answer(request, response)

    def close(self) -> None:
        """Close the connections that no request is using."""
        self._pool.clear()

    def _url(self, request: Request) -> str:
        path = f"/{self._bucket}" + (f"/{quote(request.key)}" if request.key else "")
        query = urlencode(sorted(request.query.items()), quote_via=quote, safe="")
        return f"{self._endpoint}{path}" + (f"?{query}" if query else "")

    def _signed(self, request: Request, url: str) -> dict[str, str]:
        parts, date = urlsplit(url), datetime.fromtimestamp(self._clock.now(), UTC)
        digest = hashlib.sha256(request.body).hexdigest()
        headers: dict[str, str | list[str] | tuple[str]] = {
            **request.headers, "host": parts.netloc, "x-amz-content-sha256": digest, "x-amz-date": to_amz_date(date),
        }  # fmt: skip
        if request.body:
            headers["content-md5"] = b64encode(hashlib.md5(request.body, usedforsecurity=False).digest()).decode()
        signed = sign_v4_s3(
            method=request.method, url=parts, region=self._region, headers=headers, credentials=self._credentials,
            content_sha256=digest, date=date,
        )  # fmt: skip
        return {name: str(value) for name, value in signed.items()}

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
    body = response.data
    # A copy may fail after its status was sent: then the error stands in a body with status 200.
    if response.status >= 300 or COPY_SOURCE in request.headers:
        return Answer(response.status, headers, body, *_error(body))
    return Answer(response.status, headers, body)


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
