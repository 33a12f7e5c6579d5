"""The server of the wire: routes, scripts, and what has come so far.

    with Wire() as wire:
        wire.on("generate", gemini_error(429, retry_after=1), gemini_text('{"InstructionAdherence": 4.8}'))
        ...                                   # replies are used in order, the last one again and again
        assert wire.requests("generate")[0].json["contents"]

A reply is a `Reply`, or a function from the `Request` to one. Standard library only; it reads no clock but the
monotonic one, and closing it ends every hanging handler at once and leaves no socket or thread behind.
"""

import contextlib
import re
import threading
from collections.abc import Iterator, Mapping
from typing import Self

from tests.wire.batches import Batches
from tests.wire.gemini import gemini_text
from tests.wire.openai import chat_text, openai_models
from tests.wire.serving import Server
from tests.wire.traffic import Reply, Request, Script, ok, plain_error

# Names of routes, first match wins. `model` and `name` are what the scripts want to see.
ROUTES: tuple[tuple[str, str, str], ...] = (
    ("generate", "POST", r".*?(?P<model>(?:models|tunedModels|endpoints)/[^/:]+):generateContent"),
    ("batch.create", "POST", r".*?(?P<model>(?:models|tunedModels|endpoints)/[^/:]+):batchGenerateContent"),
    ("batch.cancel", "POST", r"/v1[a-z0-9]*/(?P<name>batches/[^/:]+):cancel"),
    ("batch.get", "GET", r"/v1[a-z0-9]*/(?P<name>batches/[^/:]+)"),
    ("batch.delete", "DELETE", r"/v1[a-z0-9]*/(?P<name>batches/[^/:]+)"),
    ("batch.list", "GET", r"/v1[a-z0-9]*/batches"),
    ("upload.start", "POST", r"/upload/v1[a-z0-9]*/files"),
    ("upload.bytes", "POST", r"/upload-to/(?P<name>[^/]+)"),
    ("file.download", "GET", r"/(?:download/)?v1[a-z0-9]*/(?P<name>files/[^/:]+):download"),
    ("file.get", "GET", r"/v1[a-z0-9]*/(?P<name>files/[^/:]+)"),
    ("file.delete", "DELETE", r"/v1[a-z0-9]*/(?P<name>files/[^/:]+)"),
    ("chat", "POST", r"(?:/v1)?/chat/completions"),
    ("images.edits", "POST", r"(?:/v1)?/images/edits"),
    ("images.generations", "POST", r"(?:/v1)?/images/generations"),
    ("images.content", "GET", r"/v1/images/[^/]+/content"),
    ("models", "GET", r"/v1[a-z0-9]*/models"),
    ("model", "GET", r".*?(?P<model>(?:models|tunedModels|endpoints)/[^/:]+)"),
    ("token", "POST", r"/token"),
)


def _describe_model(request: Request) -> Reply:
    return ok(
        {
            "name": request.names["model"],
            "version": "001",
            "displayName": "Wire",
            "inputTokenLimit": 1048576,
            "outputTokenLimit": 8192,
            "supportedGenerationMethods": ["generateContent", "batchGenerateContent"],
        }
    )


DEFAULTS: Mapping[str, Script] = {
    "generate": gemini_text('{"InstructionAdherence": 4.8, "ImageAesthetic": 4.7}'),
    "chat": chat_text('{"InstructionAdherence": 4.8, "ImageAesthetic": 4.7}'),
    "models": openai_models("wire"),
    "model": _describe_model,
    "token": ok({"access_token": "wire-token", "expires_in": 3600, "token_type": "Bearer"}),
}


class Wire:
    """The server; `url` is its base. Thread-safe; bind happens at construction, serving in `with`."""

    def __init__(self, defaults: Mapping[str, Script] | None = None) -> None:
        self._lock = threading.Lock()
        self._scripts: dict[str, list[Script]] = {}
        self._seen: list[Request] = []
        self._busy = 0
        self._peak = 0
        self._changed = threading.Condition(self._lock)
        self.closing = threading.Event()
        self.batches = Batches(self.answer, lambda: self.url)
        for route, script in {**DEFAULTS, **self.batches.scripts(), **(defaults or {})}.items():
            self.on(route, script)
        self._server = Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), name="wire")

    @property
    def url(self) -> str:
        """The base, without a slash at its end."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def peak(self) -> int:
        """The most requests that were in progress at one time."""
        return self._peak

    def on(self, route: str, *scripts: Script) -> None:
        """Answer `route` with these in order, and with the last one ever after."""
        if route not in {name for name, _, _ in ROUTES}:
            raise ValueError(f"no route {route!r}")
        with self._lock:
            self._scripts[route] = list(scripts)

    def requests(self, route: str = "") -> list[Request]:
        """What has come so far, of one route or of all."""
        with self._lock:
            return [request for request in self._seen if route in {"", request.route}]

    def wait(self, count: int, route: str = "", timeout_s: float = 10.0) -> list[Request]:
        """Wait until `count` requests have come."""
        with self._changed:
            arrived = self._changed.wait_for(
                lambda: len([r for r in self._seen if route in {"", r.route}]) >= count, timeout_s
            )
        if not arrived:
            raise TimeoutError(f"{len(self.requests(route))} of {count} requests came")
        return self.requests(route)

    def route(self, command: str, path: str) -> tuple[str, dict[str, str]]:
        """The name of the route ("?" where there is none) and what its path names."""
        for route, method, pattern in ROUTES:
            match = re.fullmatch(pattern, path)
            if method == command and match:
                return route, match.groupdict()
        return "?", {}

    def answer(self, request: Request) -> Reply:
        """The next reply of the request's script."""
        with self._changed:
            self._seen.append(request)
            self._changed.notify_all()
            queue = self._scripts.get(request.route)
            if not queue:
                return plain_error(404, f"wire: no script for {request.method} {request.path}")
            script = queue.pop(0) if len(queue) > 1 else queue[0]
        return script(request) if callable(script) else script

    @contextlib.contextmanager
    def counted(self) -> Iterator[None]:
        """Count a request that is in progress."""
        with self._lock:
            self._busy += 1
            self._peak = max(self._peak, self._busy)
        try:
            yield
        finally:
            with self._lock:
                self._busy -= 1

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.hang_up()
        self._server.server_close()  # joins the handlers
        self._thread.join()
