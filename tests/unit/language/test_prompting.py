"""The prompt engineer gives the same scenes for ever, pays for none twice, and passes over what cannot be used."""

import json
import logging
from collections import Counter
from collections.abc import Mapping
from itertools import islice
from typing import Any

import pytest

from infra.blobs.memory import MemoryBlobs
from schemas.errors import Pending, Reject, Retry, UserError
from schemas.messages import Prompt
from schemas.ports import Blobs, Info
from tests.unit.language import authors
from tests.unit.language.chats import PAID, Say, Scripted
from tests.unit.language.roles import words
from workers.language import standing
from workers.language.asking import Blocked, Chat, Question, Reply
from workers.language.prompting import EngineerOptions, PromptEngineer
from workers.plugin import Access

SMALL = {"model": "fake-1", "pairs": 10, "edits": 3, "seeds": 2, "megapixels": 0.05}


class Engineer(PromptEngineer[EngineerOptions]):
    """An engineer whose chat is given."""

    INFO = Info(summary="writes scenes through a given chat")
    OPTIONS = EngineerOptions

    def __init__(
        self, *says: Say, kept: Blobs | None = None, acceptance: Mapping[str, float] | None = None, **options: object
    ) -> None:
        super().__init__(EngineerOptions.model_validate({**SMALL, **options}))
        self.chat = Scripted(*(says or (authors.engineer(),)))
        self.access = Access(kept=kept, acceptance=lambda: acceptance or {})

    def connect(self) -> Chat:
        return self.chat

    def prompts(self, count: int, start: int = 0, campaign: str = "c") -> list[Prompt]:
        found = list(islice(self.intake(campaign, start), count))
        assert all(isinstance(one, Prompt) for one in found)
        return [one for one in found if isinstance(one, Prompt)]


@pytest.fixture
def blobs() -> MemoryBlobs:
    return MemoryBlobs()


def asked(question: Question) -> int:
    """How many scenes a question orders."""
    return len(authors.scenes(words(question)))


# --- the same for ever ------------------------------------------------------------------------------------------------


def test_every_scene_comes_with_each_of_its_seeds(blobs: MemoryBlobs) -> None:
    prompts = Engineer(kept=blobs).prompts(40)
    assert [prompt.seed for prompt in prompts] == [0, 1] * 20
    assert len({prompt.source_id for prompt in prompts}) == 40
    assert len({prompt.text for prompt in prompts}) == 20
    assert {len(prompt.requests) for prompt in prompts} == {3}
    assert all(prompt.style and prompt.width % 16 == 0 for prompt in prompts)


def test_a_second_process_reads_what_stands_and_asks_nothing(blobs: MemoryBlobs) -> None:
    first = Engineer(kept=blobs)
    prompts = first.prompts(40)
    again = Engineer(RuntimeError("is never asked"), kept=blobs)
    assert again.prompts(40) == prompts
    assert (len(first.chat.asked), len(again.chat.asked)) == (2, 0)


def test_going_on_at_a_number_gives_the_items_that_follow_and_reads_only_their_calls(blobs: MemoryBlobs) -> None:
    prompts = Engineer(kept=blobs).prompts(60)
    for key in [key for key in blobs.list(standing.FOLDER) if "/00000000-" in key]:
        blobs.delete(key)
    assert Engineer(RuntimeError("is never asked"), kept=blobs).prompts(33, start=27) == prompts[27:]


def test_without_a_store_the_items_stay_the_same_as_long_as_the_process_lives() -> None:
    engineer = Engineer()
    assert engineer.prompts(30) == engineer.prompts(30)
    assert len(engineer.chat.asked) == 2


def test_whoever_loses_the_race_takes_what_stands(blobs: MemoryBlobs) -> None:
    winner = Engineer(kept=blobs)

    def late(question: Question) -> str:
        won.extend(winner.prompts(20))
        return authors.answer(words(question), 77)

    won: list[Prompt] = []
    loser = Engineer(late, kept=blobs)
    assert loser.prompts(20) == won


def test_another_recipe_and_another_campaign_have_scenes_of_their_own(blobs: MemoryBlobs) -> None:
    engineer = Engineer(kept=blobs)
    here, there = engineer.prompts(20), engineer.prompts(20, campaign="d")
    other = Engineer(kept=blobs, seed=5).prompts(20)
    names = [{prompt.source_id for prompt in prompts} for prompts in (here, there, other)]
    assert not names[0] & names[1]
    assert not names[0] & names[2]


