"""Listings: pages in any server's order become one in the order of text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.s3 import listing
from infra.s3.listing import Listed
from schemas.errors import UserError
from tests.unit.s3.fake import FakeS3

parts = st.text("ab-.0", min_size=1, max_size=3)
keys = st.lists(st.lists(parts, min_size=1, max_size=3).map("/".join), unique=True, max_size=30)


@pytest.mark.parametrize("folders", [False, True])
@given(keys=keys, page=st.integers(1, 5), prefix=st.text("ab/-", max_size=4))
def test_every_order_of_a_server_becomes_that_of_text(keys: list[str], page: int, prefix: str, folders: bool) -> None:
    server = FakeS3(folders=folders, page=page)
    client = server.client()
    for key in keys:
        client.put(key, b"")
    assert [one.key for one in client.scan(prefix)] == sorted(key for key in keys if key.startswith(prefix))


def test_pages_are_read_when_they_are_wanted() -> None:
    server = FakeS3(page=2)
    client = server.client()
    for number in range(10):
        client.put(f"{number}/x", b"")
    server.asked.clear()
    listed = client.scan("")
    assert [next(listed).key for _ in range(3)] == ["0/x", "1/x", "2/x"]
    assert len(server.asked) == 2


def test_one_folder_at_a_time_is_held() -> None:
    taken: list[str] = []

    def source() -> "list[Listed]":
        return [Listed(f"{folder}/{number}", 0.0) for folder in ("aa", "ab") for number in range(3)]

    def watched() -> object:
        for one in source():
            taken.append(one.key)
            yield one

    first = next(iter(listing.ordered(watched(), "")))  # type: ignore[arg-type]
    assert (first.key, len(taken)) == ("aa/0", 4)


@pytest.mark.parametrize(
    "body",
    [
        b"", b"<html>hello</html>", b"<html><body></html>", b"<ListBucketResult/>",
        b"<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>",
        b"<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>a</Key></Contents></ListBucketResult>",
    ],
)  # fmt: skip
def test_what_is_no_whole_listing_is_told_in_one_line(body: bytes) -> None:
    with pytest.raises(UserError, match="S3 at x gave no "):
        listing.read(body, "S3 at x")


@pytest.mark.parametrize("space", ["", ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'])
def test_keys_are_decoded_only_where_the_server_says_that_it_encoded_them(space: str) -> None:
    contents = "<Contents><Key>a+b%2Bc</Key><LastModified>2026-01-01T00:00:00.5Z</LastModified></Contents>"
    plain = f"<ListBucketResult{space}><IsTruncated>false</IsTruncated>{contents}</ListBucketResult>"
    coded = plain.replace("<IsTruncated>", "<EncodingType>url</EncodingType><IsTruncated>")
    assert listing.read(plain.encode(), "").listed == [Listed("a+b%2Bc", 1767225600.5)]
    assert listing.read(coded.encode(), "").listed == [Listed("a b+c", 1767225600.5)]
