"""Labels given in the gallery, over a folder and over S3: kept, counted, told and thought over."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.place import opened
from infra.services import s3
from infra.settings import Settings
from schemas import messages as m
from schemas.ports import Blobs
from streams import labels
from tests import s3s
from tests.integration.test_gallery import write
from tests.unit.gallery.site import site
from tests.unit.report.scenes import Campaign

OWN = {"sec-fetch-site": "same-origin"}


@pytest.fixture(scope="module")
def campaign() -> Campaign:
    return Campaign(1, ("remove", "add"), smaller=8)


@pytest.fixture(params=["folder", "s3"])
def blobs(request: pytest.FixtureRequest, campaign: Campaign, tmp_path: Path) -> Iterator[Blobs]:
    if request.param == "folder":
        with opened(write(campaign, tmp_path / "data"), Settings(fsync=False)) as place:
            yield place.blobs
        return
    server: s3.Server = request.getfixturevalue("s3_server")
    with opened(None, s3s.settings(server, request.getfixturevalue("s3_bucket"))) as place:
        for key in campaign.blobs.list(""):
            place.blobs.put(key, campaign.blobs.get(key))
        yield place.blobs


def test_two_raters_label_what_is_stored_there(blobs: Blobs, campaign: Campaign, tmp_path: Path) -> None:
    lost = next(one for one in campaign.events if isinstance(one, m.JudgeVerdict) and one.reason == "the hills changed")
    with site(blobs, tmp_path / "cache") as shown:
        shown.client.follow_redirects = False
        for rater, adherence in (("ada", "2.0"), ("bob", "4.0"), ("ada", "3.5")):
            given = {"rater": rater, "adherence": adherence, "aesthetics": "3.0", "note": ""}
            assert shown.client.post(f"/label/pair/{lost.job_id}", data=given, headers=OWN).status_code == 303
        assert [(one.rater, one.adherence) for one in labels.latest(blobs)] == [("ada", 3.5), ("bob", 4.0)]
        assert len(list(blobs.list(labels.FOLDER))) == 3
        shown.client.cookies.set("nhr_rater", "ada")
        assert "1 of " in shown.page("/label/next").text
        assert "ada, bob 1 0.50 0.00" in shown.page("/label/progress").text
        assert "bob 4.0 3.0" in shown.page(f"/rejected/{lost.job_id}").text
    with site(blobs, tmp_path / "another") as other:
        other.client.cookies.set("nhr_rater", "ada")
        assert 'value="3.5" required checked' in other.client.get(f"/label/pair/{lost.job_id}").text
        assert "1 of them by others too" in other.page("/label/next").text