def test_the_plan_that_was_asked_for_stands_with_the_answer(blobs: MemoryBlobs) -> None:
    engineer = Engineer(kept=blobs, acceptance={"remove": 0.01, "add": 0.5})
    engineer.prompts(1)
    (asking,) = [standing.asking(blobs, key) for key in blobs.list(standing.FOLDER)]
    assert asking is not None
    assert len(asking.slots) == 10
    Engineer(kept=blobs, acceptance={"remove": 0.9}).prompts(1)
    assert [standing.asking(blobs, key) for key in blobs.list(standing.FOLDER)] == [asking]


def test_what_is_accepted_rarely_is_asked_for_more_often() -> None:
    def removals(acceptance: dict[str, float]) -> int:
        prompts = Engineer(acceptance=acceptance, seeds=1, pairs=50).prompts(100)
        return Counter(request.operation for prompt in prompts for request in prompt.requests)["remove"]

    assert removals({"remove": 0.05, "add": 0.5}) > 1.3 * removals({})


# --- what cannot be used ----------------------------------------------------------------------------------------------


def spoilt(numbers: set[int]) -> authors.Bend:
    return lambda scene: {**scene, "edits": []} if scene["number"] in numbers else scene


def test_few_bad_scenes_are_passed_over_and_their_pictures_made_up_by_further_seeds(
    blobs: MemoryBlobs, caplog: pytest.LogCaptureFixture
) -> None:
    engineer = Engineer(authors.engineer(spoilt({4})), kept=blobs)
    with caplog.at_level(logging.INFO):
        prompts = engineer.prompts(20)
    assert len({prompt.source_id for prompt in prompts}) == 20
    assert len({prompt.text for prompt in prompts}) == 9
    assert [prompt.seed for prompt in prompts[-2:]] == [2, 2]
    assert "9 of 10 scenes; 1 times a scene has no edit that can be used (none given)" in caplog.text
    assert engineer.refused.total() == 1


def test_what_is_missing_of_a_call_is_asked_for_once_more(blobs: MemoryBlobs) -> None:
    bad = authors.engineer(spoilt({1, 2, 3}))
    engineer = Engineer(bad, lambda question: authors.answer(words(question), 5), kept=blobs)
    assert len({prompt.text for prompt in engineer.prompts(20)}) == 10
    assert [asked(question) for question in engineer.chat.asked] == [10, 3]


def test_a_scene_that_came_before_is_refused_in_a_later_run(blobs: MemoryBlobs) -> None:
    Engineer(kept=blobs).prompts(1)
    (first,) = [standing.asking(blobs, key) for key in blobs.list(standing.FOLDER)]
    assert first is not None
    old = first.scenes[0]

    def repeating(question: Question) -> str:
        fresh = authors.scenes(words(question), 9)
        twin = next(scene for scene in fresh if len(scene["objects"]) == len(old.objects))
        twin.update(text=old.text.replace("wide shot", "wider shot"), objects=list(old.objects))
        return json.dumps({"scenes": fresh})

    later = Engineer(repeating, kept=blobs)
    later.prompts(1, start=20)
    assert later.refused == {"a scene is nearly a prompt that came before": 1}


def test_too_little_again_and_again_is_told_and_what_was_paid_stands(blobs: MemoryBlobs) -> None:
    bad = Engineer(authors.engineer(lambda _scene: {"number": 1}), kept=blobs)
    with pytest.raises(UserError, match=r"gave 0 of 10 scenes of call 0 \(refused: a scene has no text.*another model"):
        bad.prompts(1)
    assert len(bad.chat.asked) == 3
    assert sum(1 for _ in standing.spent(blobs)) == 3
    assert len(Engineer(kept=blobs).prompts(20)) == 20  # the same command goes on: a better day


def test_an_answer_that_is_unreadable_or_blocked_is_asked_again_and_accounted_for(blobs: MemoryBlobs) -> None:
    engineer = Engineer("Sorry.", "Sorry.", "Sorry.", Blocked("safety", PAID), authors.engineer(), kept=blobs)
    assert len(engineer.prompts(20)) == 20
    meters = list(standing.spent(blobs, "c"))
    assert [meter.tokens_in for meter in meters] == [3 * PAID.tokens_in, PAID.tokens_in, PAID.tokens_in]
    assert sum(meter.cost_usd for meter in meters) == pytest.approx(5 * PAID.cost_usd)


