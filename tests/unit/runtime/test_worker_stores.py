"""Standing answers, pictures that are gone or damaged, bytes that are no job."""

from typing import Any

from infra.blobs.memory import MemoryBlobs
from infra.runtime.pictures import Pictures
from schemas import messages as m
from schemas.errors import Reject
from schemas.ports import Gated
from tests.unit.runtime.conftest import Hire
from tests.unit.runtime.fakes import (
    CHEAP,
    DEAR,
    MISSING,
    RECIPE,
    SEEING,
    Scripted,
    deliveries,
    edit_job,
    picture,
    raw,
    source,
    work,
    yes,
)  # fmt: skip


def test_bytes_that_are_no_job_become_a_dead_letter_and_no_answer(hire: Hire) -> None:
    told = work(hire(Scripted("gate", yes)), [raw(b"\xff")])
    assert told.answers == []
    assert (told.letters[0].value, told.letters[0].headers["nhr-error"]) == (b"\xff", "Undecodable")
    assert told.done == [0]


def test_bytes_that_are_no_job_do_not_hold_up_the_others(hire: Hire) -> None:
    told = work(hire(Scripted("gate", yes)), [raw(b"\xff"), *deliveries(source())])
    assert len(told.answers) == 1


def test_copies_of_a_job_in_hand_are_asked_once_and_done_together(hire: Hire) -> None:
    plugin = Scripted("gate", yes, DEAR)
    worker = hire(plugin)
    first, *others, last = deliveries(*[source()] * 4)
    hand = worker.begin([first, *others])
    for step in (worker.step, worker.finish):
        step(hand)
    later = worker.begin([last])
    assert [delivery.offset for delivery in worker.settle(hand)] == [0, 1, 2, 3]
    assert work(worker, [last]).done == [3]
    assert (later.items, plugin.asked) == ([], [[source()]])


def test_a_job_that_was_brought_about_twice_is_asked_once(hire: Hire) -> None:
    plugin = Scripted("gate", yes, DEAR)
    again = source().model_copy(update={"meter": m.Meter(seconds=3.0, at=1.0)})
    told = work(hire(plugin), deliveries(source(), again))
    assert (len(told.answers), told.done, plugin.asked) == (1, [0, 1], [[source()]])


def test_the_plugin_sees_the_pictures_its_kind_names(hire: Hire, pictures: Pictures) -> None:
    ref = pictures.store("scratch/a", picture(77))
    seen: list[int] = []

    def look(task: Any) -> Gated:
        seen.extend(int(image.pixels[0, 0, 0]) for image in task.images)
        return Gated(True)

    work(hire(Scripted("gate", look, SEEING)), deliveries(source(image=ref)))
    assert seen == [77]


def test_a_plugin_that_reads_no_pictures_is_given_none(hire: Hire) -> None:
    plugin = Scripted("gate", lambda task: Gated(not task.images), CHEAP)
    assert work(hire(plugin), deliveries(source(image=MISSING))).answers[0].yes


def test_a_job_whose_picture_is_gone_fails_and_the_plugin_is_not_asked(hire: Hire) -> None:
    plugin = Scripted("gate", yes, SEEING)
    (failure,) = work(hire(plugin), deliveries(source())).answers
    assert (failure.reason, plugin.asked) == ("image scratch/missing.webp is gone", [])


def test_a_job_whose_picture_is_damaged_fails(hire: Hire, blobs: MemoryBlobs) -> None:
    blobs.put(MISSING.key, b"other bytes")
    (failure,) = work(hire(Scripted("gate", yes, SEEING)), deliveries(source())).answers
    assert failure.reason.startswith("image scratch/missing.webp is damaged")


def other(_task: Any) -> Gated:
    return Gated(False, "another opinion")


def test_a_dear_answer_is_given_again_without_asking_the_model(hire: Hire) -> None:
    first = work(hire(Scripted("gate", yes, DEAR)), deliveries(source())).answers
    plugin = Scripted("gate", other, DEAR)
    assert work(hire(plugin), deliveries(source())).answers == first
    assert plugin.asked == []


def test_a_dear_picture_is_given_again_without_asking_the_model(hire: Hire) -> None:
    first = work(hire(Scripted("editor", lambda _: picture(1), DEAR)), deliveries(edit_job())).answers
    plugin = Scripted("editor", lambda _: picture(2), DEAR)
    assert work(hire(plugin), deliveries(edit_job())).answers == first
    assert plugin.asked == []


def test_whoever_loses_the_race_publishes_what_stands(hire: Hire) -> None:
    slow, quick = hire(Scripted("gate", other, DEAR)), hire(Scripted("gate", yes, DEAR))
    hand = slow.begin(deliveries(source()))
    first = work(quick, deliveries(source())).answers
    slow.step(hand)
    (out,) = slow.finish(hand)
    (again,) = work(quick, deliveries(source())).answers
    assert [again] == first
    assert out.value == quick.finish(quick.begin(deliveries(source())))[0].value


def test_the_same_picture_stands_for_both_who_made_one(hire: Hire) -> None:
    slow = hire(Scripted("editor", lambda _: picture(1)))
    quick = hire(Scripted("editor", lambda _: picture(2)))
    first = work(quick, deliveries(edit_job())).answers
    assert work(slow, deliveries(edit_job())).answers == first


def test_a_failure_does_not_stand(hire: Hire) -> None:
    work(hire(Scripted("gate", lambda _: Reject("no"), DEAR)), deliveries(source()))
    (answer,) = work(hire(Scripted("gate", yes, DEAR)), deliveries(source())).answers
    assert isinstance(answer, m.GateVerdict)


def test_a_cheap_answer_is_not_stored(hire: Hire, blobs: MemoryBlobs) -> None:
    work(hire(Scripted("gate", yes)), deliveries(source()))
    assert list(blobs.list("")) == []


def test_a_picture_damaged_where_it_stands_is_a_failure(hire: Hire, blobs: MemoryBlobs) -> None:
    job = edit_job()
    blobs.put(f"scratch/candidates/{job.job_id[:2]}/{job.job_id}.{RECIPE}.webp", b"cut short")
    (failure,) = work(hire(Scripted("editor", lambda _: picture())), deliveries(job)).answers
    assert "no WebP, PNG or JPEG image" in failure.reason
