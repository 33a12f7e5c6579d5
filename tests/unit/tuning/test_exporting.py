"""Tuning data: what our judges ask, what people agree on, pictures once each, and what cannot be written."""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from google.genai import types

from infra.images import decode
from infra.tuning import choosing, exporting, lines, pairs
from infra.tuning.exporting import Order
from schemas.errors import UserError
from schemas.ports import Task
from streams.opinions import Opinion
from tests.unit.language.roles import BEFORE, Judge, judgement, scores
from tests.unit.reading.making import files as folder_files
from tests.unit.report.scenes import Campaign
from workers.judges.openai import JudgeOptions
from workers.language import judging
from workers.language.gemini_calls import contents
from workers.language.judging import JudgingOptions
from workers.language.openai_calls import OpenAIChat
from workers.language.showing import BUDGET

GCS = Order(gcs="gs://bucket/nhr/", validation=0.3)


def written(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def export(own: Campaign, said: list[Opinion], to: Path, order: Order = GCS, **more: Any) -> exporting.Written:
    return exporting.export(own.blobs, pairs.find(own.blobs, said), to, order, **more)


def asked_of(job: Any, own: Campaign, asked: JudgingOptions) -> Any:
    """What our judge asks a model of a job, as its chat sees it."""
    judge = Judge(scores(), side=asked.side, reason=asked.reason)
    judge.results(Task(job, tuple(decode(own.blobs.get(ref.key)) for ref in (job.before, job.after))))
    return judge.chat.asked[0]


# --- the same words ---------------------------------------------------------------------------------------------------


def test_gemini_is_tuned_on_what_our_judge_asks_to_the_byte(own: Campaign, said: list[Opinion], tmp_path: Path) -> None:
    export(own, said, tmp_path / "tuned", Order(inline=True, validation=0.3))
    lines_ = [one for split in choosing.SPLITS for one in written(tmp_path / "tuned" / "gemini" / f"{split}.jsonl")]
    expected = {
        question.system + str(contents(question)): question
        for one in pairs.find(own.blobs, said).pairs
        for question in [asked_of(one.job, own, JudgingOptions(model="x"))]
    }
    for line in lines_:
        user = types.Content.model_validate(line["contents"][0])
        assert line["systemInstruction"]["parts"][0]["text"] + str(user) in expected
    assert len(lines_) == len(pairs.find(own.blobs, said).pairs)


def test_chats_are_what_our_openai_judge_sends(own: Campaign, said: list[Opinion], tmp_path: Path) -> None:
    export(own, said, tmp_path / "tuned", Order(inline=True, validation=0.3))
    chat = OpenAIChat(JudgeOptions(model="x", url="http://127.0.0.1:1/v1"), "key")
    try:
        expected = [
            chat.request(asked_of(one.job, own, JudgingOptions(model="x")))["messages"]
            for one in pairs.find(own.blobs, said).pairs
        ]
    finally:
        chat.close()
    found = [one for split in choosing.SPLITS for one in written(tmp_path / "tuned" / "chat" / f"{split}.jsonl")]
    assert sorted(map(str, expected)) == sorted(str(one["messages"][:2]) for one in found)


@pytest.mark.parametrize("reason", ["none", "before", "after"])
def test_an_answer_is_read_by_our_judge_as_the_scores_it_holds(reason: str) -> None:
    asked = JudgingOptions.model_validate({"model": "x", "reason": reason})
    answer = judging.answer(asked, 4.349, 2.75, "the hat stayed: 帽子")
    (found,) = Judge(answer, reason=reason).results(judgement())
    assert (found.adherence, found.aesthetics) == (4.3, 2.8)
    assert found.reason == ("" if reason == "none" else "the hat stayed: 帽子")
    assert list(json.loads(answer)) == list(judging.fields(asked))
    if reason == "none":
        assert answer == '{"InstructionAdherence": 4.3, "ImageAesthetic": 2.8}'


def test_the_answer_is_what_people_agree_on(own: Campaign, said: list[Opinion], tmp_path: Path) -> None:
    export(own, said, tmp_path / "tuned")
    for split in choosing.SPLITS:
        for gemini, chat in zip(
            written(tmp_path / "tuned" / "gemini" / f"{split}.jsonl"),
            written(tmp_path / "tuned" / "chat" / f"{split}.jsonl"), strict=True,
        ):  # fmt: skip
            answer = gemini["contents"][1]["parts"][0]["text"]
            assert gemini["contents"][1]["role"] == "model"
            assert chat["messages"][2] == {"role": "assistant", "content": answer}
            assert json.loads(answer)["InstructionAdherence"] in {4.5, 2.5}
            assert json.loads(answer)["ImageAesthetic"] == 3.5


@pytest.mark.parametrize("reasons", ["before", "after"])
def test_reasons_are_asked_for_and_given_where_there_is_a_note(
    own: Campaign, said: list[Opinion], tmp_path: Path, reasons: exporting.Reasons
) -> None:
    export(own, said, tmp_path / "tuned", Order(reasons=reasons))
    found = written(tmp_path / "tuned" / "chat" / "train.jsonl")
    with_reason = [one for one in found if "Reason" in one["messages"][2]["content"]]
    assert 0 < len(with_reason) < len(found)
    for one in found:
        answer = json.loads(one["messages"][2]["content"])
        assert ("as Reason" in one["messages"][0]["content"]) == ("Reason" in answer)
        if "Reason" in answer:
            assert answer["Reason"] == "the hills changed"
            assert list(answer).index("Reason") == (0 if reasons == "before" else 2)


def test_without_being_asked_no_note_is_told(own: Campaign, said: list[Opinion], tmp_path: Path) -> None:
    export(own, said, tmp_path / "tuned")
    assert "the hills changed" not in (tmp_path / "tuned" / "gemini" / "train.jsonl").read_text(encoding="utf-8")


# --- pictures ---------------------------------------------------------------------------------------------------------


def test_each_picture_is_there_once_under_its_content_and_small(
    own: Campaign, said: list[Opinion], tmp_path: Path
) -> None:
    result = export(own, said, tmp_path / "tuned")
    files = {path.name: path.read_bytes() for path in (tmp_path / "tuned" / "images").iterdir()}
    assert result.pictures == len(files)
    named: set[str] = set()
    for split in choosing.SPLITS:
        for gemini, chat in zip(
            written(tmp_path / "tuned" / "gemini" / f"{split}.jsonl"),
            written(tmp_path / "tuned" / "chat" / f"{split}.jsonl"), strict=True,
        ):  # fmt: skip
            uris = [one["fileData"]["fileUri"] for one in gemini["contents"][0]["parts"] if "fileData" in one]
            paths = [one["image_url"]["url"] for one in chat["messages"][1]["content"] if one["type"] == "image_url"]
            assert uris == [f"gs://bucket/nhr/{path}" for path in paths]
            assert len(paths) == 2
            named.update(path.removeprefix("images/") for path in paths)
    assert named == set(files)
    for name, data in files.items():
        assert name == f"{hashlib.sha256(data).hexdigest()}.jpg"
        assert len(data) <= BUDGET
        assert decode(data).pixels.ndim == 3


def test_inline_pictures_decode_and_no_file_is_written(own: Campaign, said: list[Opinion], tmp_path: Path) -> None:
    result = export(own, said, tmp_path / "tuned", Order(inline=True))
    assert (result.pictures, (tmp_path / "tuned" / "images").exists()) == (0, False)
    line = written(tmp_path / "tuned" / "gemini" / "train.jsonl")[0]
    (first, _) = [one["inlineData"] for one in line["contents"][0]["parts"] if "inlineData" in one]
    assert first["mimeType"] == "image/jpeg"
    assert decode(base64.b64decode(first["data"], validate=True)).pixels.shape[2] == 3
    chat = written(tmp_path / "tuned" / "chat" / "train.jsonl")[0]
    assert chat["messages"][1]["content"][1]["image_url"]["url"] == f"data:image/jpeg;base64,{first['data']}"


def test_a_note_in_a_picture_is_not_written(tmp_path: Path) -> None:
    question = judging.question(judgement().job, (BEFORE, BEFORE), JudgingOptions(model="x"))
    text = lines.chat(question, "{}", None)
    for part in json.loads(text)["messages"][1]["content"]:
        if part["type"] == "image_url":
            assert decode(base64.b64decode(part["image_url"]["url"].partition(",")[2])).note == ""


def test_without_a_bucket_nothing_is_written_for_gemini(own: Campaign, said: list[Opinion], tmp_path: Path) -> None:
    result = export(own, said, tmp_path / "tuned", Order())
    assert {name.partition("/")[0] for name in result.bytes} == {"chat"}
    assert not (tmp_path / "tuned" / "gemini").exists()


# --- splits and bins --------------------------------------------------------------------------------------------------


def test_a_source_is_in_one_split_and_stays_there_as_more_is_labelled(own: Campaign, said: list[Opinion]) -> None:
    found = pairs.find(own.blobs, said).pairs
    whole, half = choosing.split(found, 0.4), choosing.split(found[::2], 0.4)
    groups = {name: {one.group for one in members} for name, members in whole.items()}
    assert groups["train"]
    assert groups["validation"]
    assert not groups["train"] & groups["validation"]
    for name, members in half.items():
        assert {one.group for one in members} <= groups[name]


@pytest.mark.parametrize("share", [0.0, 0.2, 0.5])
def test_about_the_share_that_was_asked_for_is_kept_for_validation(share: float) -> None:
    kept = sum(choosing.split_of(f"group {number}", share) == "validation" for number in range(2000)) / 2000
    assert abs(kept - share) < 0.04 * bool(share) + 1e-9


def test_bins_are_filled_up_to_the_most_in_training_alone(own: Campaign, said: list[Opinion], tmp_path: Path) -> None:
    all_of = export(own, said, tmp_path / "all")
    few = export(own, said, tmp_path / "few", Order(gcs="gs://bucket/nhr", validation=0.3, most_per_bin=3))
    assert few.examples == {"train": 6, "validation": all_of.examples["validation"]}
    assert few.left_out["bin is full"] == all_of.examples["train"] - 6
    answers = [one["messages"][2]["content"] for one in written(tmp_path / "few" / "chat" / "train.jsonl")]
    assert sorted(answers.count(one) for one in set(answers)) == [3, 3]


def test_the_same_labels_give_the_same_bytes(own: Campaign, said: list[Opinion], tmp_path: Path) -> None:
    for name in ("one", "two"):
        export(own, said[::-1] if name == "two" else said, tmp_path / name)
    files = [folder_files(tmp_path / name) for name in ("one", "two")]
    assert files[0] == files[1]


# --- what cannot be written -------------------------------------------------------------------------------------------


def lose(own: Campaign, sha256: str) -> None:
    for key in [key for key in own.blobs.list("") if sha256 in key]:
        own.blobs.delete(key)


def test_a_missing_picture_is_named_and_may_be_left_out(own: Campaign, said: list[Opinion], tmp_path: Path) -> None:
    every = pairs.find(own.blobs, said).pairs
    lost = every[0].job.after.sha256
    lose(own, lost)
    hit = [one for one in every if lost in {one.job.before.sha256, one.job.after.sha256}]
    why = rf"pair [0-9a-f]{{32}}-\d: picture .*{lost}.* is missing; .*--skip-missing"
    with pytest.raises(UserError, match=why):
        export(own, said, tmp_path / "tuned")
    assert list(tmp_path.iterdir()) == []
    result = export(own, said, tmp_path / "tuned", Order(skip_missing=True))
    assert result.left_out["pictures missing"] == len(hit)
    assert sum(result.examples.values()) == len(every) - len(hit)


def test_a_damaged_picture_is_named(own: Campaign, said: list[Opinion], tmp_path: Path) -> None:
    lost = pairs.find(own.blobs, said).pairs[0].job.after.sha256
    for key in [key for key in own.blobs.list("") if lost in key]:
        own.blobs.delete(key)
        own.blobs.put(key, b"no picture")
    with pytest.raises(UserError, match=f"{lost}.* cannot be read"):
        export(own, said, tmp_path / "tuned")


def test_a_pair_of_another_place_is_named(own: Campaign, said: list[Opinion], tmp_path: Path) -> None:
    other = said[0].model_copy(update={"triplet_id": "e" * 32})
    with pytest.raises(UserError, match=f"1 labelled pairs are not in this place.* the first is {other.pair}"):
        export(own, [*said, other], tmp_path / "tuned")
    result = export(own, [*said, other], tmp_path / "tuned", Order(skip_missing=True))
    assert result.left_out["not in this place"] == 1


def test_only_earlier_tuning_data_may_be_replaced(own: Campaign, said: list[Opinion], tmp_path: Path) -> None:
    to = tmp_path / "tuned"
    to.mkdir()
    (to / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(UserError, match="not empty and not earlier tuning data"):
        export(own, said, to, force=True)
    (to / "mine.txt").unlink()
    export(own, said, to)
    (to / "chat" / "train.jsonl").write_text("older", encoding="utf-8")
    with pytest.raises(UserError, match="holds earlier tuning data; replace it with --force"):
        export(own, said, to)
    export(own, said, to, force=True)
    assert written(to / "chat" / "train.jsonl")
    assert [path.name for path in tmp_path.iterdir()] == ["tuned"]
    told = json.loads((to / exporting.MARKER).read_text(encoding="utf-8"))
    assert (told["format"], told["judge_prompt"]) == (1, judging.REVISION)
    with pytest.raises(UserError, match="is a file"):
        export(own, said, to / exporting.MARKER)


def test_nothing_to_train_on_is_told(own: Campaign, said: list[Opinion], tmp_path: Path) -> None:
    with pytest.raises(UserError, match="nothing to train on; label pairs first"):
        export(own, [], tmp_path / "tuned")
    alone = next(one for one in pairs.find(own.blobs, said).pairs if choosing.split_of(one.group, 0.9) == "validation")
    with pytest.raises(UserError, match="nothing to train on; give a smaller --validation"):
        export(own, [one for one in said if one.pair == alone.pair], tmp_path / "tuned", Order(validation=0.9))
    assert list(tmp_path.iterdir()) == []
