"""Jobs asked side by side: each gets its own result or error, and is billed for all it took."""

import gc
import subprocess
import sys
import threading

import pytest

from schemas.errors import Reject, Retry
from schemas.ports import Task, Usage
from tests.unit.language.chats import PAID, Scripted, Talker
from workers.language.asking import Asker, Blocked, Question, Unreadable
from workers.language.serving import readable_json

TASKS = [Task(number) for number in range(8)]


def say(task: Task[int], asker: Asker) -> str:
    return asker.ask(Question("", [str(task.job)])).text


def read(task: Task[int], asker: Asker) -> object:
    return readable_json(asker.ask(Question("", [str(task.job)], seed=5, max_tokens=100)))


def test_every_task_gets_its_own_answer_in_order() -> None:
    plugin = Talker(Scripted(lambda question: f"answer {question.parts[0]}"))
    billed = plugin.each(TASKS, say)
    assert [one.result for one in billed] == [f"answer {number}" for number in range(8)]
    assert {one.usage for one in billed} == {PAID}


def test_nothing_to_do_is_no_call() -> None:
    chat = Scripted("never")
    assert Talker(chat).each([], say) == []
    assert chat.asked == []


def test_as_many_are_asked_at_once_as_may_be() -> None:
    meet = threading.Barrier(4, timeout=10)
    plugin = Talker(Scripted(lambda question: str(meet.wait() >= 0)), concurrency=4)
    assert [one.result for one in plugin.each(TASKS, say)] == ["True"] * 8


@pytest.mark.parametrize("error", [Retry("busy", 7), Reject("never"), Blocked("unsafe"), KeyError("a bug")])
def test_an_error_stands_in_its_tasks_place_alone(error: Exception) -> None:
    plugin = Talker(Scripted(lambda question: error if question.parts[0] == "3" else "fine"))
    results = [one.result for one in plugin.each(TASKS, say)]
    assert results == ["fine"] * 3 + [error] + ["fine"] * 4


def test_a_block_is_billed() -> None:
    plugin = Talker(Scripted(Blocked("unsafe", PAID)))
    assert plugin.each(TASKS[:1], say)[0].usage == PAID


def test_what_was_asked_before_an_error_is_billed() -> None:
    def twice(task: Task[int], asker: Asker) -> str:
        return say(task, asker) + say(task, asker)

    billed = Talker(Scripted("one", Retry("busy"))).each(TASKS[:1], twice)[0]
    assert isinstance(billed.result, Retry)
    assert billed.usage == PAID


def test_an_unreadable_answer_is_asked_for_again_and_all_are_billed() -> None:
    chat = Scripted("nonsense", "{", '{"a": 1}')
    billed = Talker(chat).each(TASKS[:1], read)[0]
    assert billed.result == {"a": 1}
    assert billed.usage == Usage(30, 6, 1.5)


def test_it_is_asked_again_with_another_seed_warmer_and_with_more_room() -> None:
    chat = Scripted("nonsense")
    Talker(chat).each(TASKS[:1], read)
    assert len({question.seed for question in chat.asked}) == 3
    assert [question.temperature for question in chat.asked] == [0.0, 0.2, 0.2]
    assert [question.max_tokens for question in chat.asked] == [100, 200, 400]
    assert chat.asked[0].seed == 5


@pytest.mark.parametrize(("tries", "words"), [(1, "once"), (2, "2 times")])
def test_one_that_stays_unreadable_is_rejected_with_the_reason(tries: int, words: str) -> None:
    chat = Scripted("nonsense")
    billed = Talker(chat, tries=tries).each(TASKS[:1], read)[0]
    assert isinstance(billed.result, Reject)
    assert str(billed.result) == f"fake-1 was unreadable {words}: no JSON in 'nonsense'"
    assert len(chat.asked) == tries


def test_a_score_out_of_range_is_asked_for_again_too() -> None:
    def strict(task: Task[int], asker: Asker) -> str:
        if (text := say(task, asker)) == "48":
            raise Unreadable("48 is out of range")
        return text

    assert Talker(Scripted("48", "4.8")).each(TASKS[:1], strict)[0].result == "4.8"


def test_every_call_has_the_timeout_of_the_options() -> None:
    chat = Scripted("fine")
    Talker(chat, timeout_s=7).each(TASKS[:2], say)
    assert chat.timeouts == [7.0, 7.0]


def test_connections_are_given_back_once() -> None:
    chat = Scripted("fine")
    plugin = Talker(chat)
    plugin.close()
    plugin.close()
    assert chat.closed == 1


def test_connections_of_a_plugin_that_nobody_holds_are_given_back() -> None:
    chat = Scripted("fine")
    Talker(chat).each(TASKS, say)
    gc.collect()
    assert chat.closed == 1


def test_plugins_over_services_can_be_read_about_without_the_services_libraries() -> None:
    code = (
        "import sys; import workers.language.gemini, workers.language.openai_chat;"
        "print([name for name in ('google.genai', 'openai', 'httpx2', 'google.auth') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
