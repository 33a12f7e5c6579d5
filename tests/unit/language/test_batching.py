"""Questions asked in batches: every one is paid for once, whatever dies, is lost or fails on the way."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from infra.blobs.memory import MemoryBlobs
from schemas.errors import Pending, Reject, Retry
from schemas.ports import Billed, Task, Usage
from tests.contract.clocks import FakeClock
from tests.unit.language.chats import PAID, Talker
from tests.unit.language.chats import Scripted as Chat
from tests.unit.language.services import gemini
from tests.wire.gemini import gemini_blocked, gemini_error, gemini_finish, gemini_text
from tests.wire.server import Wire
from tests.wire.traffic import DROP, Request
from tests.wire.traffic import Reply as Sent
from workers.language.asking import Asker, Blocked, Busy, Picture, Question, Reply
from workers.language.batching import FULL_BYTES, GATHER_S, LOOK_S, LOST_S, Answer, Batching, Look
from workers.language.gemini import GeminiOptions
from workers.language.gemini_batches import GeminiBatches
from workers.language.notes import KEPT_S, Notes

FOLDER = "asked/x/"


class Job:
    """All that batching knows of a job."""

    def __init__(self, number: int) -> None:
        self.job_id = f"{number:032}"
        self.number = number


class Post:
    """A service that takes batches and is told when they are done."""

    def __init__(self) -> None:
        self.taken: dict[str, dict[str, Question]] = {}
        self.states: dict[str, Look] = {}
        self.paid: list[str] = []  # every question of every batch taken
        self.trouble: Exception | None = None
        self.loses_answer = False
        self.hates = ""
        self.sent = 0
        self.looked: list[list[str]] = []

    def send(self, name: str, questions: Mapping[str, Question]) -> None:
        self.sent += 1
        if self.trouble:
            raise self.trouble
        if self.hates and any(self.hates in question.parts for question in questions.values()):
            raise Reject("400 what is this")
        self.taken[name] = dict(questions)
        self.paid += [str(question.parts[0]) for question in questions.values()]
        if self.loses_answer:
            raise Retry("dropped")

    def look(self, names: Iterable[str]) -> Mapping[str, Look]:
        self.looked.append(list(names))
        if self.trouble:
            raise self.trouble
        usual = {name: Look("pending") if name in self.taken else Look("absent") for name in self.looked[-1]}
        return {name: self.states.get(name, look) for name, look in usual.items()}

    def finish(self, **odd: Answer) -> None:
        """All that was taken is done; `odd` answers are for the question q<number>."""
        for name, questions in self.taken.items():
            answers: dict[str, Answer] = {
                key: odd.get(f"q{question.parts[0]}", Reply(f"about {question.parts[0]}", PAID))
                for key, question in questions.items()
            }
            self.states.setdefault(name, Look("done", answers))


class World:
    """A worker's life over a service and a store that outlive it."""

    def __init__(self) -> None:
        self.post, self.blobs, self.clock = Post(), MemoryBlobs(), FakeClock()
        self.plugin = Talker(Chat("never asked"))
        self.restart()

    def restart(self) -> None:
        self.batching = Batching(self.post, Notes(self.blobs, FOLDER), self.clock.now)

    def turn(self, *numbers: int, times: int = 1, after_s: float = 0.0) -> list[Billed]:
        """The jobs as the loop brings them again, after some time."""
        self.clock.advance(after_s)

        def do(task: Task[Any], asker: Asker) -> str:
            return " ".join(asker.ask(Question(str(time), [str(task.job.number)])).text for time in range(times))

        tasks = [Task(Job(number)) for number in numbers]
        return self.batching.each(tasks, lambda task, asker: self.plugin.one(task, do, asker), self.plugin.asker)

    def results(self, *numbers: int, **how: Any) -> list[object]:
        return [one.result for one in self.turn(*numbers, **how)]


@pytest.fixture
def world() -> World:
    return World()


def under_way(results: Iterable[object]) -> bool:
    return all(isinstance(result, Pending) for result in results)


def test_questions_wait_for_others_and_go_out_together(world: World) -> None:
    assert under_way(world.results(1, 2))
    assert world.post.sent == 0
    assert under_way(world.results(1, 2, 3, after_s=GATHER_S))
    assert world.post.paid == ["1", "2", "3"]
    assert world.post.sent == 1


