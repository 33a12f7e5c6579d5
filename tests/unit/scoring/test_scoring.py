"""A whole run: every row has a fate, nothing is asked twice, and what goes wrong with one row stops no other."""

import io
import threading
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pictures

from infra import images
from infra.blobs.folder import FolderBlobs
from infra.export.exporting import export
from infra.export.order import Order
from infra.runtime.patience import FuseBlown
from infra.scoring.feed import MOST_PIXELS
from infra.scoring.scoring import Scoring, Seen
from schemas.errors import Fatal, Pending, Reject, Retry, UserError
from schemas.messages import JudgeJob
from schemas.ports import Billed, Info, Judged, Task, Usage
from streams import shelf
from streams.dataset import manifests, rows
from streams.dataset.columns import TRIPLETS, Picture
from streams.dataset.shards import ParquetShard, TarShard
from streams.dataset.tally import Tally
from streams.retractions import Retraction, retract
from tests.unit.export.making import mined
from tests.unit.scoring.making import (
    Scripted,
    fine,
    image,
    of,
    parquet,
    picture,
    released,
    run,
    scored,
    scoring,
    triple,
)

SEEING = Info(summary="looks", dear=True, batch=4)


def number(task: Task[JudgeJob]) -> int:
    """Of the row that is asked about."""
    return int(task.job.instruction.split()[1])


def unless(bad: int, error: Exception) -> Scripted:
    """Says fine of every row but that one."""
    return Scripted(lambda task: error if number(task) == bad else fine(task))


@pytest.fixture
def ten(tmp_path: Path) -> Path:
    return parquet(tmp_path / "ten.parquet", [triple(n, category=("add", "remove")[n % 2]) for n in range(10)])


def test_every_row_is_scored_once_under_its_category(ten: Path, tmp_path: Path) -> None:
    judge = Scripted(lambda task: Judged(1.0 + number(task) / 3, 5.0))
    found = scored(tmp_path / "to", judge, ten)
    assert (found.rows, found.failures) == (10, Counter())
    assert Counter(job.instruction for job in judge.asked) == Counter(f"edit {n}" for n in range(10))
    lines = {line.category: line for line in found.lines(0.95, 0)}
    assert lines["add"].means[0].value == pytest.approx(np.mean([1.0 + n / 3 for n in range(0, 10, 2)]))


def test_the_judge_is_shown_the_rows_own_pictures(ten: Path, tmp_path: Path) -> None:
    seen = dict[int, tuple[bytes, bytes]]()

    def look(task: Task[JudgeJob]) -> Judged:
        before, after = (image.pixels.tobytes() for image in task.images)
        seen[number(task)] = before, after
        return fine(task)

    scored(tmp_path / "to", Scripted(look, SEEING), ten)
    assert seen == {
        n: (images.decode(picture(2 * n)).pixels.tobytes(), images.decode(picture(2 * n + 1)).pixels.tobytes())
        for n in range(10)
    }


def test_nothing_is_asked_a_second_time(ten: Path, tmp_path: Path) -> None:
    first = run(tmp_path / "to", Scripted(fine), ten)
    judge = Scripted(lambda _task: Judged(1.0, 1.0))
    again = run(tmp_path / "to", judge, ten)
    assert judge.asked == []
    assert (first.asked, first.standing, again.asked, again.standing) == (10, 0, 0, 10)
    assert again.parts[0].scores.overall(0).means.tolist() == first.parts[0].scores.overall(0).means.tolist()  # type: ignore[union-attr]


def test_a_larger_sample_asks_only_for_what_is_new(ten: Path, tmp_path: Path) -> None:
    judge = Scripted(fine)
    run(tmp_path / "to", judge, ten, 4)
    assert len(judge.asked) == 4
    assert run(tmp_path / "to", judge, ten, 7).standing == 4
    assert len({job.job_id for job in judge.asked}) == len(judge.asked) == 7


def test_a_run_that_died_pays_for_no_answer_again(ten: Path, tmp_path: Path) -> None:
    def die(task: Task[JudgeJob]) -> Judged:
        if number(task) == 6:
            raise Fatal("the card fell off the bus")
        return fine(task)

    with pytest.raises(Fatal):
        run(tmp_path / "to", Scripted(die), ten)
    stood = set(FolderBlobs(tmp_path / "to").list("answers/judge/"))
    assert stood
    judge = Scripted(fine)
    found = run(tmp_path / "to", judge, ten)
    assert found.parts[0].scores.rows == 10
    assert found.standing == len(stood)
    assert not [job for job in judge.asked if any(job.job_id in key for key in stood)]


