"""Who may ask, under which name, and what every answer carries."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from infra.gallery.app import app
from infra.gallery.guards import HEADERS, Key
from infra.gallery.thumbs import Thumbs
from tests.unit.gallery.site import Site, site
from tests.unit.gallery.test_following import retract
from tests.unit.report.scenes import Campaign

KEY = Key("a token that nobody guesses & ?")
ADDRESSES = ["/", "/rejected", "/live", "/live/now", "/standing", "/triplet/none", "/thumb/x", "/image/x", "/assets/x",
             "/healthz", "/nothing", "/%2e%2e/etc/passwd"]  # fmt: skip


def test_every_answer_carries_the_headers(shown: Site) -> None:
    for address in (*ADDRESSES, shown.gallery.assets.style):
        headers = shown.client.get(address).headers
        assert {name: headers[name] for name in HEADERS} == dict(HEADERS), address


def test_the_policy_lets_nothing_run_that_is_not_ours(shown: Site) -> None:
    policy = shown.client.get("/").headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; ")
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    page = shown.page("/live")
    assert not [name for name, _ in page.attributes if name == "style" or name.startswith("on")]
    assert "style" not in page.texts
    assert page.texts.get("script", []) == []


def test_even_a_fault_of_ours_carries_the_headers(shown: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("ours")

    monkeypatch.setattr("infra.gallery.pages.live.telling.lately", broken)
    answer = shown.client.get("/live")
    assert answer.status_code == 500
    assert "ours" not in answer.text
    assert answer.headers["content-security-policy"] == HEADERS["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:8500", 200), ("127.0.0.1:8500", 200), ("[::1]:8500", 200), ("LOCALHOST", 200),
        ("evil.example", 421), ("localhost.evil.example", 421),
        ("evil.example:8500", 421), ("", 421), ("[::1", 421), ("localhost@evil", 421),
    ],
)  # fmt: skip
def test_on_loopback_other_names_are_refused(shown: Site, host: str, status: int) -> None:
    assert shown.client.get("/", headers={"host": host}).status_code == status


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
@pytest.mark.parametrize("address", ["/", "/live", "/thumb/x", "/healthz"])
def test_nothing_can_be_changed(shown: Site, method: str, address: str) -> None:
    assert shown.client.request(method, address).status_code == 405


@pytest.fixture
def locked(shown: Site) -> TestClient:
    return TestClient(app(shown.gallery, KEY), base_url="http://gallery.example", follow_redirects=False)


@pytest.mark.parametrize("address", [one for one in ADDRESSES if one != "/healthz"])
def test_without_the_token_nothing_is_told(locked: TestClient, address: str) -> None:
    answer = locked.get(address)
    assert answer.status_code == 401
    assert "a place" not in answer.text


@pytest.mark.parametrize(
    "token",
    ["", "wrong", KEY.token + "x", KEY.token[:-1], KEY.value, "\u00e9\ud83d".encode("utf-8", "replace").decode()],
)
def test_a_wrong_token_opens_nothing(locked: TestClient, token: str) -> None:
    assert locked.get("/", params={"token": token}).status_code == 401
    assert (
        locked.get("/", headers={"authorization": f"Bearer {token.encode('ascii', 'replace').decode()}"}).status_code
        == 401
    )
    assert locked.get("/", headers={"cookie": f"{KEY.cookie}={KEY.token}"}).status_code == 401


def test_the_token_becomes_a_cookie_and_leaves_the_address(locked: TestClient) -> None:
    answer = locked.get("/rejected", params={"token": KEY.token, "stage": 'ha"rd&x'})
    assert answer.status_code == 200
    assert KEY.token not in answer.text
    assert 'href="/rejected?stage=ha%22rd%26x"' in answer.text
    cookie = answer.headers["set-cookie"]
    assert KEY.token not in cookie
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(cookie.split("; "))
    assert locked.get("/").status_code == 200


def test_a_token_in_an_address_leads_nowhere_else(locked: TestClient) -> None:
    answer = locked.get("http://gallery.example//evil.example/x", params={"token": KEY.token})
    assert 'href="/evil.example/x"' in answer.text


def test_a_script_may_bear_the_token(locked: TestClient) -> None:
    assert locked.get("/", headers={"authorization": f"Bearer {KEY.token}"}).status_code == 200


def test_health_needs_neither_name_nor_token(locked: TestClient, shown: Site) -> None:
    assert locked.get("/healthz").text == "ok\n"
    assert shown.client.get("/healthz", headers={"host": "10.1.2.3"}).status_code == 200


# --- pictures ---------------------------------------------------------------------------------------------------------


def picture(campaign: Campaign) -> str:
    return campaign.triplets[0].before.sha256


@pytest.mark.parametrize("path", ["thumb", "image"])
def test_pictures_are_kept_by_browsers_for_ever(shown: Site, campaign: Campaign, path: str) -> None:
    answer = shown.client.get(f"/{path}/{picture(campaign)}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/webp"
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; sandbox")
    again = shown.client.get(f"/{path}/{picture(campaign)}", headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    "name",
    [
        "0" * 64, "x", "..%2f..%2fetc%2fpasswd", "%2e%2e", "A" * 64, "shelf%2fimages%2fx.webp", "%00", "0" * 63 + "%0a",
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", ["thumb", "image"])
def test_only_pictures_that_the_index_knows_are_given(shown: Site, path: str, name: str) -> None:
    assert shown.client.get(f"/{path}/{name}").status_code == 404


@pytest.mark.parametrize("target", ["source", "sha256"])
def test_a_picture_that_was_taken_back_is_not_given(tmp_path: Path, target: str) -> None:
    own = Campaign(1, ("add",), smaller=8)
    name, source = picture(own), own.triplets[0].subject.source_id
    with site(own.blobs, tmp_path) as found:
        assert found.client.get(f"/thumb/{name}").status_code == 200
        retract(own.blobs, "source" if target == "source" else "sha256", source if target == "source" else name)
        found.look()
        assert found.client.get(f"/thumb/{name}").status_code == 404
        assert found.client.get(f"/image/{name}").status_code == 404


def test_bytes_that_are_no_picture_are_not_given(tmp_path: Path) -> None:
    own = Campaign(1, ("add",), smaller=8)
    ref = own.triplets[0].before
    for key in (f"shelf/images/{ref.sha256[:2]}/{ref.sha256}.webp", ref.key):
        own.blobs.delete(key)
        own.blobs.put(key, b"<script>alert(1)</script>")
    with site(own.blobs, tmp_path) as found:
        for path in ("image", "thumb"):
            answer = found.client.get(f"/{path}/{ref.sha256}")
            assert answer.status_code == 404
            assert "no longer kept" in answer.text
            assert "alert" not in answer.text


def test_thumbnails_are_made_once_and_their_file_is_bounded(campaign: Campaign, tmp_path: Path) -> None:
    refs = list({one.after.sha256: one.after for one in campaign.triplets}.values())
    thumbs = Thumbs(campaign.blobs, tmp_path / "t.sqlite", most=8_000)
    sizes = [len(thumbs.thumbnail(ref) or b"") for ref in refs]
    assert sum(sizes) > 12_000
    assert 0 < thumbs.bytes <= 8_000
    thumbs.close()
    (tmp_path / "t.sqlite").write_bytes(b"damaged" * 1000)
    again = Thumbs(campaign.blobs, tmp_path / "t.sqlite")
    assert again.thumbnail(refs[0])
    assert again.thumbnail(refs[0])
    again.close()
