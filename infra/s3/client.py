"""The S3 client: conditional puts, whole gets, create-only copies, sorted listings, many at once."""

import secrets
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeVar
from urllib.parse import quote

from infra.runtime.clock import SystemClock
from infra.s3 import listing, meaning
from infra.s3.listing import Listed
from infra.s3.meaning import DIGEST
from infra.s3.patience import Heard, Patience
from infra.s3.wire import COPY_SOURCE, Answer, HttpWire, Request, Wire, sha256_of
from infra.settings import Settings
from schemas.errors import Missing, UserError
from schemas.ports import Clock

PUT_BY = "x-amz-meta-put"
"""User metadata that tells one put from every other: whose object stands when an answer was lost."""

ATTEMPT_S = 20.0
"""Most seconds to wait for one answer: contended writes of a small server take several."""

PROBES = ("scratch/probe/one", "scratch/probe/other")
ABSENT = frozenset({"", "NoSuchKey", "NotFound", "NoSuchObject"})

Item = TypeVar("Item")
Result = TypeVar("Result")


class Object(NamedTuple):
    """What stands under a key."""

    data: bytes
    etag: str


class Found(NamedTuple):
    """What is known of an object without its bytes; `token` names the put that made it, `digest` is its SHA-256."""

    etag: str
    token: str
    digest: str


