"""The queue of a week's audit: just its pairs, blind, for each rater in an order of their own, progress told."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.gallery.labelling.choice import Choice, read
from schemas import messages as m
from streams import audits, labels
from streams.audits import Audit
from tests.unit.gallery.site import Site, site
from tests.unit.gallery.test_following import retract
from tests.unit.gallery.test_label_posting import OWN
from tests.unit.gallery.test_labelling import opinion, seen, walked
from tests.unit.reading.making import delivered, record
from tests.unit.report.scenes import Campaign

WEEK = "2026-W48"
QUEUE = f"/label/next?audit={WEEK}"


@pytest.fixture
def own() -> Campaign:
    return Campaign(4, ("remove", "recolor"), smaller=8)


@pytest.fixture
def drawn(own: Campaign) -> list[m.JudgeVerdict]:
    """Nine verdicts whose pairs are an audit."""
    chosen = [one for one in seen(own).values() if one.adherence > 4.7][:9]
    pairs = tuple(labels.pair(one.job.triplet_id, one.job.attempt) for one in chosen)
    audits.keep(own.blobs, Audit(week=WEEK, of="week", drawn_from=16, pairs=pairs))
    return chosen


@pytest.fixture
def labelling(own: Campaign, drawn: list[m.JudgeVerdict], tmp_path: Path) -> Iterator[Site]:
    with site(own.blobs, tmp_path) as found:
        found.client.follow_redirects = False
        yield found


def test_just_the_pairs_of_the_audit_are_offered(labelling: Site, drawn: list[m.JudgeVerdict]) -> None:
    assert sorted(walked(labelling, QUEUE)) == sorted(one.job_id for one in drawn)


def test_each_rater_has_an_order_of_their_own_and_keeps_it(labelling: Site) -> None:
    ada, bob = walked(labelling, QUEUE), walked(labelling, QUEUE, "bob")
    assert ada != bob
    assert sorted(ada) == sorted(bob)
    assert walked(labelling, QUEUE) == ada


def test_it_says_which_audit_it_is_and_how_far_it_has_come(
    labelling: Site, own: Campaign, drawn: list[m.JudgeVerdict]
) -> None:
    labels.keep(own.blobs, opinion(drawn[0], "ada"))
    labels.keep(own.blobs, opinion(drawn[0], "bob"))
    labels.keep(own.blobs, opinion(drawn[1], "bob"))
    labelling.client.cookies.set("nhr_rater", "ada")
    text = labelling.page(QUEUE).text
    assert "ada · audit of week 2026-W48 · 1 of 9 done, 1 of them by others too" in text
    assert "2026-W48 9 2" in labelling.page("/label/progress").text


def test_a_label_is_kept_and_leads_on_in_the_same_queue(labelling: Site, own: Campaign) -> None:
    first = walked(labelling, QUEUE)[0]
    given = {"rater": "ada", "adherence": "4.5", "aesthetics": "5.0"}
    answer = labelling.client.post(f"/label/pair/{first}?audit={WEEK}", data=given, headers=OWN)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{QUEUE}&after={first}")
    (kept,) = labels.latest(own.blobs)
    assert (kept.job_id, kept.accepted) == (first, True)
    assert first not in walked(labelling, QUEUE)
    assert labelling.links(QUEUE)["next"].startswith(f"/label/next?audit={WEEK}&after=")


def test_nothing_of_the_verdict_is_told(labelling: Site, drawn: list[m.JudgeVerdict]) -> None:
    labelling.client.cookies.set("nhr_rater", "ada")
    for one in drawn:
        html = labelling.client.get(f"/label/pair/{one.job_id}?audit={WEEK}&reveal=1").text
        main = html.partition("<main")[2].lower()
        told = (f"{one.adherence:.2f}", f"{one.aesthetics:.2f}", "critic", "accepted", "judge", "/triplet/", "won")
        assert [word for word in told if word in main] == []
        assert one.job.triplet_id not in html


def test_going_back_leads_to_the_pair_before_in_the_raters_own_order(labelling: Site) -> None:
    order = walked(labelling, QUEUE)
    address = f"/label/pair/{order[4]}?audit={WEEK}"
    assert labelling.links(address)["prev"] == f"/label/pair/{order[3]}?audit={WEEK}"


def test_what_was_taken_back_is_not_offered(labelling: Site, own: Campaign, drawn: list[m.JudgeVerdict]) -> None:
    retract(own.blobs, "triplet", drawn[2].job.triplet_id)
    labelling.look()
    assert sorted(walked(labelling, QUEUE)) == sorted({one.job_id for one in drawn} - {drawn[2].job_id})


def test_of_several_verdicts_on_a_pair_the_one_that_accepted_it_is_labelled(
    own: Campaign, drawn: list[m.JudgeVerdict], tmp_path: Path
) -> None:
    again = drawn[0].model_copy(update={"job_id": "again", "adherence": 1.5})
    other = Campaign(1, ("add",), name="other", smaller=8)
    for key in [key for key in own.blobs.list("") if not key.startswith("records/verdicts/")]:
        other.blobs.put(key, own.blobs.get(key))
    record(other.blobs, delivered([again, *own.events], first=5000))
    with site(other.blobs, tmp_path / "other") as found:
        assert sorted(walked(found, QUEUE)) == sorted(one.job_id for one in drawn)


def test_the_end_is_told(labelling: Site, own: Campaign, drawn: list[m.JudgeVerdict]) -> None:
    for one in drawn:
        labels.keep(own.blobs, opinion(one, "ada"))
    labelling.client.cookies.set("nhr_rater", "ada")
    assert "All 9 are labelled. Thank you." in labelling.page(QUEUE).text


def test_an_audit_that_is_not_there_is_told(labelling: Site) -> None:
    labelling.client.cookies.set("nhr_rater", "ada")
    text = labelling.page("/label/next?audit=2026-W47").text
    assert "There is no audit of week 2026-W47" in text
    assert "nhr audit draw --week 2026-W47" in text


def test_a_damaged_audit_is_told_where_it_is_asked_for_and_spoils_no_other_page(labelling: Site, own: Campaign) -> None:
    own.blobs.put("audits/2026-W47.json", b"{")
    labelling.client.cookies.set("nhr_rater", "ada")
    assert "audits/2026-W47.json is no audit" in labelling.page("/label/next?audit=2026-W47", 503).text
    assert "audits/2026-W47.json is no audit" in labelling.page("/label/progress").text
    assert "Audit of week 2026-W47" in labelling.page("/label").text


def test_audits_are_offered_the_latest_first_and_one_that_is_asked_for_is_chosen(
    labelling: Site, own: Campaign
) -> None:
    for number in range(10, 20):
        audits.keep(own.blobs, Audit(week=f"2026-W{number}", of="week", drawn_from=1, pairs=("a-0",)))
    page = labelling.page("/label")
    offered = [value for name, value in page.attributes if name == "value" and audits.is_week(value)]
    assert offered == [WEEK, *(f"2026-W{number}" for number in range(19, 12, -1))]
    old = labelling.client.get("/label?audit=2026-W10").text
    assert 'value="2026-W10" checked' in old
    assert 'value="audit" checked' not in old


def test_who_chooses_an_audit_gets_its_queue(labelling: Site) -> None:
    given = {"rater": "ada", "mode": WEEK, "size": "7", "operation": "recolor", "reveal": "1"}
    answer = labelling.client.post("/label", data=given, headers=OWN)
    assert (answer.status_code, answer.headers["location"]) == (303, QUEUE)


@pytest.mark.parametrize("week", ["2026-W54", "../x", "2026-w48", "<b>"])
def test_what_is_no_week_is_passed_over(week: str) -> None:
    assert read({"audit": week}) == Choice()