def test_whole_scenes_of_an_answer_that_was_cut_are_used(blobs: MemoryBlobs) -> None:
    def cut(question: Question) -> Reply:
        text = authors.answer(words(question))
        return Reply(text[: int(len(text) * 0.55)], PAID, cut=True)

    engineer = Engineer(cut, authors.engineer(), kept=blobs)
    engineer.prompts(20)
    first, second = (asked(question) for question in engineer.chat.asked)
    assert (first, 3 < second < 7) == (10, True)


# --- the service ------------------------------------------------------------------------------------------------------


def test_a_service_that_is_away_is_no_answer_and_the_same_item_comes_later(blobs: MemoryBlobs) -> None:
    engineer = Engineer(Retry("busy", 7.0), authors.engineer(), kept=blobs)
    with pytest.raises(Retry, match="busy") as raised:
        engineer.prompts(1)
    assert raised.value.after_s == 7.0
    assert list(blobs.list(standing.FOLDER)) == []
    assert len(engineer.prompts(20)) == 20


def test_what_was_put_off_is_asked_for_in_the_same_words_whatever_is_accepted_meanwhile(blobs: MemoryBlobs) -> None:
    first = Engineer(Pending("waits in a batch"), kept=blobs, acceptance={"remove": 0.01, "add": 0.5})
    with pytest.raises(Pending):
        first.prompts(1)
    later = Engineer(kept=blobs, acceptance={"remove": 0.5, "add": 0.01})
    later.prompts(1)
    assert later.chat.asked == first.chat.asked


def test_what_was_paid_before_the_service_went_is_accounted_for(blobs: MemoryBlobs) -> None:
    engineer = Engineer("Sorry.", Retry("busy"), kept=blobs)
    with pytest.raises(Retry):
        engineer.prompts(1)
    assert [meter.tokens_in for meter in standing.spent(blobs)] == [PAID.tokens_in]
    assert list(standing.spent(blobs, "another")) == []
    assert len(Engineer(kept=blobs).prompts(20)) == 20


def test_a_bug_is_not_taken_for_an_answer(blobs: MemoryBlobs) -> None:
    with pytest.raises(ZeroDivisionError):
        Engineer(ZeroDivisionError(), kept=blobs).prompts(1)
    assert list(blobs.list(standing.FOLDER)) == []


def test_a_request_that_can_never_be_served_is_told(blobs: MemoryBlobs) -> None:
    with pytest.raises(UserError, match="bad schema"):
        Engineer(Reject("bad schema"), kept=blobs).prompts(1)


def test_a_damaged_answer_is_told_by_name(blobs: MemoryBlobs) -> None:
    Engineer(kept=blobs).prompts(1)
    (key,) = blobs.list(standing.FOLDER)
    blobs.delete(key)
    blobs.put(key, b'{"format": 1}')
    with pytest.raises(UserError, match=key):
        Engineer(kept=blobs).prompts(1)


def test_an_answer_of_a_newer_nhr_is_refused(blobs: MemoryBlobs) -> None:
    Engineer(kept=blobs).prompts(1)
    (key,) = blobs.list(standing.FOLDER)
    data = blobs.get(key).replace(b'"format":1', b'"format":2')
    blobs.delete(key)
    blobs.put(key, data)
    with pytest.raises(UserError, match="format 2, this NHR knows 1"):
        Engineer(kept=blobs).prompts(1)


@pytest.mark.parametrize("wanted", ["remove", "remove=2", "nonsense=0.1"])
def test_wanted_shares_that_cannot_be_are_refused(wanted: str) -> None:
    with pytest.raises(ValueError, match="wanted"):
        EngineerOptions(model="m", wanted=wanted)


def test_chinese_scenes_are_asked_for_and_taken(blobs: MemoryBlobs) -> None:
    prompts = Engineer(kept=blobs, languages="both", prompts="same").prompts(20)
    chinese: list[Any] = [prompt for prompt in prompts if "画" in prompt.text]
    assert len(chinese) == 10
    assert all("请" in request.instruction for prompt in chinese for request in prompt.requests)
