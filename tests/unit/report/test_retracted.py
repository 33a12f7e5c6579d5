"""What was taken back is nowhere on the page, among the rejected attempts neither."""

from pathlib import Path

import pytest

from infra.report import build
from streams import retractions
from streams.retractions import Retraction, Target
from tests.unit.report.reading import Page
from tests.unit.report.scenes import Campaign


@pytest.fixture
def campaign() -> Campaign:
    """Two sources, each with rejected attempts."""
    return Campaign(2, ("remove", "recolor"))


def page(campaign: Campaign, out: Path) -> Page:
    return Page(build(campaign.blobs, out / "report.html").read_text(encoding="utf-8"))


def retract(campaign: Campaign, target: Target, value: str) -> None:
    retractions.retract(campaign.blobs, Retraction(target=target, value=value, reason="no", at=1.0))


@pytest.mark.parametrize("target", ["source", "sha256"])
def test_nothing_is_left_of_a_source_that_was_taken_back(campaign: Campaign, tmp_path: Path, target: Target) -> None:
    subject = campaign.triplets[0].subject
    before = page(campaign, tmp_path)
    retract(campaign, target, subject.source_id if target == "source" else subject.image.sha256)
    after = page(campaign, tmp_path)
    assert {one["id"] for one in before.data["sources"]} - {one["id"] for one in after.data["sources"]} == {
        subject.source_id
    }
    assert 0 < len(after.data["rejected"]) < len(before.data["rejected"])
    assert len(after.data["images"]) == len(before.data["images"]) / 2


def test_a_picture_that_was_taken_back_is_not_shown_among_the_attempts(campaign: Campaign, tmp_path: Path) -> None:
    (edit,) = next(one for one in campaign.triplets if one.kind == "forward").edits
    retract(campaign, "sha256", edit.image_sha256)
    (shown,) = [
        attempt["image"]
        for attempt in page(campaign, tmp_path).details["requests"].get(edit.request_id, [])
        if attempt["number"] == edit.attempt
    ]
    assert shown is None


def test_a_triplet_that_was_taken_back_is_no_relative(campaign: Campaign, tmp_path: Path) -> None:
    inverse = next(one for one in campaign.triplets if one.kind == "inverse")
    assert inverse.triplet_id in str(page(campaign, tmp_path).details)
    retract(campaign, "triplet", inverse.triplet_id)
    assert inverse.triplet_id not in str(page(campaign, tmp_path).details)