def test_a_run_that_was_stopped_goes_on_where_it_was(ten: Path, tmp_path: Path) -> None:
    def stop(task: Task[JudgeJob]) -> Judged:
        begun.stop.set()
        return fine(task)

    begun: Scoring = scoring(tmp_path / "to", Scripted(stop), of(ten))
    seen = begun.run()
    assert 0 < seen.done < seen.wanted
    judge = Scripted(fine)
    assert run(tmp_path / "to", judge, ten).done == 10
    assert len(judge.asked) == 10 - seen.done


def test_another_name_and_another_recipe_ask_nothing_and_everything(ten: Path, tmp_path: Path) -> None:
    scored(tmp_path / "to", Scripted(fine), ten)
    judge = Scripted(fine)
    assert scoring(tmp_path / "to", judge, of(f"ours={ten}")).run().standing == 10
    other = scoring(tmp_path / "to", judge, of(ten))
    other.recipe = "scripted@ba9876543210"
    assert other.run().asked == 10


def test_a_changed_picture_is_another_question(ten: Path, tmp_path: Path) -> None:
    scored(tmp_path / "to", Scripted(fine), ten)
    changed = [triple(n) for n in range(10)]
    changed[3]["edited_image"] = image(99)
    parquet(ten, changed)
    judge = Scripted(fine)
    scored(tmp_path / "to", judge, ten)
    assert [job.instruction for job in judge.asked] == ["edit 3"]


# --- what goes wrong --------------------------------------------------------------------------------------------------


def test_rows_that_cannot_be_read_are_counted_with_their_reason_and_stop_no_other(tmp_path: Path) -> None:
    data = [triple(n) for n in range(8)]
    data[2]["instruction"] = None
    data[4]["edited_image"] = {"bytes": b"no picture", "path": "a.png"}
    data[5]["edited_image"] = {"bytes": picture(5)[:200], "path": "a.png"}
    found = scored(tmp_path / "to", Scripted(fine), parquet(tmp_path / "a.parquet", data))
    assert found.rows == 5
    assert dict(found.failures) == {
        "instruction: no text in it": 1,
        "a picture not an image of a known format; remove it from the folder": 1,
        "a picture cannot be decoded (image file is truncated); the file is cut short or damaged": 1,
    }
    assert found.firsts["instruction: no text in it"] == "a.parquet:2"


def test_a_row_that_the_judge_rejects_is_counted_and_what_it_cost(ten: Path, tmp_path: Path) -> None:
    billed = Usage(100, 20, 0.01)
    judge = Scripted(lambda task: Billed(Reject("blocked") if number(task) == 7 else fine(task), billed))
    seen = run(tmp_path / "to", judge, ten)
    found = seen.parts[0].scores
    assert (found.rows, dict(found.failures), found.firsts) == (9, {"blocked": 1}, {"blocked": "ten.parquet:7"})
    assert (found.usage.tokens_in, found.usage.tokens_out) == (1000, 200)
    assert found.usage.cost_usd == pytest.approx(0.1)
    assert seen.paid_usd == pytest.approx(0.1)


def test_what_was_paid_in_an_earlier_run_is_told_but_not_as_paid_now(ten: Path, tmp_path: Path) -> None:
    judge = Scripted(lambda task: Billed(fine(task), Usage(100, 20, 0.01)))
    run(tmp_path / "to", judge, ten)
    again = run(tmp_path / "to", judge, ten)
    assert again.paid_usd == 0.0
    assert again.parts[0].scores.usage.cost_usd == pytest.approx(0.1)


def test_a_busy_service_is_asked_again(ten: Path, tmp_path: Path) -> None:
    away = [Retry("busy", 0.01)] * 7
    found = scored(tmp_path / "to", Scripted(lambda task: away.pop() if away else fine(task)), ten)
    assert (found.rows, away) == (10, [])


def test_a_service_that_works_at_it_is_waited_for_and_the_pictures_stay(ten: Path, tmp_path: Path) -> None:
    asked: Counter[int] = Counter()

    def later(task: Task[JudgeJob]) -> object:
        asked[number(task)] += 1
        assert len(task.images) == 2
        return Pending("under way", 0.05) if asked[number(task)] < 3 else fine(task)

    assert scored(tmp_path / "to", Scripted(later, SEEING), ten).rows == 10


def test_one_bug_ends_one_row_and_five_in_a_row_end_the_run(ten: Path, tmp_path: Path) -> None:
    found = scored(tmp_path / "to", unless(3, ValueError("oops")), ten)
    assert (found.rows, dict(found.failures)) == (9, {"ValueError: oops": 1})
    with pytest.raises(FuseBlown, match=r"failed 5 jobs in a row \(KeyError"):
        scored(tmp_path / "other", Scripted(lambda _task: KeyError("always")), ten)


def test_what_may_keep_the_judge_from_working_is_told_before_anything_is_asked(ten: Path, tmp_path: Path) -> None:
    judge, told = Scripted(fine), list[str]()
    judge.check = lambda: ["no key is set"]  # type: ignore[method-assign]
    begun = scoring(tmp_path / "to", judge, of(ten), warn=lambda text: told.append(f"{len(judge.asked)}: {text}"))
    assert begun.run().done == 10
    assert told == ["0: the judge may not be able to answer: no key is set"]


