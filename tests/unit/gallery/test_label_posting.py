"""Sending a label: only from the gallery's own page, within bounds, kept for ever; and what is told of labels."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import httpx2 as httpx
import pytest

from infra.blobs.memory import MemoryBlobs
from infra.gallery.guards import Key
from infra.gallery.posting import MOST_BYTES
from schemas import messages as m
from schemas.errors import UserError
from streams import labels
from streams.labels import Label
from tests.unit.gallery.site import Site, site
from tests.unit.gallery.test_following import retract
from tests.unit.gallery.test_labelling import opinion, seen
from tests.unit.reading.hostile import TEXTS
from tests.unit.report.reading import Page
from tests.unit.report.scenes import Campaign

OWN = {"sec-fetch-site": "same-origin", "origin": "http://testserver"}
SCORES = {"rater": "ada", "adherence": "4.5", "aesthetics": "2.0", "note": "a seam"}


@pytest.fixture
def own() -> Campaign:
    return Campaign(2, ("remove", "recolor"), smaller=8)


@pytest.fixture
def labelling(own: Campaign, tmp_path: Path) -> Iterator[Site]:
    with site(own.blobs, tmp_path) as found:
        found.client.follow_redirects = False
        yield found


@pytest.fixture
def verdict(own: Campaign) -> m.JudgeVerdict:
    return next(one for one in seen(own).values() if one.reason == "the hills changed")


def send(
    shown: Site, job: str, given: dict[str, str] | None = None, headers: dict[str, str] | None = None, query: str = ""
) -> httpx.Response:
    return shown.client.post(f"/label/pair/{job}{query}", data=SCORES | (given or {}), headers=headers or OWN)


def kept(shown: Site) -> list[Label]:
    return list(labels.latest(shown.gallery.blobs))


# --- what is kept -----------------------------------------------------------------------------------------------------


def test_a_label_is_kept_with_what_the_judge_had_said(labelling: Site, verdict: m.JudgeVerdict) -> None:
    answer = send(labelling, verdict.job_id, query="?mode=audit&size=50&seed=3")
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/label/next?mode=audit&size=50&seed=3&after={verdict.job_id}"
    (found,) = kept(labelling)
    assert found == opinion(verdict, "ada", 4.5, 2.0, "a seam").model_copy(update={"accepted": False, "at": found.at})


def test_of_an_inverse_the_operation_is_the_one_it_shows(labelling: Site, own: Campaign) -> None:
    one = next(one for one in seen(own).values() if one.job.kind == "inverse" and one.job.request.operation == "remove")
    assert send(labelling, one.job_id).status_code == 303
    assert (kept(labelling)[0].operation, kept(labelling)[0].accepted) == ("add", True)


def test_the_same_form_sent_twice_is_one_opinion(labelling: Site, verdict: m.JudgeVerdict) -> None:
    for _ in range(2):
        assert send(labelling, verdict.job_id).status_code == 303
    assert len(list(labelling.gallery.blobs.list(labels.FOLDER))) == 1


def test_thinking_again_keeps_both_and_shows_the_last(labelling: Site, verdict: m.JudgeVerdict) -> None:
    send(labelling, verdict.job_id)
    send(labelling, verdict.job_id, {"adherence": "1.0"})
    assert len(list(labelling.gallery.blobs.list(labels.FOLDER))) == 2
    assert [one.adherence for one in kept(labelling)] == [1.0]
    labelling.client.cookies.set("nhr_rater", "ada")
    html = labelling.client.get(f"/label/pair/{verdict.job_id}").text
    assert 'name="adherence" value="1.0" required checked' in html
    assert 'value="a seam"' in html


def test_the_judges_scores_are_told_afterwards_only_to_who_asked(labelling: Site, verdict: m.JudgeVerdict) -> None:
    labelling.client.cookies.set("nhr_rater", "ada")
    address = f"/label/next?reveal=1&after={verdict.job_id}"
    assert "the judge" not in labelling.page(address).text
    send(labelling, verdict.job_id)
    assert "you gave 4.5 / 2.0, the judge 3.1 / 4.6" in labelling.page(address).text
    assert "the judge 3.1" not in labelling.page(f"/label/next?after={verdict.job_id}").text


# --- what is not ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"}, {"origin": "null"}, {"origin": "http://testserver:81"}, {"origin": "//["},
        {"origin": "http://testserver", "sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none", "origin": "http://testserver"}, {"x": "no browser"}, {"origin": "file://testserver"},
    ],
)  # fmt: skip
def test_another_sites_page_can_send_nothing(
    labelling: Site, verdict: m.JudgeVerdict, headers: dict[str, str]
) -> None:  # fmt: skip
    for answer in (
        send(labelling, verdict.job_id, headers=headers),
        labelling.client.post("/label", data={"rater": "eve"}, headers=headers),
    ):
        assert answer.status_code == 403
        assert "not sent by one of this gallery" in answer.text
        assert "set-cookie" not in answer.headers
    assert kept(labelling) == []


@pytest.mark.parametrize("headers", [OWN, {"origin": "http://testserver"}, {"sec-fetch-site": "same-origin"}])
def test_the_gallerys_own_page_can(labelling: Site, verdict: m.JudgeVerdict, headers: dict[str, str]) -> None:
    assert send(labelling, verdict.job_id, headers=headers).status_code == 303


def test_with_a_token_only_who_has_it_labels(own: Campaign, verdict: m.JudgeVerdict, tmp_path: Path) -> None:
    key = Key("t" * 32)
    with site(own.blobs, tmp_path, key) as found:
        found.client.follow_redirects = False
        assert send(found, verdict.job_id).status_code == 401
        assert kept(found) == []
        found.client.cookies.set(key.cookie, key.value)
        assert send(found, verdict.job_id).status_code == 303


@pytest.mark.parametrize("field", ["adherence", "aesthetics"])
@pytest.mark.parametrize("value", ["", "0.5", "5.5", "6.0", "4.7", "nan", "4", "-1.0", "1e0", "４.0"])
def test_a_bad_score_keeps_nothing_and_loses_nothing(
    labelling: Site, verdict: m.JudgeVerdict, field: str, value: str
) -> None:
    answer = send(labelling, verdict.job_id, {field: value})
    assert answer.status_code == 422
    assert "a score from 1 to 5, in halves." in Page(answer.text).text
    other = {"adherence": 'name="aesthetics" value="2.0"', "aesthetics": 'name="adherence" value="4.5"'}[field]
    assert f"{other} required checked" in answer.text
    assert 'value="a seam"' in answer.text
    assert kept(labelling) == []


@pytest.mark.parametrize("rater", ["", "Ada", "../x", "a/b", "a" * 33, "a b", "<script>", "ada\n"])
def test_a_bad_name_keeps_nothing_and_loses_nothing(labelling: Site, verdict: m.JudgeVerdict, rater: str) -> None:
    answer = send(labelling, verdict.job_id, {"rater": rater})
    assert answer.status_code == 422
    assert "Give yourself a plain name" in answer.text
    assert 'name="adherence" value="4.5" required checked' in answer.text
    assert kept(labelling) == []


@pytest.mark.parametrize(("note", "why"), [("x" * 501, "longer than 500 characters"), ("界" * 400, "1024 bytes")])
def test_a_note_that_is_too_long_keeps_nothing_and_loses_nothing(
    labelling: Site, verdict: m.JudgeVerdict, note: str, why: str
) -> None:
    answer = send(labelling, verdict.job_id, {"note": note})
    assert answer.status_code == 422
    assert why in answer.text
    assert note in answer.text
    assert kept(labelling) == []


@pytest.mark.parametrize("job", ["none", "0" * 32, "%2e%2e%2e", "%00", "x" * 5000])
def test_a_pair_that_is_not_there_is_told(labelling: Site, job: str) -> None:
    answer = send(labelling, job)
    assert answer.status_code == 404
    assert "not to be labelled any more" in answer.text
    assert kept(labelling) == []


def test_a_pair_taken_back_meanwhile_is_told_and_leads_on(
    labelling: Site, own: Campaign, verdict: m.JudgeVerdict
) -> None:
    labelling.client.cookies.set("nhr_rater", "ada")
    labelling.page(f"/label/pair/{verdict.job_id}")
    retract(own.blobs, "source", verdict.job.subject.source_id)
    labelling.look()
    answer = send(labelling, verdict.job_id)
    assert answer.status_code == 404
    assert f'href="/label/next?after={verdict.job_id}"' in answer.text
    assert kept(labelling) == []
    assert "/label/pair/" in labelling.client.get(f"/label/next?after={verdict.job_id}").text


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"note=" + b"x" * MOST_BYTES, "application/x-www-form-urlencoded", 413),
        (b"a=1&" * 100, "application/x-www-form-urlencoded", 400),
        (b"note=%ff%fe", "application/x-www-form-urlencoded", 400),
        ("note=ü".encode(), "application/x-www-form-urlencoded", 400),
        (b"{}", "application/json", 415),
        (b"x", "multipart/form-data; boundary=x", 415),
        (b"", "", 415),
    ],
)
def test_what_is_no_small_form_is_refused(
    labelling: Site, verdict: m.JudgeVerdict, body: bytes, kind: str, status: int
) -> None:
    for path in (f"/label/pair/{verdict.job_id}", "/label"):
        answer = labelling.client.post(path, content=body, headers={**OWN, "content-type": kind})
        assert answer.status_code == status
        assert "Not taken." in answer.text
    assert kept(labelling) == []


@pytest.mark.parametrize("error", [UserError("labels/x: Permission denied", "make it writable"), OSError("read-only")])
def test_where_nothing_can_be_written_it_is_said_and_nothing_lost(
    own: Campaign, verdict: m.JudgeVerdict, tmp_path: Path, error: Exception
) -> None:
    class ReadOnly(MemoryBlobs):
        """Takes nothing in."""

        def put(self, key: str, data: bytes) -> bool:
            raise error

    blobs = ReadOnly()
    for key in own.blobs.list(""):
        MemoryBlobs.put(blobs, key, own.blobs.get(key))
    with site(blobs, tmp_path) as found:
        answer = send(found, verdict.job_id)
        assert answer.status_code == 503
        assert f"The label cannot be kept: {error}." in answer.text
        assert 'name="adherence" value="4.5" required checked' in answer.text
        assert 'value="a seam"' in answer.text


# --- who labels -------------------------------------------------------------------------------------------------------


def test_a_name_is_kept_in_a_cookie_and_leads_to_what_was_chosen(labelling: Site) -> None:
    given = {"rater": " Ada ", "mode": "audit", "operation": "recolor", "size": "20", "seed": "1", "reveal": "1"}
    answer = labelling.client.post("/label", data=given, headers=OWN)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/label/next?mode=audit&operation=recolor&size=20&reveal=1"
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("nhr_rater=ada;")
    assert "httponly" in cookie.lower()
    assert "samesite=strict" in cookie.lower()
    assert 'name="rater" value="ada"' in labelling.client.get("/label").text


def test_a_bad_name_is_told_and_kept_to_be_mended(labelling: Site) -> None:
    answer = labelling.client.post("/label", data={"rater": '"><b>x'}, headers=OWN)
    assert answer.status_code == 422
    assert "Give yourself a plain name" in answer.text
    assert "&#34;&gt;&lt;b&gt;x" in answer.text
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("cookie", ["", "Eve!", "a" * 40])
def test_without_a_name_one_is_asked_for_it_first(labelling: Site, verdict: m.JudgeVerdict, cookie: str) -> None:
    labelling.client.cookies.set("nhr_rater", cookie)
    for address in ("/label/next?mode=audit", f"/label/pair/{verdict.job_id}?mode=audit"):
        answer = labelling.client.get(address)
        assert (answer.status_code, answer.headers["location"]) == (303, "/label?mode=audit")


# --- what is told of labels -------------------------------------------------------------------------------------------


def labelled(own: Campaign) -> list[m.JudgeVerdict]:
    """Two raters' labels: three pairs by ada, the last two of them by bob too."""
    pairs = list(seen(own).values())[:3]
    for one in pairs:
        labels.keep(own.blobs, opinion(one, "ada", 4.0, 3.0))
    labels.keep(own.blobs, opinion(pairs[1], "bob", 3.0, 3.0, "=1+1"))
    labels.keep(own.blobs, opinion(pairs[2], "bob", 3.5, 5.0))
    return pairs


