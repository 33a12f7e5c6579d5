"""Label mode: which pairs are offered and in what order, and that nothing of the verdict is told before the label."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.blobs.memory import MemoryBlobs
from infra.gallery.labelling import sample
from infra.gallery.labelling.choice import Choice, read
from infra.gallery.labelling.guide import ALSO, SCALES
from schemas import messages as m
from schemas.messages import Scores
from streams import labels
from streams.labels import Label
from streams.shelf import image_key
from tests.unit.gallery.site import Site, site
from tests.unit.gallery.test_following import retract
from tests.unit.reading.making import delivered, judge, put_on_shelf, record, request, subject, triplet
from tests.unit.report.scenes import Campaign
from workers import language

EVERYTHING = Choice(size=5000)
AUDIT = Choice(mode="audit", size=5000)


@pytest.fixture
def own() -> Campaign:
    return Campaign(2, ("remove", "recolor"), smaller=8)


@pytest.fixture
def labelling(own: Campaign, tmp_path: Path) -> Iterator[Site]:
    with site(own.blobs, tmp_path) as found:
        yield found


def drawn(shown: Site, choice: Choice, labelled: set[str] | None = None) -> list[str]:
    with shown.gallery.asked() as index:
        return [one.pair for one in sample.draw(index, choice, labelled or set())]


def verdicts(own: Campaign) -> dict[str, m.JudgeVerdict]:
    """Those of a campaign, by the pair that each is of."""
    found = (event for event in own.events if isinstance(event, m.JudgeVerdict))
    return {labels.pair(one.job.triplet_id, one.job.attempt): one for one in found}


def seen(own: Campaign) -> dict[str, m.JudgeVerdict]:
    """Those whose pictures are kept: the campaign does not draw what its composites were judged by."""
    return {name: one for name, one in verdicts(own).items() if one.job.kind != "composite"}


def opinion(of: m.JudgeVerdict, rater: str, adherence: float = 4.0, aesthetics: float = 3.5, note: str = "") -> Label:
    return Label(
        triplet_id=of.job.triplet_id, attempt=of.job.attempt, kind=of.job.kind, operation=of.job.request.operation,
        instruction=of.job.instruction, before=of.job.before.sha256, after=of.job.after.sha256, rater=rater,
        adherence=adherence, aesthetics=aesthetics, note=note, job_id=of.job_id, judge=of.by,
        judged=Scores(adherence=of.adherence, aesthetics=of.aesthetics), accepted=True, at=1_700_000_000.0,
    )  # fmt: skip


# --- choosing ---------------------------------------------------------------------------------------------------------


def test_every_judged_pair_is_offered_once_accepted_and_rejected_alike(labelling: Site, own: Campaign) -> None:
    found = drawn(labelling, EVERYTHING)
    assert sorted(found) == sorted(verdicts(own))
    assert Counter(verdicts(own)[one].adherence > 4.7 for one in found) == {True: 10, False: 4}


def test_the_order_is_the_same_for_everybody_and_another_under_another_seed(labelling: Site) -> None:
    assert drawn(labelling, EVERYTHING) == drawn(labelling, EVERYTHING)
    other = drawn(labelling, Choice(size=5000, seed=2))
    assert other != drawn(labelling, EVERYTHING)
    assert sorted(other) == sorted(drawn(labelling, EVERYTHING))


def test_the_order_does_not_depend_on_when_things_were_recorded(own: Campaign, labelling: Site, tmp_path: Path) -> None:
    again = MemoryBlobs()
    record(again, delivered(own.events[::-1]))
    with site(again, tmp_path / "again") as other:
        assert drawn(other, EVERYTHING) == drawn(labelling, EVERYTHING)


def test_a_small_sample_is_spread_over_scores_and_operations(tmp_path: Path) -> None:
    blobs, events = MemoryBlobs(), []
    lots = {(4.8, 4.8): 60, (4.2, 4.2): 12, (2.5, 4.8): 12, (1.5, 1.5): 12}
    for number, (scores, count) in enumerate(lots.items()):
        for operation in ("remove", "recolor"):
            events += [
                judge(subject(f"{number} {one}"), request(f"{operation} {one}", operation), scores)
                for one in range(count)
            ]
    record(blobs, delivered(events))
    told = {labels.pair(one.job.triplet_id, 0): one for one in events if isinstance(one, m.JudgeVerdict)}
    with site(blobs, tmp_path) as found:
        picked = [told[name] for name in drawn(found, Choice(size=40))]
    assert Counter((one.job.request.operation, one.adherence, one.aesthetics) for one in picked) == {
        (operation, *scores): 5 for operation in ("remove", "recolor") for scores in lots
    }


def test_what_is_labelled_stays_in_the_sample_while_more_is_mined(tmp_path: Path) -> None:
    def many(count: int, first: int) -> list[m.JudgeVerdict]:
        made = [judge(subject(f"{one}"), request(f"remove {one}"), (4.8, 4.8)) for one in range(first, first + count)]
        return [one for one in made if isinstance(one, m.JudgeVerdict)]

    blobs, choice = MemoryBlobs(), Choice(size=10)
    record(blobs, delivered(many(40, 0)))
    with site(blobs, tmp_path) as found:
        before = drawn(found, choice)
        record(blobs, delivered(many(400, 40), first=5000))
        found.look()
        assert set(drawn(found, choice)) != set(before)
        assert drawn(found, choice, set(before)) == before


@pytest.mark.parametrize("name", ["operation", "campaign", "judge"])
def test_a_filter_leaves_its_own(labelling: Site, own: Campaign, name: str) -> None:
    new = judge(subject("quay", "quay"), request("light a lamp", "relight"), (3.0, 3.0))
    assert isinstance(new, m.JudgeVerdict)
    new = new.model_copy(update={"by": "other@2"})
    record(own.blobs, delivered([new], first=5000))
    labelling.look()
    value = {"operation": "relight", "campaign": "quay", "judge": "other@2"}[name]
    assert drawn(labelling, read({name: value})) == [labels.pair(new.job.triplet_id, 0)]
    assert drawn(labelling, read({name: "none such"})) == []


def test_a_pair_that_two_judges_judged_is_offered_once(labelling: Site, own: Campaign) -> None:
    first = next(iter(verdicts(own).values()))
    again = first.model_copy(update={"job_id": "again", "by": "other@2"})
    record(own.blobs, delivered([again], first=5000))
    labelling.look()
    assert sorted(drawn(labelling, EVERYTHING)) == sorted(verdicts(own))
    assert drawn(labelling, Choice(judge="other@2")) == [labels.pair(first.job.triplet_id, first.job.attempt)]


def test_an_audit_draws_from_the_shelf_alone(labelling: Site, own: Campaign) -> None:
    found = drawn(labelling, AUDIT)
    told = verdicts(own)
    shelved = [one.triplet_id for one in own.triplets if one.kind != "composite"]  # those were judged by other pictures
    assert sorted(told[one].job.triplet_id for one in found) == sorted(shelved)
    assert {told[one].job.attempt for one in found if told[one].job.kind == "forward"} == {3}


def test_an_audit_tells_by_which_verdict_a_pair_came_to_the_shelf(tmp_path: Path) -> None:
    blobs, of, asked = MemoryBlobs(), subject(), request()
    won = triplet(of, asked, attempt=1, scores=(4.9, 4.9))
    put_on_shelf(blobs, won)
    verdict = judge(of, asked, (4.9, 4.9), 1, image=won.after)
    assert isinstance(verdict, m.JudgeVerdict)
    lower = verdict.model_copy(update={"job_id": "lower", "adherence": 2.0})
    higher = verdict.model_copy(update={"job_id": "higher", "adherence": 5.0})
    again = verdict.model_copy(update={"job_id": "again", "job": verdict.job.model_copy(update={"attempt": 4})})
    other = judge(of, asked, (4.9, 4.9), 1, image=won.before)
    assert isinstance(other, m.JudgeVerdict)
    other = other.model_copy(update={"job_id": "other"})
    record(blobs, delivered([lower, higher, other, verdict, again, verdict.model_copy(update={"job_id": "later"})]))
    with site(blobs, tmp_path) as found, found.gallery.asked() as index:
        assert [one.job for one in sample.draw(index, AUDIT, set())] == [verdict.job_id]
        assert {one.job for one in sample.draw(index, EVERYTHING, set())} == {"lower", "again"}


def test_an_audit_prefers_nothing_that_is_labelled(labelling: Site) -> None:
    three = Choice(mode="audit", size=3)
    every = drawn(labelling, AUDIT)
    assert drawn(labelling, three) == every[:3]
    assert drawn(labelling, three, set(every[3:])) == every[:3]


@pytest.mark.parametrize("target", ["triplet", "source", "sha256"])
@pytest.mark.parametrize("choice", [EVERYTHING, AUDIT])
def test_what_was_taken_back_is_not_offered(labelling: Site, own: Campaign, choice: Choice, target: str) -> None:
    one = next(one for one in own.triplets if one.kind == "forward")
    values = {"triplet": one.triplet_id, "source": one.subject.source_id, "sha256": one.after.sha256}
    before = drawn(labelling, choice)
    retract(own.blobs, target, values[target])  # type: ignore[arg-type]
    labelling.look()
    left, told = drawn(labelling, choice), verdicts(own)
    gone = [told[name].job for name in before if name not in left]
    assert gone
    assert f"{one.triplet_id}-3" not in left
    for job in gone:
        names = {job.triplet_id, job.subject.source_id, job.before.sha256, job.after.sha256}
        assert values[target] in names
    labelling.client.cookies.set("nhr_rater", "ada")
    assert "not to be labelled" in labelling.page(f"/label/pair/{gone[0].job_id}", 404).text


def test_what_has_lost_its_pictures_is_passed_over(labelling: Site, own: Campaign) -> None:
    lost = {one.job.after.sha256 for one in verdicts(own).values() if one.adherence < 4.7}
    for key in [key for key in own.blobs.list("") if any(name in key for name in lost)]:
        own.blobs.delete(key)
    left = {one.job_id for one in seen(own).values() if one.job.after.sha256 not in lost}
    assert len(left) == 8
    assert set(walked(labelling, "/label/next")) == left


@pytest.mark.parametrize(
    "address",
    [
        "mode=none",
        "size=0",
        "size=-4",
        "size=99999999999999999999",
        "size=x",
        "seed=",
        "seed=²",
        "after=none",
        "reveal=9",
    ],
)
def test_what_an_address_says_that_makes_no_sense_is_passed_over(labelling: Site, address: str) -> None:
    labelling.client.cookies.set("nhr_rater", "ada")
    assert "ada · 0 of " in labelling.page(f"/label/next?{address}").text


# --- being offered ----------------------------------------------------------------------------------------------------


def walked(shown: Site, address: str, rater: str = "ada") -> list[str]:
    """The jobs that a rater comes by who skips every pair."""
    shown.client.cookies.set("nhr_rater", rater)
    found: list[str] = []
    while True:
        page = shown.page(address)
        sends = [value for name, value in page.attributes if name == "action" and value.startswith("/label/pair/")]
        if not sends:
            return found
        found.append(sends[0].removeprefix("/label/pair/").partition("?")[0])
        address = shown.links(address)["next"]


def test_skipping_comes_by_every_pair_once(labelling: Site, own: Campaign) -> None:
    found = walked(labelling, "/label/next")
    assert sorted(found) == sorted(one.job_id for one in seen(own).values())


def test_what_a_rater_has_labelled_is_not_offered_to_them_again_but_to_others(labelling: Site, own: Campaign) -> None:
    told = list(seen(own).values())
    for one in told[:5]:
        labels.keep(own.blobs, opinion(one, "ada"))
    assert set(walked(labelling, "/label/next")) == {one.job_id for one in told[5:]}
    assert len(walked(labelling, "/label/next", "bob")) == len(told)


def test_progress_tells_what_is_done_and_shared(labelling: Site, own: Campaign) -> None:
    told = list(verdicts(own).values())
    for one, rater in ((told[0], "ada"), (told[1], "ada"), (told[1], "bob"), (told[2], "bob")):
        labels.keep(own.blobs, opinion(one, rater))
    labelling.client.cookies.set("nhr_rater", "ada")
    assert "ada · 2 of 14 done, 1 of them by others too" in labelling.page("/label/next").text


def test_the_end_of_the_sample_is_told(labelling: Site, own: Campaign, tmp_path: Path) -> None:
    last = walked(labelling, "/label/next")[-1]
    assert "0 of 12 are done; 12 were skipped" in labelling.page(f"/label/next?after={last}").text
    for one in seen(own).values():
        labels.keep(own.blobs, opinion(one, "ada"))
    with site(own.blobs, tmp_path / "again") as again:
        assert walked(again, "/label/next") == []
        assert "All 12 are labelled." in again.page("/label/next").text


def test_nothing_to_label_is_told(tmp_path: Path) -> None:
    with site(MemoryBlobs(), tmp_path) as empty:
        empty.client.cookies.set("nhr_rater", "ada")
        assert "There is nothing to label here." in empty.page("/label/next").text
        assert "No judge’s verdict is recorded here yet." in empty.page("/label").text


# --- blind ------------------------------------------------------------------------------------------------------------


def test_the_page_holds_nothing_of_the_verdict(tmp_path: Path) -> None:
    blobs, of, asked = MemoryBlobs(), subject("quay", "quay"), request("light the lamp", "relight")
    lost = judge(of, asked, (3.37, 2.73), reason="the lamp smokes", measures={"vlm.sharp": 0.62})
    won = triplet(of, request("dim it", "relight"), texts={"zh": "编辑"}, scores=(4.83, 4.79))
    kept = judge(of, request("dim it", "relight"), (4.83, 4.79), 1, reason="well dimmed", image=won.after)
    put_on_shelf(blobs, won)
    assert isinstance(lost, m.JudgeVerdict)
    blobs.put(image_key(lost.job.after), b"image")
    record(blobs, delivered([lost, kept]))
    with site(blobs, tmp_path) as found:
        found.client.cookies.set("nhr_rater", "ada")
        for one in (lost, kept):
            assert isinstance(one, m.JudgeVerdict)
            html = found.client.get(f"/label/pair/{one.job_id}?reveal=1").text
            assert one.job.instruction in html
            told = (
                "3.37", "2.73", "4.83", "4.79", "3.4", "4.8", "smokes", "dimmed", "0.62", "critic", "survived", "编辑",
                one.job.triplet_id, "/triplet/",
            )  # fmt: skip
            assert [word for word in told if word in html] == []
            main = html.partition("<main")[2].lower()  # the tab "Rejected" is before it
            assert [word for word in ("accepted", "rejected", "won", "lost") if word in main] == []


def test_pages_of_accepted_and_rejected_pairs_are_the_same_but_for_the_pair(labelling: Site, own: Campaign) -> None:
    order = walked(labelling, "/label/next")
    told = {one.job_id: one for one in seen(own).values()}
    pages: dict[str, set[bool]] = {}
    for job in order[1:]:  # the first has none to go back to
        html = labelling.client.get(f"/label/pair/{job}").text
        image = told[job].job.after
        for own_words in (told[job].job.instruction, f'width="{image.width}"', f'height="{image.height}"'):
            assert own_words in html
            html = html.replace(own_words, "")
        pages.setdefault(re.sub("[0-9a-f]{32,64}", "", html), set()).add(told[job].adherence > 4.7)
    assert list(pages.values()) == [{True, False}]


def test_an_audit_shows_the_other_texts(labelling: Site, own: Campaign) -> None:
    labelling.client.cookies.set("nhr_rater", "ada")
    one = next(one for one in verdicts(own).values() if one.job.kind == "forward" and one.adherence > 4.7)
    assert "编辑这张图片" in labelling.page(f"/label/pair/{one.job_id}?mode=audit").text
    assert "编辑这张图片" not in labelling.page(f"/label/pair/{one.job_id}").text


def test_people_are_told_what_the_judge_is_told() -> None:
    text = " ".join(
        Path(language.__file__)
        .with_name("prompts")
        .joinpath("judge.toml")
        .read_text(encoding="utf-8")
        .replace("\\\n", "")
        .split()
    )
    for said in [ALSO, *(scale.asks for scale in SCALES), *(mark for scale in SCALES for _, mark in scale.marks)]:
        assert said in text
