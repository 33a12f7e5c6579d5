"""The report page: complete, self-contained, safe, repeatable."""

import base64
import hashlib
from pathlib import Path

import numpy as np
import pytest

from infra.blobs.memory import MemoryBlobs
from infra.images import encode
from infra.report import build
from infra.report.pictures import shrunk
from schemas.errors import UserError
from schemas.ports import Image
from streams import calibrations
from streams.calibrations import Calibration
from tests.unit.reading.making import (
    delivered,
    gate,
    judge,
    put_on_shelf,
    record,
    request,
    subject,
    triplet,
)
from tests.unit.report.reading import Page
from tests.unit.report.scenes import Campaign

HOSTILE = "</script><img src=x onerror=alert(1)>\"'&<!--\u2028 {{ 7 * 7 }}"


@pytest.fixture(scope="module")
def campaign() -> Campaign:
    return Campaign(2, ("remove", "recolor"))


@pytest.fixture(scope="module")
def page(campaign: Campaign, tmp_path_factory: pytest.TempPathFactory) -> Page:
    out = tmp_path_factory.mktemp("report") / "deep" / "report.html"
    return Page(build(campaign.blobs, out, title="Harbour scenes").read_text(encoding="utf-8"))


def test_every_triplet_is_on_the_page_with_its_pictures(campaign: Campaign, page: Page) -> None:
    shown = {one["id"]: (one["before"], one["after"]) for one in page.data["triplets"]}
    assert set(shown) == {one.triplet_id for one in campaign.triplets}
    assert all(isinstance(place, int) for pair in shown.values() for place in pair)


def test_each_picture_is_inside_the_page_once(page: Page) -> None:
    images = page.data["images"]
    assert len(images) == len(set(images)) == 2 * (1 + 2 + 2)
    assert all(image.startswith("data:image/webp;base64,") for image in images)


def test_nothing_is_loaded_from_elsewhere(page: Page) -> None:
    assert not {"link", "iframe", "object", "embed", "base"} & set(page.tags)
    loaded = [value for name, value in page.attributes if name in {"src", "href", "action", "srcset"}]
    assert all(value.startswith("#") for value in loaded)
    assert "url(" not in "".join(page.texts["style"])
    assert "@import" not in "".join(page.texts["style"])


def test_only_our_own_style_and_script_may_run(page: Page) -> None:
    content = next(value for name, value in page.attributes if name == "content" and "default-src" in value)
    assert content.startswith("default-src 'none'; img-src data:; ")
    for part in (page.texts["style"][0], page.texts["script"][2]):
        assert f"'sha256-{base64.b64encode(hashlib.sha256(part.encode()).digest()).decode()}'" in content
    assert "unsafe" not in content
    assert not [name for name, _ in page.attributes if name == "style" or name.startswith("on")]


def test_rejected_attempts_are_shown_with_stage_and_reason(page: Page) -> None:
    told = {(one["stage"], one["bar"], one["value"], one["reason"]) for one in page.data["rejected"]}
    assert told == {
        ("soft", "null.soft", "0.2", ""),
        ("pixels", "pixels.null", "0.1", ""),
        ("hard", "", None, "the hills changed"),
    }


def test_a_triplet_tells_of_every_attempt_and_of_what_was_built_on_it(campaign: Campaign, page: Page) -> None:
    forward = next(one for one in campaign.triplets if one.kind == "forward")
    more = page.details["triplets"][forward.triplet_id]
    attempts = page.details["requests"][more["edits"][0]["request"]]
    assert [attempt["fate"] for attempt in attempts] == ["soft", "pixels", "hard", "survived"]
    assert [attempt["bar"] for attempt in attempts] == ["null.soft", "pixels.null", "", ""]
    assert all(isinstance(attempt["image"], int) for attempt in attempts)
    assert attempts[2]["scores"]["adherence"] < attempts[3]["scores"]["adherence"] == 4.9
    assert attempts[2]["reason"] == "the hills changed"
    assert {one["kind"] for one in more["relatives"]} == {"inverse", "composite"}


def test_a_rejected_attempt_tells_of_the_others_of_its_request(campaign: Campaign, tmp_path: Path) -> None:
    lone = Campaign(1, ("add",), name="lone")
    for key in list(lone.blobs.list("shelf/triplets/")):
        lone.blobs.delete(key)
    page = Page(build(lone.blobs, tmp_path / "r.html", rejected=1).read_text(encoding="utf-8"))
    (rejected,) = page.details["rejected"].values()
    attempts = page.details["requests"][rejected["requests"][0]]
    assert [attempt["fate"] for attempt in attempts] == ["soft", "pixels", "hard", "survived"]


def test_a_triplet_tells_whether_its_judge_was_calibrated(tmp_path: Path) -> None:
    own = Campaign(1, ("add",))
    found = []
    for name in ("before.html", "after.html"):
        page = Page(build(own.blobs, tmp_path / name).read_text(encoding="utf-8"))
        found.append({one["calibrated"] for one in page.data["triplets"]})
        calibrations.keep(own.blobs, Calibration(judge="critic@1", pairs=9, labels=9, raters=1, figures={}, at=1.0))
    assert found == [{False}, {True}]