def test_progress_tells_counts_and_agreement(labelling: Site, own: Campaign) -> None:
    labelled(own)
    text = labelling.page("/label/progress").text
    assert "ada 3 2 0.75 1.00 -0.12" in text
    assert "bob 2 2 0.75 1.00 +0.12" in text
    assert "ada, bob 2 0.75 1.00" in text


def test_without_labels_progress_says_so(labelling: Site) -> None:
    assert "Nothing has been labelled yet." in labelling.page("/label/progress").text
    assert labelling.client.get("/label/export.jsonl").text == ""


def test_labels_can_be_taken_away(labelling: Site, own: Campaign) -> None:
    labelled(own)
    answer = labelling.client.get("/label/export.jsonl")
    assert [Label.model_validate(json.loads(line)) for line in answer.text.splitlines()] == kept(labelling)
    answer = labelling.client.get("/label/export.csv")
    assert "attachment" in answer.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [(row["rater"], float(row["adherence"]), row["job_id"]) for row in rows] == [
        (one.rater, one.adherence, one.job_id) for one in kept(labelling)
    ]
    page = labelling.page("/label/progress").text
    assert [name for name in rows[0] if name not in page] == []


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", '=HYPERLINK("http://x","y")'])
def test_no_cell_is_a_formula(labelling: Site, verdict: m.JudgeVerdict, text: str) -> None:
    labels.keep(labelling.gallery.blobs, opinion(verdict, "ada", note=text))
    rows = list(csv.DictReader(io.StringIO(labelling.client.get("/label/export.csv").text, newline="")))
    assert rows[0]["note"] == f"'{text}"


