"""What goes over the wire: a request as it came, and a reply with whatever goes wrong while it is sent."""

import email.parser
import email.policy
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, Literal, TypeAlias
from urllib.parse import parse_qs, urlsplit

Json: TypeAlias = dict[str, Any]
Fault: TypeAlias = Literal["", "hang", "drop", "reset", "cut", "cut_reset", "stall"]


@dataclass(frozen=True)
class Request:
    """What a client sent; `at` is the monotonic clock in seconds when its last byte had arrived."""

    route: str
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    names: Mapping[str, str]
    at: float
    port: int  # of the client's socket: equal ports mean a reused connection

    @property
    def json(self) -> Json:
        """The body, decoded."""
        decoded: Json = json.loads(self.body)
        return decoded

    @property
    def query(self) -> dict[str, list[str]]:
        """The query string, decoded."""
        return parse_qs(urlsplit(self.path).query)

    @property
    def form(self) -> list[tuple[str, str | None, str, bytes]]:
        """The parts of a multipart body: (field, file name or None, media type, bytes)."""
        head = f"Content-Type: {self.headers['content-type']}\r\n\r\n".encode()
        whole = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + self.body)
        parts: list[tuple[str, str | None, str, bytes]] = []
        for part in whole.iter_parts():
            name = part.get_param("name", header="content-disposition")
            content = part.get_payload(decode=True)
            parts.append((str(name), part.get_filename(), part.get_content_type(), bytes(content)))
        return parts


@dataclass(frozen=True)
class Reply:
    """One answer on the wire, and what goes wrong while it is sent."""

    body: bytes = b"{}"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})
    fault: Fault = ""
    delay_s: float = 0.0  # before the first byte
    drip_s: float = 0.0  # between the chunks of the body
    chunk: int = 16

    def cut(self, fault: Fault = "cut") -> "Reply":
        """The same, but the connection ends (FIN or, `cut_reset`, RST) or stalls in the middle of the body."""
        return replace(self, fault=fault)

    def slow(self, drip_s: float, chunk: int = 16) -> "Reply":
        """The same, `chunk` bytes every `drip_s` seconds."""
        return replace(self, drip_s=drip_s, chunk=chunk)

    def late(self, delay_s: float) -> "Reply":
        """The same, with the first byte after `delay_s` seconds."""
        return replace(self, delay_s=delay_s)

    def clipped(self) -> "Reply":
        """A well-formed response whose JSON body is cut in half."""
        return replace(self, body=self.body[: len(self.body) // 2])


Script: TypeAlias = Reply | Callable[[Request], Reply]


# --- any server's replies ---------------------------------------------------------------------------------------------

HANG = Reply(fault="hang")  # accepts the request, never answers
DROP = Reply(fault="drop")  # closes without a byte (FIN)
RESET = Reply(fault="reset")  # closes without a byte (RST)
HTML = Reply(b"<html><body>Sign in to continue</body></html>", headers={"Content-Type": "text/html"})
EMPTY = Reply(b"")
NOT_AN_OBJECT = Reply(b"[]")


def ok(payload: object) -> Reply:
    """A JSON answer."""
    return Reply(json.dumps(payload).encode())


def plain_error(status: int, text: str = "upstream connect error", **headers: str) -> Reply:
    """What a proxy in front says: no JSON."""
    return Reply(text.encode(), status, {"Content-Type": "text/plain", **headers})


def retry_header(after: float | str | None) -> dict[str, str]:
    """`Retry-After` in seconds, as an HTTP date when `after` is "date:SECONDS", or none."""
    if after is None:
        return {}
    if isinstance(after, str) and after.startswith("date:"):
        when = datetime.now(UTC) + timedelta(seconds=float(after.removeprefix("date:")))
        return {"Retry-After": format_datetime(when, usegmt=True)}
    return {"Retry-After": str(after)}
