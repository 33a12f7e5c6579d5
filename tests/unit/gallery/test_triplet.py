"""The pages of one triplet and of one rejected attempt."""

from pathlib import Path

import pytest

from schemas.messages import Triplet
from streams import calibrations
from streams.calibrations import Calibration
from tests.unit.gallery.site import Site, site
from tests.unit.report.scenes import Campaign


@pytest.fixture(scope="module")
def forward(campaign: Campaign) -> Triplet:
    return next(one for one in campaign.triplets if one.kind == "forward" and one.operation == "remove")


def test_a_triplet_tells_of_every_attempt(shown: Site, forward: Triplet) -> None:
    page = shown.page(f"/triplet/{forward.triplet_id}")
    assert [value for name, value in page.attributes if name == "data-fate"] == ["soft", "pixels", "hard", "survived"]
    for told in (
        "All 4 attempts",
        "the hills changed",
        "missed null.soft = 0.2",
        "3 won",
        "pixels.changed",
        "painter@",
    ):
        assert told in page.text


def test_a_triplet_tells_its_scores_texts_source_and_judge(shown: Site, forward: Triplet) -> None:
    text = shown.page(f"/triplet/{forward.triplet_id}").text
    assert f"{forward.scores.adherence:.2f} adherence" in text
    assert "zh 编辑这张图片" in text
    assert forward.subject.text in text
    assert "judge critic@1" in text
    assert f"nhr show {forward.triplet_id}" in text


def test_a_judge_that_nobody_calibrated_is_marked_until_somebody_does(tmp_path: Path) -> None:
    own = Campaign(1, ("add",), smaller=8)
    with site(own.blobs, tmp_path) as found:
        address = f"/triplet/{own.triplets[0].triplet_id}"
        marked = found.page(address)
        assert "judge not calibrated" in marked.text
        assert any(name == "title" and "`nhr calibrate`" in value for name, value in marked.attributes)
        calibrations.keep(own.blobs, Calibration(judge="critic@1", pairs=9, labels=9, raters=1, figures={}, at=1.0))
        assert "judge not calibrated" not in found.page(address).text


def test_a_triplet_leads_to_what_was_built_on_it(shown: Site, campaign: Campaign, forward: Triplet) -> None:
    page = shown.page(f"/triplet/{forward.triplet_id}")
    links = {value for name, value in page.attributes if name == "href" and value.startswith("/triplet/")}
    kin = {one.triplet_id for one in campaign.triplets if {edit.request_id for edit in one.edits} & {
        edit.request_id for edit in forward.edits}} - {forward.triplet_id}  # fmt: skip
    assert len(kin) == 2
    assert {f"/triplet/{name}" for name in kin} <= links


def test_neighbours_are_those_of_the_list_one_came_from(shown: Site) -> None:
    ids = shown.ids("/?kind=forward&sort=best")
    links = shown.links(f"/triplet/{ids[4]}?kind=forward&sort=best")
    assert links["prev"] == f"/triplet/{ids[3]}?kind=forward&sort=best"
    assert links["next"] == f"/triplet/{ids[5]}?kind=forward&sort=best"
    assert links["up"] == "/?kind=forward&sort=best"
    assert "prev" not in shown.links(f"/triplet/{ids[0]}?kind=forward&sort=best")


def test_a_composite_shows_the_attempts_at_both_edits_and_their_source(shown: Site, campaign: Campaign) -> None:
    both = next(one for one in campaign.triplets if one.kind == "composite")
    page = shown.page(f"/triplet/{both.triplet_id}")
    assert len([1 for name, _ in page.attributes if name == "data-fate"]) == 8
    assert "Attempts at edit 2" in page.text
    assert f"/image/{both.subject.image.sha256}" in [value for _, value in page.attributes]


def test_a_rejected_attempt_is_shown_among_its_siblings(shown: Site) -> None:
    ids = shown.ids("/rejected?stage=hard")
    page = shown.page(f"/rejected/{ids[0]}?stage=hard")
    assert [value for name, value in page.attributes if name == "class" and value.startswith("attempt ")].count(
        "attempt this"
    ) == 1
    assert "the hills changed" in page.text
    assert shown.links(f"/rejected/{ids[0]}?stage=hard")["next"] == f"/rejected/{ids[1]}?stage=hard"


@pytest.mark.parametrize(
    "address", ["/triplet/none", f"/triplet/{'0' * 32}", "/rejected/none", "/nothing", "/triplet/"]
)
def test_what_is_not_there_is_told(shown: Site, address: str) -> None:
    assert "There is no such" in shown.page(address, 404).text


def test_a_triplet_without_records_is_shown_all_the_same(tmp_path_factory: pytest.TempPathFactory) -> None:
    lone = Campaign(1, ("add",), smaller=8)
    with site(lone.blobs, tmp_path_factory.mktemp("lone")) as found:
        for key in list(lone.blobs.list("records/verdicts/")):
            lone.blobs.delete(key)
        page = found.page(f"/triplet/{lone.triplets[0].triplet_id}")
    assert lone.triplets[0].instruction in page.text
    assert "attempts" not in page.text