def test_two_runs_into_one_folder_do_not_meet(ten: Path, tmp_path: Path) -> None:
    inside, go = threading.Event(), threading.Event()

    def wait(task: Task[JudgeJob]) -> Judged:
        inside.set()
        go.wait(10)
        return fine(task)

    results: list[Seen] = []
    thread = threading.Thread(target=lambda: results.append(run(tmp_path / "to", Scripted(wait), ten)))
    thread.start()
    try:
        assert inside.wait(10)
        with pytest.raises(UserError, match="another nhr is mining into"):
            run(tmp_path / "to", Scripted(fine), ten)
    finally:
        go.set()
        thread.join()
    assert results[0].done == 10


def test_a_batch_holds_no_more_pictures_than_memory_is_given_to(tmp_path: Path) -> None:
    side = int((MOST_PIXELS / 2 / 3) ** 0.5) + 1  # two such pictures are a batch

    def wide(number: int) -> object:
        out = io.BytesIO()
        Pictures.new("RGB", (side, side), (number, 0, 0)).save(out, "PNG", compress_level=1)
        return {"bytes": out.getvalue(), "path": "a.png"}

    data = [{"source": wide(n), "edited": wide(9), "instruction": f"edit {n}"} for n in range(3)]
    judge = Scripted(fine, Info(summary="looks at nothing", reads_images=False, batch=8))
    assert scored(tmp_path / "to", judge, parquet(tmp_path / "a.parquet", data)).rows == 3
    assert judge.steps == [1, 1, 1]


# --- our own layouts --------------------------------------------------------------------------------------------------


def test_several_data_sets_are_scored_in_one_go(ten: Path, tmp_path: Path) -> None:
    released(tmp_path / "nhr-edit", 6)
    judge = Scripted(fine)
    seen = scoring(tmp_path / "to", judge, of(ten), of(tmp_path / "nhr-edit")).run()
    assert [part.scores.rows for part in seen.parts] == [10, 6]


def test_what_was_exported_is_scored(tmp_path: Path) -> None:
    export(mined(), tmp_path / "exported", Order())
    found = scored(tmp_path / "to", Scripted(fine), tmp_path / "exported")
    assert sum(found.failures.values()) + found.rows == 8


@pytest.mark.parametrize("kind", ["parquet", "tar"])
def test_shards_of_ours_are_scored_row_by_row(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"a.{kind}"
    with (ParquetShard if kind == "parquet" else TarShard)(path, TRIPLETS) as shard:
        for row in ours():
            shard.add(row)
    data_set = of(path)
    assert data_set.chosen.how == "preset nhr"
    judge = Scripted(fine)
    found = scoring(tmp_path / "to", judge, data_set).run().parts[0].scores
    assert (found.rows, found.failures) == (8, Counter())
    assert sorted(job.instruction for job in judge.asked) == sorted(str(row["instruction"]) for row in ours())
    assert sum(line.rows for line in found.lines(0.95, 0)) == 8


def test_of_a_packed_folder_the_manifests_shards_count_and_retracted_rows_do_not(tmp_path: Path) -> None:
    place = FolderBlobs(tmp_path / "data", fsync=False)
    (tmp_path / "data" / "packed" / "parquet").mkdir(parents=True)
    for name in ("a" * 32, "b" * 32):  # the second one is an orphan: no manifest names it
        with ParquetShard(tmp_path / "data" / "packed" / "parquet" / f"{name}.parquet", TRIPLETS) as shard:
            for row in ours():
                shard.add(row)
    ids = manifests.File(key=f"packed/ids/{'a' * 32}.ids", bytes=1, sha256="0" * 64)
    file = manifests.File(key=f"packed/parquet/{'a' * 32}.parquet", bytes=1, sha256="0" * 64)
    told = manifests.Shard(name="a" * 32, rows=8, parquet=file, ids=ids, tally=Tally().as_dict())
    assert manifests.commit(place, manifests.State(), [told], [], 0.0)
    gone = str(ours()[0]["triplet_id"])
    retract(place, Retraction(target="triplet", value=gone, reason="a watermark", at=0.0))
    found = scored(tmp_path / "to", Scripted(fine), tmp_path / "data")
    assert (found.rows, dict(found.failures)) == (7, {"retracted": 1})


def ours() -> list[dict[str, object]]:
    """The rows of a small shelf, with pictures."""
    found = []
    for number, triplet in enumerate(shelf.triplets(mined())):
        pictures = {"source_image": Picture(picture(number), "a.png"), "edited_image": Picture(picture(50), "b.png")}
        found.append(rows.row(triplet) | pictures)
    return found