def test_answers_are_given_and_billed_once_they_are_there(world: World) -> None:
    world.turn(1, 2)
    assert [one.usage for one in world.turn(1, 2, after_s=GATHER_S)] == [Usage(), Usage()]
    assert under_way(world.results(1, 2, after_s=LOOK_S))
    world.post.finish()
    billed = world.turn(1, 2, after_s=LOOK_S)
    assert [one.result for one in billed] == ["about 1", "about 2"]
    assert [one.usage for one in billed] == [PAID, PAID]
    assert world.post.sent == 1


def test_batches_are_no_larger_than_the_service_takes(world: World) -> None:
    picture = Picture(bytes(FULL_BYTES // 3))

    def do(task: Task[Any], asker: Asker) -> str:
        return asker.ask(Question("", [str(task.job.number), picture])).text

    tasks = [Task(Job(number)) for number in range(7)]
    for _ in range(2):
        world.batching.each(tasks, lambda task, asker: world.plugin.one(task, do, asker), world.plugin.asker)
        world.clock.advance(GATHER_S)
    assert [len(questions) for questions in world.post.taken.values()] == [2, 2, 2, 1]


def test_a_batch_is_not_looked_at_more_often_than_it_is_worth(world: World) -> None:
    world.turn(1)
    world.turn(1, after_s=GATHER_S)
    for _ in range(20):
        world.turn(1, after_s=LOOK_S / 20)
    assert 1 <= len(world.post.looked) <= 2


def test_a_job_of_several_questions_asks_one_after_the_other_and_is_billed_for_all(world: World) -> None:
    for _ in range(2):
        world.turn(1, times=2)
        assert under_way(world.results(1, times=2, after_s=GATHER_S))
        world.post.finish()
        (billed,) = world.turn(1, times=2, after_s=LOOK_S)
    assert billed.result == "about 1 about 1"
    assert billed.usage == Usage(20, 4, 1.0)
    assert world.post.paid == ["1", "1"]


def test_questions_that_do_not_depend_on_each_other_go_out_together(world: World) -> None:
    def do(task: Task[Any], asker: Asker) -> list[str]:
        return [reply.text for reply in asker.ask_all([Question(str(time), ["1"]) for time in range(3)])]

    for _ in range(2):
        found = world.batching.each([Task(Job(1))], lambda task, asker: world.plugin.one(task, do, asker),
                                    world.plugin.asker)  # fmt: skip
        world.clock.advance(GATHER_S)
    assert under_way(one.result for one in found)
    assert world.post.sent == 1
    assert len(world.post.paid) == 3


# --- what goes wrong --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("grouping", [(1, 2, 3), (3,), (2, 4), (3, 2, 1)])
def test_a_crash_after_sending_pays_nothing_again(grouping: tuple[int, ...], world: World) -> None:
    world.turn(1, 2, 3)
    world.turn(1, 2, 3, after_s=GATHER_S)
    world.restart()
    world.turn(*grouping)
    world.turn(*grouping, after_s=GATHER_S)
    world.post.finish()
    assert "about 3" in world.results(3, after_s=LOOK_S)
    assert sorted(set(world.post.paid)) == sorted(world.post.paid)


def test_a_batch_whose_taking_was_not_told_is_found_by_its_name(world: World) -> None:
    world.turn(1)
    world.post.loses_answer = True
    (found,) = world.results(1, after_s=GATHER_S)
    assert isinstance(found, Retry)
    assert not isinstance(found, Pending)
    world.post.finish()
    assert world.results(1, after_s=LOOK_S) == ["about 1"]
    assert world.post.paid == ["1"]


def test_a_batch_that_was_noted_and_never_sent_is_asked_again_in_the_end(world: World) -> None:
    world.turn(1)
    world.post.trouble = Retry("dropped")
    world.turn(1, after_s=GATHER_S)
    world.post.trouble = None
    world.restart()
    assert under_way(world.results(1, after_s=LOST_S / 2))
    assert world.post.paid == []
    world.turn(1, after_s=LOST_S)
    world.turn(1)
    world.turn(1, after_s=GATHER_S)
    assert world.post.paid == ["1"]


@pytest.mark.parametrize("trouble", [Busy("429 too many batches", 9.0), Busy("503")])
def test_a_batch_that_was_refused_for_now_is_sent_again_as_soon_as_its_jobs_are(trouble: Busy, world: World) -> None:
    world.turn(1)
    world.post.trouble = trouble
    assert world.results(1, after_s=GATHER_S) == [trouble]
    world.post.trouble = None
    world.turn(1)
    world.turn(1, after_s=GATHER_S)
    assert world.post.paid == ["1"]


def test_a_question_that_the_service_will_not_take_is_rejected_and_the_others_are_answered(world: World) -> None:
    world.post.hates = "5"
    world.turn(*range(8))
    world.turn(*range(8), after_s=GATHER_S)
    world.post.finish()
    results = world.results(*range(8), after_s=LOOK_S)
    assert isinstance(results.pop(5), Reject)
    assert results == [f"about {number}" for number in (0, 1, 2, 3, 4, 6, 7)]
    assert sorted(world.post.paid) == ["0", "1", "2", "3", "4", "6", "7"]


def test_a_batch_that_failed_is_told_once_and_asked_again(world: World) -> None:
    world.turn(1, 2)
    world.turn(1, 2, after_s=GATHER_S)
    (name,) = world.post.taken
    world.post.states[name] = Look("failed", reason="expired")
    failed = world.results(1, 2, after_s=LOOK_S)
    assert [str(result) for result in failed] == [f"{name} failed: expired"] * 2
    world.turn(1, 2)
    world.turn(1, 2, after_s=GATHER_S)
    assert len(world.post.taken) == 2
    world.post.finish()
    assert world.results(1, 2, after_s=LOOK_S) == ["about 1", "about 2"]


def test_a_crash_after_a_batch_failed_looks_at_the_new_one(world: World) -> None:
    world.turn(1)
    world.turn(1, after_s=GATHER_S)
    world.post.states[next(iter(world.post.taken))] = Look("failed")
    world.turn(1, after_s=LOOK_S)
    world.turn(1)
    world.turn(1, after_s=GATHER_S)
    for _ in range(2):
        world.restart()
        assert under_way(world.results(1))
    world.post.finish()
    assert world.results(1, after_s=LOOK_S) == ["about 1"]
    assert world.post.paid == ["1", "1"]


def test_one_question_that_failed_is_asked_again_alone(world: World) -> None:
    world.turn(1, 2)
    world.turn(1, 2, after_s=GATHER_S)
    world.post.finish(q1=Busy("503 in a batch"))
    busy, fine = world.results(1, 2, after_s=LOOK_S)
    assert str(busy) == "503 in a batch"
    assert fine == "about 2"
    world.turn(1)
    world.turn(1, after_s=GATHER_S)
    assert world.post.paid == ["1", "2", "1"]


def test_a_question_that_is_missing_in_a_batch_is_asked_again(world: World) -> None:
    world.turn(1)
    world.turn(1, after_s=GATHER_S)
    world.post.states[next(iter(world.post.taken))] = Look("done")
    (found,) = world.results(1, after_s=LOOK_S)
    assert "holds no answer" in str(found)
    world.turn(1)
    world.turn(1, after_s=GATHER_S)
    assert world.post.paid == ["1", "1"]


def test_a_service_that_is_away_shows_as_such_and_costs_no_answer(world: World) -> None:
    world.turn(1)
    world.turn(1, after_s=GATHER_S)
    world.post.trouble = Retry("no connection")
    assert [str(result) for result in world.results(1, after_s=LOOK_S)] == ["no connection"]
    world.post.trouble = None
    world.post.finish()
    assert world.results(1, after_s=LOOK_S) == ["about 1"]


def test_another_worker_finds_what_the_first_has_sent(world: World) -> None:
    other = World()
    other.post, other.blobs, other.clock = world.post, world.blobs, world.clock
    other.restart()
    other.turn(7)
    world.turn(1, 2)
    world.turn(1, 2, after_s=GATHER_S)
    other.turn(2)
    other.turn(2, after_s=GATHER_S)
    world.post.finish()
    assert other.results(2, after_s=LOOK_S) == ["about 2"]
    assert sorted(world.post.paid) == ["1", "2", "7"]


def test_without_a_store_a_life_is_as_long_as_memory(world: World) -> None:
    world.batching = Batching(world.post, Notes(None, FOLDER), world.clock.now)
    world.turn(1)
    world.turn(1, after_s=GATHER_S)
    world.post.finish()
    assert world.results(1, after_s=LOOK_S) == ["about 1"]


def test_notes_of_long_ago_are_removed(world: World) -> None:
    world.turn(1)
    world.turn(1, after_s=GATHER_S)
    world.restart()
    world.turn(1, after_s=KEPT_S + 1)
    world.turn(2)
    world.turn(2, after_s=GATHER_S)
    assert len(list(world.blobs.list(FOLDER))) == 1


def test_a_note_that_is_spoilt_is_passed_over(world: World) -> None:
    for name, data in {"a": b"{", "b": b"[]", "c": b'{"keys": 5, "at": "x"}', "d.void": b"null"}.items():
        world.blobs.put(FOLDER + name, data)
    assert under_way(world.results(1))


# --- Gemini -----------------------------------------------------------------------------------------------------------


class Gemini:
    """Jobs over Gemini's batch API."""

    def __init__(self, wire: Wire) -> None:
        self.clock, self.blobs = FakeClock(), MemoryBlobs()
        self.options = GeminiOptions(model="gemini-2.5-flash", url=wire.url, timeout_s=10, thinking="0")
        self.plugin = Talker(Chat("never asked"))
        self.restart()

    def restart(self) -> None:
        self.service = GeminiBatches(self.options, "gemini-key")
        self.batching = Batching(self.service, Notes(self.blobs, FOLDER), self.clock.now)

    def turn(self, *numbers: int, after_s: float = 0.0) -> list[Any]:
        self.clock.advance(after_s)

        def do(task: Task[Any], asker: Asker) -> str:
            return asker.ask(Question("judge", [str(task.job.number), Picture(b"\xff\xd8\xff")], {}, seed=3)).text

        tasks = [Task(Job(number)) for number in numbers]
        return self.batching.each(tasks, lambda task, asker: self.plugin.one(task, do, asker), self.plugin.asker)


@pytest.fixture
def batched(wire: Wire) -> Any:
    made = Gemini(wire)
    yield made
    made.service.close()


def echo(request: Request) -> Sent:
    return gemini_text(f"about {request.json['contents'][0]['parts'][0]['text']}")


def test_gemini_answers_in_a_batch_at_half_the_price(batched: Gemini, wire: Wire) -> None:
    wire.on("generate", echo)
    batched.turn(1, 2)
    batched.turn(1, 2, after_s=GATHER_S)
    for _ in range(2):
        billed = batched.turn(1, 2, after_s=LOOK_S)
    assert [one.result for one in billed] == ["about 1", "about 2"]
    whole = (266 * 0.30 + 1024 * 0.03 + 28 * 2.50) / 1e6
    assert billed[0].usage[:2] == (1290, 28)
    assert billed[0].usage.cost_usd == pytest.approx(whole / 2)
    (sent,) = wire.requests("batch.create")
    assert sent.path == "/v1beta/models/gemini-2.5-flash:batchGenerateContent"
    (first, _) = sent.json["batch"]["inputConfig"]["requests"]["requests"]
    assert first["request"]["generationConfig"]["seed"] == 3
    assert first["request"]["systemInstruction"]["parts"] == [{"text": "judge"}]
    assert "inlineData" in first["request"]["contents"][0]["parts"][1]
    assert {request.headers["x-goog-api-key"] for request in wire.requests("batch.get")} == {"gemini-key"}


def test_what_gemini_says_of_each_question_is_told_apart(batched: Gemini, wire: Wire) -> None:
    wire.on("generate", gemini_error(400), gemini_blocked(), gemini_finish("NEW_ONE"), gemini_error(503), echo)
    batched.turn(*range(5))
    batched.turn(*range(5), after_s=GATHER_S)
    batched.turn(*range(5), after_s=LOOK_S)
    kinds = [type(one.result) for one in batched.turn(*range(5), after_s=LOOK_S)]
    assert sorted(kind.__name__ for kind in kinds) == ["Blocked", "Busy", "Fruitless", "Reject", "str"]


def test_a_lost_answer_to_sending_pays_nothing_twice(batched: Gemini, wire: Wire) -> None:
    def taken_and_dropped(request: Request) -> Sent:
        wire.batches.create(request)
        return DROP

    wire.on("generate", echo)
    wire.on("batch.create", taken_and_dropped)
    batched.turn(1)
    batched.turn(1, after_s=GATHER_S)
    batched.service.close()
    batched.restart()
    for _ in range(3):
        (billed,) = batched.turn(1, after_s=LOOK_S)
    assert billed.result == "about 1"
    assert len(wire.batches.jobs) == 1
    assert len(wire.requests("batch.list")) == 1


@pytest.mark.parametrize("state", ["FAILED", "EXPIRED", "CANCELLED"])
def test_a_batch_that_gemini_gives_up_is_sent_again(state: str, batched: Gemini, wire: Wire) -> None:
    wire.on("generate", echo)
    wire.batches.states = ("BATCH_STATE_PENDING", f"BATCH_STATE_{state}")
    batched.turn(1)
    batched.turn(1, after_s=GATHER_S)
    (failed,) = batched.turn(1, after_s=LOOK_S)
    assert state.lower() in str(failed.result)
    wire.batches.states = ("BATCH_STATE_PENDING", "BATCH_STATE_SUCCEEDED")
    batched.turn(1)
    batched.turn(1, after_s=GATHER_S)
    (billed,) = batched.turn(1, after_s=LOOK_S)
    assert billed.result == "about 1"
    assert len(wire.requests("batch.create")) == 2


def test_a_state_that_nobody_knows_is_waited_out(batched: Gemini, wire: Wire) -> None:
    wire.batches.states = ("BATCH_STATE_PENDING", "BATCH_STATE_MEDITATING")
    batched.turn(1)
    batched.turn(1, after_s=GATHER_S)
    assert under_way(one.result for one in batched.turn(1, after_s=LOOK_S))


def test_a_batch_is_found_on_whichever_page_it_is(batched: Gemini, wire: Wire) -> None:
    wire.on("generate", echo)
    body = {"batch": {"displayName": "another's", "inputConfig": {"requests": {"requests": []}}}}
    other = Request("batch.create", "POST", "/", {}, json.dumps(body).encode(), {"model": "m"}, 0.0, 0)
    for _ in range(150):
        wire.batches.create(other)
    batched.turn(1)
    batched.turn(1, after_s=GATHER_S)
    batched.service.close()
    batched.restart()
    batched.turn(1)
    for _ in range(2):
        (billed,) = batched.turn(1, after_s=LOOK_S)
    assert billed.result == "about 1"
    assert len(wire.requests("batch.list")) == 2


@pytest.mark.parametrize("status", [401, 429, 503])
def test_a_service_that_refuses_to_be_looked_at_is_waited_for(status: int, batched: Gemini, wire: Wire) -> None:
    wire.on("generate", echo)
    batched.turn(1)
    batched.turn(1, after_s=GATHER_S)
    wire.on("batch.get", gemini_error(status))
    (found,) = batched.turn(1, after_s=LOOK_S)
    assert str(status) in str(found.result)
    assert isinstance(found.result, Retry)
    assert not isinstance(found.result, Pending)


def test_a_plugin_asks_in_batches_where_its_options_say_so(wire: Wire) -> None:
    plugin = gemini(wire, batch=True)
    found = plugin.each([Task(Job(1))], lambda _, asker: asker.ask(Question("", ["1"])).text)
    plugin.close()
    assert under_way(one.result for one in found)
    assert wire.requests() == []


def test_an_enterprises_gemini_takes_no_batches() -> None:
    with pytest.raises(ValueError, match="batch is for Gemini by API key"):
        GeminiOptions(model="m", project="p", location="l", batch=True)


def test_a_block_in_a_batch_is_billed(batched: Gemini, wire: Wire) -> None:
    wire.on("generate", gemini_blocked())
    batched.turn(1)
    batched.turn(1, after_s=GATHER_S)
    for _ in range(2):
        (billed,) = batched.turn(1, after_s=LOOK_S)
    assert isinstance(billed.result, Blocked)
    assert billed.usage.tokens_in == 1290