class Client:
    """One bucket of one server. For any number of threads; at most `s3_threads` requests are under way at once.

    Every request is tried again for up to `s3_deadline_s`: connection faults, timeouts, 5xx, throttling, bodies cut
    short or damaged. Whatever else is wrong raises `UserError` at once. `failed` is told of each attempt that failed.
    """

    def __init__(
        self, settings: Settings, clock: Clock | None = None, wire: Wire | None = None,
        wait: Callable[[float], bool] | None = None, failed: Callable[[], None] = lambda: None,
    ) -> None:  # fmt: skip
        for name in ("s3_access_key", "s3_secret_key"):
            if wire is None and not settings.secret(name):
                raise UserError(f"NHR_{name.upper()} is not set", f"set it or NHR_{name.upper()}_FILE")
        clock = clock or SystemClock()
        self.settings = settings
        self._wire = wire or HttpWire(settings, clock)
        self._closed = threading.Event()
        self._server = f"S3 at {settings.s3}"
        self._patience = Patience(self._server, settings.s3_deadline_s, clock, wait or self._closed.wait, failed=failed)
        self._attempt_s = min(ATTEMPT_S, settings.s3_deadline_s / 4)
        self._pool = ThreadPoolExecutor(settings.s3_threads, thread_name_prefix="s3")
        self._probing = threading.Lock()
        self._guarded: bool | None = None

    # --- objects ------------------------------------------------------------------------------------------------------

    def put(self, key: str, data: bytes | Path, if_none_match: bool = False, if_match: str = "") -> str | None:
        """Store `data`, or that file's bytes; gives its ETag, or None when the condition does not hold.

        Conditions: nothing stands there (`if_none_match`), or what stands has the ETag `if_match`. An attempt whose
        answer was lost may have been carried out; a further one then fails by its own condition. So each put carries
        a token, and what stands is asked whose it is.
        """
        token = secrets.token_hex(8)
        condition = {"if-none-match": "*"} if if_none_match else {"if-match": f'"{if_match}"'} if if_match else {}
        headers = {
            "content-type": "application/octet-stream", PUT_BY: token, DIGEST: sha256_of(data),
            **condition,
        }  # fmt: skip
        request = Request("PUT", key, headers=headers, body=data)
        answer, again = self._ask(request)
        if answer.status == 200:
            return _etag(answer)
        if not condition or not (answer.status == 412 or _absent(answer)):
            raise self._refusal(request, answer)
        found = self.head(key) if again else None
        return found.etag if found and found.token == token else None

    def get(self, key: str) -> Object:
        """What stands under `key`, whole; raises `Missing`."""
        request = Request("GET", key)
        answer, _ = self._ask(request)
        if answer.status == 200:
            return Object(answer.body, _etag(answer))
        if _absent(answer):
            raise Missing(key)
        raise self._refusal(request, answer)

    def fetch(self, key: str, path: Path) -> None:
        """Write what stands under `key` to a file, whole, a block at a time; raises `Missing`."""
        request = Request("GET", key, into=path)
        answer, _ = self._ask(request)
        if _absent(answer):
            raise Missing(key)
        if answer.status != 200:
            raise self._refusal(request, answer)

    def head(self, key: str) -> Found | None:
        """What is known of `key`; None where nothing stands."""
        request = Request("HEAD", key)
        answer, _ = self._ask(request)
        if answer.status == 200:
            return Found(_etag(answer), answer.headers.get(PUT_BY, ""), answer.headers.get(DIGEST, ""))
        if _absent(answer):
            return None
        raise self._refusal(request, answer)

    def delete(self, key: str) -> None:
        """Remove `key`; nothing happens where nothing stands."""
        request = Request("DELETE", key)
        answer, _ = self._ask(request)
        if answer.status not in {200, 204} and not _absent(answer):
            raise self._refusal(request, answer)

    def copy(self, source: str, key: str) -> bool:
        """Create `key` with the bytes of `source` (raises `Missing`) unless it stands; says whether it created it.

        The server copies by itself where it honours If-None-Match for copies (Amazon, SeaweedFS). Many others ignore
        it without a word and overwrite: one is asked once, with two small objects in scratch/, and where it does not
        honour it the bytes travel through here, to a conditional put.
        """
        if self._honours_copies():
            answer, again = self._copied(source, key)
            if answer.status == 412:
                return again and self._same(source, key)
            return True
        if self.head(key) is not None:
            return False
        return self.put(key, self.get(source).data, if_none_match=True) is not None

    def scan(self, prefix: str) -> Iterator[Listed]:
        """Every key that begins with `prefix`, sorted as text, read page by page."""
        found = listing.pages(partial(self._page, prefix))
        return listing.ordered(found, prefix[: prefix.rfind("/") + 1])

    # --- the bucket ---------------------------------------------------------------------------------------------------

    def bucket(self, method: str, query: Mapping[str, str], body: bytes = b"") -> Answer:
        """Ask the bucket itself (to be created, for its configuration); what the answer means is for the caller."""
        return self._ask(Request(method, "", query, body=body)).answer

    def refusal(self, what: str, answer: Answer) -> UserError:
        """What to tell the user of the bucket's answer to `what`."""
        return self._refusal(what, answer)

    def check(self) -> None:
        """Raise `UserError` unless the server honours conditions: some ignore them, and would lose what was saved."""
        for probe in PROBES:
            self.put(probe, probe.encode())
        nothing = "0" * 32
        created = self.put(PROBES[0], b"", if_none_match=True)
        if created is not None or self.put(PROBES[1], b"", if_match=nothing) is not None:
            raise UserError(
                f"{self._server} ignores If-None-Match or If-Match", "use a server that honours conditional puts"
            )

    # --- many at once -------------------------------------------------------------------------------------------------

    def each(self, do: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
        """`do` for every item, in parallel, results in their order; raises the first error. `do` may not call this."""
        todo = list(items)
        if len(todo) < 2:
            return [do(item) for item in todo]
        futures = [self._pool.submit(do, item) for item in todo]
        try:
            return [future.result() for future in futures]
        finally:
            for future in futures:
                future.cancel()

    def close(self) -> None:
        """Release threads and connections; whoever waits for the server gives up."""
        self._closed.set()
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._wire.close()

    # --- inside -------------------------------------------------------------------------------------------------------

    def _ask(self, request: Request) -> Heard:
        send = partial(self._wire.send, request, self._attempt_s)
        return self._patience.ask(request, send, partial(meaning.fault, request))

    def _refusal(self, what: object, answer: Answer) -> UserError:
        return meaning.refusal(what, answer, self.settings)

    def _page(self, prefix: str, token: str) -> listing.Page:
        query = {"list-type": "2", "prefix": prefix, "encoding-type": "url"}
        request = Request("GET", "", query | ({"continuation-token": token} if token else {}))
        answer, _ = self._ask(request)
        if answer.status != 200:
            raise self._refusal("listing", answer)
        return listing.read(answer.body, self._server)

    def _copied(self, source: str, key: str) -> Heard:
        """A server-side copy under the condition that nothing stands: done (200) or not (412)."""
        heard = self._ask(self._copying(source, key))
        if heard.answer.status == 412 or (heard.answer.status == 200 and not heard.answer.code):
            return heard
        if heard.answer.code in ABSENT and heard.answer.status == 404:
            raise Missing(source)
        raise self._refusal(self._copying(source, key), heard.answer)

    def _copying(self, source: str, key: str) -> Request:
        return Request("PUT", key, headers={COPY_SOURCE: self._quoted(source), "if-none-match": "*"})

    def _quoted(self, key: str) -> str:
        return quote(f"/{self.settings.s3_bucket}/{key}")

    def _same(self, source: str, key: str) -> bool:
        """Whether `key` is a copy of `source`: copies keep the token of the put that made the original."""
        ours = self.head(source)
        return ours is not None and bool(ours.token) and ours[1:] == (self.head(key) or ours._replace(token=""))[1:]

    def _honours_copies(self) -> bool:
        with self._probing:
            if self._guarded is None:
                for probe in PROBES:
                    self.put(probe, probe.encode())
                self._guarded = self._ask(self._copying(*PROBES)).answer.status == 412
            return self._guarded


def _etag(answer: Answer) -> str:
    return answer.headers.get("etag", "").strip('"')


def _absent(answer: Answer) -> bool:
    return answer.status == 404 and answer.code in ABSENT