def test_what_cards_share_is_said_once(campaign: Campaign, page: Page) -> None:
    assert len(page.data["sources"]) == len({one.subject.source_id for one in campaign.triplets}) == 2
    assert {page.data["sources"][one["source"]]["style"] for one in page.data["triplets"]} == {
        "watercolour", "flat design",
    }  # fmt: skip


@pytest.mark.parametrize(
    "told",
    [
        "Harbour scenes", "campaign harbour", "policy paper", "Soft filter", "75.0 % 43.0 % +32.0 pt", "515,584",
        "9.45", "Against the known truth", "over 8 judged attempts", "the house floats",
        "recolor 8 75.0 % 6 66.7 % 4 4 50.0 % 2 2 4 25.0 % 2", "4 attempts 100.0 % 4 100.0 %",
        "All 10 triplets",
    ],
)  # fmt: skip
def test_the_numbers_need_no_script(page: Page, told: str) -> None:
    assert told in page.text


def test_the_same_shelf_gives_the_same_page(campaign: Campaign, tmp_path: Path) -> None:
    pages = [build(campaign.blobs, tmp_path / name).read_bytes() for name in ("a.html", "b.html")]
    assert pages[0] == pages[1]


def test_a_limited_page_says_how_many_there_are(campaign: Campaign, tmp_path: Path) -> None:
    page = Page(build(campaign.blobs, tmp_path / "r.html", limit=3, rejected=2, side=96).read_text(encoding="utf-8"))
    assert (len(page.data["triplets"]), len(page.data["rejected"])) == (3, 2)
    assert "3 of 10 triplets are on this page" in page.text
    assert "2 of 12 rejected attempts" in page.text
    assert {one["kind"] for one in page.data["triplets"]} == {"forward", "inverse", "composite"}


def test_one_campaign_can_be_shown_alone(tmp_path: Path) -> None:
    both = Campaign(1, ("add",))
    desert = subject("of the desert", "desert")
    put_on_shelf(both.blobs, triplet(desert, request()))
    record(both.blobs, delivered([gate(desert)], first=1000))
    page = Page(build(both.blobs, tmp_path / "r.html", campaign="desert").read_text(encoding="utf-8"))
    assert [source["campaign"] for source in page.data["sources"]] == ["desert"]
    assert "campaign desert" in page.text


def test_an_unknown_campaign_is_told_with_those_there_are(campaign: Campaign, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no campaign 'desert' here") as caught:
        build(campaign.blobs, tmp_path / "r.html", campaign="desert")
    assert "campaigns: harbour" in str(caught.value)


def test_progress_counts_the_pictures(campaign: Campaign, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    build(campaign.blobs, tmp_path / "r.html", progress=lambda done, total: told.append((done, total)))
    assert told == [(number, 10) for number in range(1, 11)]


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Page:
    blobs = MemoryBlobs()
    of = subject("s1", HOSTILE, HOSTILE, HOSTILE).model_copy(update={"author": HOSTILE, "licence": HOSTILE})
    asked = request(HOSTILE, HOSTILE)
    put_on_shelf(blobs, triplet(of, asked, texts={HOSTILE: HOSTILE}))
    lost = judge(of, asked, (1.0, 1.0), reason=HOSTILE, measures={HOSTILE: float("nan")})
    record(blobs, delivered([gate(of, yes=False, reason=HOSTILE), lost]))
    out = tmp_path_factory.mktemp("hostile") / "report.html"
    return Page(build(blobs, out, title=HOSTILE).read_text(encoding="utf-8"))


def test_hostile_texts_stay_texts(hostile: Page, page: Page) -> None:
    assert "img" not in hostile.tags
    assert hostile.tags.count("script") == page.tags.count("script") == 3
    assert not [name for name, _ in hostile.attributes if name.startswith("on")]
    assert "7 * 7" in hostile.text


def test_hostile_texts_arrive_unchanged(hostile: Page) -> None:
    shown = hostile.data["triplets"][0]
    assert shown["instruction"] == hostile.data["sources"][0]["prompt"] == shown["texts"][HOSTILE] == HOSTILE
    assert hostile.data["rejected"][0]["reason"] == HOSTILE


def test_pictures_that_cannot_be_read_are_left_out(hostile: Page) -> None:
    assert hostile.data["images"] == []
    assert hostile.data["triplets"][0]["before"] is None


def test_a_thumbnail_does_not_carry_the_pictures_note() -> None:
    data = encode(Image(np.zeros((48, 64, 3), np.uint8), "the planted flaw"))
    assert b"the planted flaw" in data
    assert b"the planted flaw" not in shrunk(data, 32)


def test_an_empty_shelf_gives_a_page_that_says_so(tmp_path: Path) -> None:
    page = Page(build(MemoryBlobs(), tmp_path / "report.html").read_text(encoding="utf-8"))
    assert "There is nothing on the shelf yet" in page.text


def test_a_page_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot write the report") as caught:
        build(MemoryBlobs(), tmp_path / "file" / "report.html")
    assert "\n" not in str(caught.value)
