"""An S3 server in memory, behind the client's wire: with conditions, paged listings and the habits of real servers."""

import hashlib
import itertools
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote_plus, unquote
from xml.sax.saxutils import escape

from infra.s3 import Client
from infra.s3.wire import COPY_SOURCE, Answer, Request
from infra.settings import Settings
from tests.contract.clocks import FakeClock

NONE, UNMET = Answer(404, {}, b"", "NoSuchKey"), Answer(412, {}, b"", "PreconditionFailed")
SETTINGS = Settings.model_validate({"s3": "http://s3.test", "s3_bucket": "bucket", "s3_deadline_s": 60.0})


class Stored(NamedTuple):
    data: bytes
    meta: dict[str, str]
    modified: float

    @property
    def headers(self) -> dict[str, str]:
        return self.meta | {"etag": f'"{hashlib.md5(self.data).hexdigest()}"'}


class FakeS3:
    """Habits: `guards_copies` (If-None-Match holds for copies), `folders` (lists "a/b" before "a-b"), `page` keys."""

    def __init__(self, guards_copies: bool = True, folders: bool = False, page: int = 1000) -> None:
        self.guards_copies, self.folders, self.page = guards_copies, folders, page
        self.objects: dict[str, Stored] = {}
        self.asked: list[Request] = []
        self.clock = FakeClock()
        self._lock = threading.Lock()

    def client(self, settings: Settings = SETTINGS, wait: Callable[[float], bool] | None = None) -> Client:
        return Client(settings, self.clock, self, wait or self.waited)

    def waited(self, seconds: float) -> bool:
        self.clock.advance(seconds)
        return False

    def send(self, request: Request, timeout_s: float) -> Answer:
        with self._lock:
            self.asked.append(request)
            answer = self.serve(request)
        if request.into is None or answer.status != 200:
            return answer
        request.into.write_bytes(answer.body)
        return answer._replace(body=b"", sha256=hashlib.sha256(answer.body).hexdigest())

    def close(self) -> None:
        pass

    def serve(self, request: Request) -> Answer:
        if not request.key:
            return self._listed(request)
        found = self.objects.get(request.key)
        if request.method == "DELETE":
            self.objects.pop(request.key, None)
            return Answer(204)
        if request.method == "PUT":
            return self._put(request, found)
        if found is None:
            return NONE if request.method == "GET" else Answer(404)
        return Answer(200, found.headers, found.data if request.method == "GET" else b"")

    def _put(self, request: Request, found: Stored | None) -> Answer:
        copied = request.headers.get(COPY_SOURCE)
        if found and "if-none-match" in request.headers and (self.guards_copies or copied is None):
            return UNMET
        if (etag := request.headers.get("if-match")) is not None:
            if found is None:
                return NONE
            if found.headers["etag"] != etag:
                return UNMET
        if copied is not None:
            source = self.objects.get(unquote(copied).removeprefix("/bucket/"))
            if source is None:
                return NONE
            stored = source._replace(modified=self.clock.now())
        else:
            meta = {name: value for name, value in request.headers.items() if name.startswith("x-amz-meta-")}
            data = request.body.read_bytes() if isinstance(request.body, Path) else request.body
            stored = Stored(data, meta, self.clock.now())
        self.objects[request.key] = stored
        return Answer(200, stored.headers)

    def _listed(self, request: Request) -> Answer:
        def order(key: str) -> list[str]:
            return key.split("/") if self.folders else [key]

        after = request.query.get("continuation-token", "")
        keys = sorted((key for key in self.objects if key.startswith(request.query["prefix"])), key=order)
        left = list(itertools.dropwhile(lambda key: bool(after) and order(key) <= order(after), keys))
        page, more = left[: self.page], len(left) > self.page
        contents = "".join(
            f"<Contents><Key>{escape(quote_plus(key, safe='/'))}</Key>"
            f"<LastModified>{_iso(self.objects[key].modified)}</LastModified></Contents>"
            for key in page
        )
        token = f"<NextContinuationToken>{escape(page[-1])}</NextContinuationToken>" if more else ""
        body = (
            '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><EncodingType>url</EncodingType>'
            f"<IsTruncated>{str(more).lower()}</IsTruncated>{token}{contents}</ListBucketResult>"
        )
        return Answer(200, {}, body.encode())


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")
