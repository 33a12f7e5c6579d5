"""Pages of a bucket's listing: read from XML, and put into the order of text, whatever order the server has."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import NamedTuple
from urllib.parse import unquote_plus
from xml.etree import ElementTree as ET

from schemas.errors import UserError

HINT = "check that NHR_S3 names an S3 server, which knows ListObjectsV2"


class Listed(NamedTuple):
    """A key that stands, and when it was put (Unix time in seconds)."""

    key: str
    modified: float


class Page(NamedTuple):
    """Some keys in the server's order; `token` asks for the next page, empty on the last one."""

    listed: list[Listed]
    token: str


def read(body: bytes, server: str) -> Page:
    """A page from the answer's body; raises `UserError` for what is no listing."""
    try:
        root = ET.fromstring(body)
        space = root.tag.removesuffix("ListBucketResult")
        coded = root.findtext(f"{space}EncodingType") == "url"
        listed = [_listed(one, space, coded) for one in root.iter(f"{space}Contents")]
        token = root.findtext(f"{space}NextContinuationToken") or ""
        more = root.findtext(f"{space}IsTruncated")
    except (ET.ParseError, ValueError) as error:
        raise UserError(f"{server} gave no listing ({error})", HINT) from None
    if more not in {"true", "false"} or (more == "true" and not token):
        raise UserError(f"{server} gave no whole listing", HINT)
    return Page(listed, token if more == "true" else "")


def _listed(one: ET.Element, space: str, coded: bool) -> Listed:
    key = one.findtext(f"{space}Key") or ""
    at = one.findtext(f"{space}LastModified") or ""
    return Listed(unquote_plus(key) if coded else key, datetime.fromisoformat(at).timestamp())


def pages(page: Callable[[str], Page]) -> Iterator[Listed]:
    """Everything of all pages, each read when it is wanted."""
    token = ""
    while True:
        found = page(token)
        yield from found.listed
        if not found.token or found.token == token:
            return
        token = found.token


def ordered(listed: Iterable[Listed], folder: str) -> Iterator[Listed]:
    """The same in the order of text, of a listing below `folder` (empty, or with its final slash).

    Servers that keep folders (SeaweedFS) list "a/x" before "a-b", as if the slash sorted first. What sorts between
    them begins with the folder's name, so it is enough to hold back what shares the first name below `folder`.
    """
    held: list[Listed] = []
    first = ""
    for one in listed:
        name = one.key[len(folder) :].partition("/")[0]
        if held and not name.startswith(first):
            yield from sorted(held)
            held.clear()
        if not held:
            first = name
        held.append(one)
    yield from sorted(held)