def test_the_pages_of_the_pairs_tell_their_labels(labelling: Site, own: Campaign) -> None:
    for one in seen(own).values():
        labels.keep(own.blobs, opinion(one, "ada", 1.0 + one.job.attempt, note=one.job.kind))
    for triplet in own.triplets:
        text, kind = labelling.page(f"/triplet/{triplet.triplet_id}").text, triplet.kind
        if kind == "composite":
            assert "Labelled by people" not in text
        else:
            assert f"ada {4.0 if kind == 'forward' else 1.0} 3.5 {kind} 2023-11-14 22:13 UTC" in text
    lost = labelling.ids("/rejected?stage=hard")
    assert all("ada 3.0 3.5 forward" in labelling.page(f"/rejected/{name}").text for name in lost)
    unjudged = labelling.ids("/rejected?stage=soft")
    assert all("Labelled by people" not in labelling.page(f"/rejected/{name}").text for name in unjudged)


def test_a_label_that_cannot_be_read_is_named(labelling: Site, own: Campaign, verdict: m.JudgeVerdict) -> None:
    folder = labels.folder(verdict.job.triplet_id, verdict.job.attempt)
    own.blobs.put(f"{folder}ada/0001.json", b"{}")
    assert "0001.json is no label" in labelling.page(f"/rejected/{verdict.job_id}").text
    assert "0001.json is no label" in labelling.page("/label/progress", 503).text
    assert "0001.json is no label" in labelling.page("/label/export.csv", 503).text


@pytest.mark.parametrize("text", TEXTS)
def test_hostile_texts_stay_texts(labelling: Site, own: Campaign, verdict: m.JudgeVerdict, text: str) -> None:
    from tests.unit.gallery.test_hostile import harmless

    send(labelling, verdict.job_id, {"note": text})
    labelling.client.cookies.set("nhr_rater", "ada")
    (found,) = kept(labelling)
    assert found.note == text.strip()
    harmless(labelling.client.get(f"/label/pair/{verdict.job_id}").text)
    harmless(labelling.client.get(f"/rejected/{verdict.job_id}").text)
    harmless(send(labelling, verdict.job_id, {"note": text * 20, "rater": text}).text)
    for name in ("operation", "campaign", "judge", "after", "mode"):
        harmless(labelling.client.get("/label", params={name: text}).text)
        harmless(labelling.client.get("/label/next", params={name: text}).text)
