"""Whatever goes wrong at a service, with the real client libraries: who waits, for how long, and who is to blame."""

import threading
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from schemas.errors import Reject, Retry
from schemas.ports import Billed, Task
from tests.unit.language.services import gemini, openai
from tests.wire.gemini import (
    gemini as envelope,
)
from tests.wire.gemini import (
    gemini_blocked,
    gemini_candidate,
    gemini_error,
    gemini_finish,
    gemini_no_candidates,
    gemini_text,
)
from tests.wire.openai import chat_no_choices, chat_text, openai_error
from tests.wire.server import Wire
from tests.wire.traffic import DROP, EMPTY, HANG, HTML, NOT_AN_OBJECT, RESET, Fault, Reply, ok, plain_error
from workers.language.asking import Asker, Blocked, Busy, Fruitless, Misconfigured, Question
from workers.language.serving import Served, readable_json

PAID = 1290


class Service(NamedTuple):
    """One of the two services, by its wire."""

    name: str
    route: str
    plugin: Callable[..., Served[Any]]
    text: Callable[..., Reply]
    error: Callable[..., Reply]


SERVICES = [
    Service("gemini", "generate", gemini, gemini_text, gemini_error),
    Service("openai", "chat", openai, chat_text, openai_error),
]
BOTH = pytest.mark.parametrize("service", SERVICES, ids=[service.name for service in SERVICES])


def ask(task: Task[Any], asker: Asker) -> object:
    return readable_json(asker.ask(Question("system", ["words"], schema={"type": "object"})))


def outcome(service: Service, wire: Wire, *replies: Reply | Callable[[Any], Reply], **options: object) -> Billed:
    """What becomes of one job when the service replies so."""
    wire.on(service.route, *replies)
    plugin = service.plugin(wire, **options)
    try:
        return plugin.each([Task(1)], ask)[0]
    finally:
        plugin.close()


# --- busy or away -----------------------------------------------------------------------------------------------------


@BOTH
@pytest.mark.parametrize("status", [408, 409, 425, 429, 500, 502, 503, 504])
def test_a_busy_service_is_asked_again_later_and_no_job_is_blamed(service: Service, status: int, wire: Wire) -> None:
    found = outcome(service, wire, service.error(status)).result
    assert isinstance(found, Busy)
    assert str(status) in str(found)
    assert found.after_s == 1.0
    assert len(wire.requests(service.route)) == 1


@BOTH
@pytest.mark.parametrize("status", [429, 503])
def test_what_the_service_says_in_seconds_is_waited(service: Service, status: int, wire: Wire) -> None:
    found = outcome(service, wire, service.error(status, retry_after=7)).result
    assert isinstance(found, Busy)
    assert found.after_s == 7.0


@BOTH
def test_what_the_service_says_as_a_date_is_waited(service: Service, wire: Wire) -> None:
    found = outcome(service, wire, service.error(429, retry_after="date:90")).result
    assert isinstance(found, Busy)
    assert 60 < found.after_s <= 90


@BOTH
@pytest.mark.parametrize("nonsense", ["soon", "-5", "nan", "inf", "Fri, 99 Nov 2026 00:00:00 GMT", ""])
def test_what_the_service_says_without_sense_is_passed_over(service: Service, nonsense: str, wire: Wire) -> None:
    found = outcome(service, wire, service.error(429, retry_after=nonsense)).result
    assert isinstance(found, Busy)
    assert found.after_s == 1.0


def test_googles_retry_info_is_waited(wire: Wire) -> None:
    found = outcome(SERVICES[0], wire, gemini_error(429, retry_delay="58.934310785s")).result
    assert isinstance(found, Busy)
    assert found.after_s == pytest.approx(58.93, abs=0.01)


def test_a_quota_of_the_day_is_waited_for_until_the_day_ends(wire: Wire) -> None:
    kind = "type.googleapis.com/google.rpc."
    details = [
        {"@type": f"{kind}QuotaFailure", "violations": [{"quotaId": "GenerateRequestsPerDayPerProjectPerModel"}]},
        {"@type": f"{kind}RetryInfo", "retryDelay": "3s"},
    ]
    error = {"error": {"code": 429, "message": "quota", "status": "RESOURCE_EXHAUSTED", "details": details}}
    found = outcome(SERVICES[0], wire, Reply(ok(error).body, 429)).result
    assert isinstance(found, Busy)
    assert 3 < found.after_s <= 86400


def test_an_empty_account_is_looked_at_again_after_minutes(wire: Wire) -> None:
    found = outcome(SERVICES[1], wire, openai_error(429, code="insufficient_quota")).result
    assert isinstance(found, Busy)
    assert found.after_s == 600
    assert "somebody has to pay" in str(found)


@BOTH
@pytest.mark.parametrize(
    "reply", [DROP, RESET, "cut", "cut_reset"], ids=["dropped", "reset", "cut in the body", "reset in the body"]
)
def test_a_broken_connection_is_tried_again_later(service: Service, reply: Reply | Fault, wire: Wire) -> None:
    sent = reply if isinstance(reply, Reply) else service.text("x" * 4000).cut(reply)
    found = outcome(service, wire, sent).result
    assert isinstance(found, Retry)
    assert "Error: " in str(found)
    assert len(wire.requests(service.route)) == 1


def test_a_server_that_is_not_there_is_waited_for() -> None:
    with Wire() as gone:
        pass
    for service in SERVICES:
        plugin = service.plugin(gone)
        found = plugin.each([Task(1)], ask)[0].result
        plugin.close()
        assert isinstance(found, Retry)
        assert "ConnectError" in str(found)


@BOTH
@pytest.mark.parametrize(
    "script",
    [
        lambda text: HANG,
        lambda text: text("x" * 4000).cut("stall"),
        lambda text: text("x" * 4000).slow(0.05, 8),
        lambda text: text("x").late(60),
    ],
    ids=["no answer", "stalled", "dripping", "late"],
)
def test_a_call_ends_by_its_deadline_however_the_answer_comes(service: Service, script: Any, wire: Wire) -> None:
    started = time.monotonic()
    found = outcome(service, wire, script(service.text), timeout_s=0.6).result
    assert isinstance(found, Retry)
    assert "Timeout" in str(found)
    assert time.monotonic() - started < 8  # the drip alone would take 25 s, the others would never end


@BOTH
@pytest.mark.parametrize(
    "reply",
    [
        HTML,
        EMPTY,
        NOT_AN_OBJECT,
        ok("hello"),
        ok(None),
        ok({}),
        Reply(b'{"candidates": "\xff\xfe"}'),
        Reply(b"", 204),
        ok({"candidates": "x", "choices": "x"}),
        ok({"candidates": [], "choices": []}),
        ok({"candidates": [None], "choices": [None]}),
        ok({"candidates": [{"content": {"parts": [{"text": 5}]}}], "choices": [{"message": {"content": 5}}]}),
        ok({"choices": None, "candidates": None}),
        ok({"error": {"message": "boom"}}),
        ok({"object": "error", "message": "boom", "code": 500}),
        Reply(b"[" * 100_000),
    ],
    ids=[
        "a proxy's page", "empty", "a list", "a text", "null", "no fields", "no UTF-8", "no content", "a text inside",
        "nobody", "null inside", "a number inside", "nulls", "an error inside", "an error object", "deep",
    ],
)  # fmt: skip
def test_an_answer_that_is_none_is_asked_for_again_later(service: Service, reply: Reply, wire: Wire) -> None:
    found = outcome(service, wire, reply).result
    assert isinstance(found, Retry)
    assert "\n" not in str(found)


@BOTH
def test_an_envelope_cut_in_half_is_asked_for_again_later(service: Service, wire: Wire) -> None:
    assert isinstance(outcome(service, wire, service.text("x" * 400).clipped()).result, Retry)


@BOTH
@pytest.mark.parametrize("body", ["upstream connect error", "", "[]", "<html>\n<p>503</p></html>", '{"error": "x"}'])
def test_an_error_of_a_proxy_is_one_line(service: Service, body: str, wire: Wire) -> None:
    found = outcome(service, wire, plain_error(503, body)).result
    assert isinstance(found, Busy)
    assert "503" in str(found)
    assert "\n" not in str(found)


# --- the set-up -------------------------------------------------------------------------------------------------------


@BOTH
@pytest.mark.parametrize("status", [401, 402, 403, 404, 405, 301, 302])
def test_a_wrong_setup_blames_no_job_and_says_what_it_is(service: Service, status: int, wire: Wire) -> None:
    reply = service.error(status)
    found = outcome(service, wire, Reply(reply.body, status, {**reply.headers, "Location": "/elsewhere"})).result
    assert isinstance(found, Misconfigured)
    assert str(status) in str(found)
    assert found.after_s == 30.0
    assert len(wire.requests()) == 1  # a redirection is not followed: it would ask without what was posted


@pytest.mark.parametrize(
    "said",
    [
        "API key not valid. Please pass a valid API key.",
        "Logprobs is not enabled for models/gemini-2.5-flash",
        'Invalid JSON payload received. Unknown name "thinkingLevel"',
        "Unsupported parameter: 'max_tokens' is not supported with this model.",
        "User location is not supported for the API use.",
    ],
)
@BOTH
def test_a_request_that_every_job_would_make_in_vain_blames_none(service: Service, said: str, wire: Wire) -> None:
    body = {"error": {"code": 400, "message": said, "status": "INVALID_ARGUMENT"}}
    assert isinstance(outcome(service, wire, Reply(ok(body).body, 400)).result, Misconfigured)


# --- the job ----------------------------------------------------------------------------------------------------------


@BOTH
@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_request_that_can_never_be_served_is_rejected(service: Service, status: int, wire: Wire) -> None:
    found = outcome(service, wire, service.error(status)).result
    assert isinstance(found, Reject)
    assert str(status) in str(found)


@pytest.mark.parametrize("reason", ["SAFETY", "PROHIBITED_CONTENT", "OTHER", "SOMETHING_NEW"])
def test_a_question_that_gemini_blocks_is_its_own_reason_and_billed(reason: str, wire: Wire) -> None:
    found = outcome(SERVICES[0], wire, gemini_blocked(reason))
    assert isinstance(found.result, Blocked)
    assert reason in str(found.result)
    assert found.usage.tokens_in == PAID


@pytest.mark.parametrize("reason", ["SAFETY", "RECITATION", "BLOCKLIST", "SPII", "LANGUAGE", "IMAGE_SAFETY"])
def test_an_answer_that_gemini_holds_back_is_its_own_reason_and_billed(reason: str, wire: Wire) -> None:
    found = outcome(SERVICES[0], wire, gemini_finish(reason, {"text": '{"half": '}))
    assert isinstance(found.result, Blocked)
    assert reason in str(found.result)
    assert found.usage.tokens_in == PAID


@pytest.mark.parametrize(
    "reply", [chat_text(None, finish="content_filter"), chat_text("x", finish="content_filter"),
              chat_text(None, refusal="I cannot help with that.")],
)  # fmt: skip
def test_what_openai_refuses_is_its_own_reason_and_billed(reply: Reply, wire: Wire) -> None:
    found = outcome(SERVICES[1], wire, reply)
    assert isinstance(found.result, Blocked)
    assert found.usage.tokens_in == PAID


@pytest.mark.parametrize(
    ("service", "reply"),
    [
        (SERVICES[0], gemini_no_candidates()),
        (SERVICES[0], ok(envelope([]))),
        (SERVICES[0], gemini_finish("OTHER")),
        (SERVICES[0], gemini_finish("BRAND_NEW")),
        (SERVICES[0], ok(envelope([gemini_candidate({"text": "hm", "thought": True})]))),
        (SERVICES[1], chat_text(None)),
        (SERVICES[1], chat_text("")),
        (SERVICES[1], chat_text("", finish="abort_new")),
    ],
)
def test_an_answer_without_words_is_asked_for_again_later_and_billed(
    service: Service, reply: Reply, wire: Wire
) -> None:
    found = outcome(service, wire, reply)
    assert isinstance(found.result, Fruitless)
    assert found.usage.tokens_in == PAID


def test_no_choices_is_asked_for_again_later(wire: Wire) -> None:
    assert isinstance(outcome(SERVICES[1], wire, chat_no_choices()).result, Fruitless)


@BOTH
@pytest.mark.parametrize(
    "text", ['{"score": 4', "", "sorry", '```json\n{"score": 4.', '{"score": NaN}', '{"score": 1e999}', "[4.8]"]
)
def test_what_stays_unreadable_is_a_failure_and_billed_each_time(service: Service, text: str, wire: Wire) -> None:
    cut = "MAX_TOKENS" if service.name == "gemini" else "length"
    reply = service.text(text, finish=cut) if text in {"", '{"score": 4'} else service.text(text)
    found = outcome(service, wire, reply)
    assert isinstance(found.result, Reject)
    assert "was unreadable 3 times" in str(found.result)
    assert found.usage.tokens_in == 3 * PAID


@BOTH
def test_one_unreadable_answer_costs_another_call_and_no_more(service: Service, wire: Wire) -> None:
    found = outcome(service, wire, service.text("{"), service.text('```json\n{"score": 4.8}\n```'))
    assert found.result == {"score": 4.8}
    assert found.usage.tokens_in == 2 * PAID


# --- many at once -----------------------------------------------------------------------------------------------------


@BOTH
def test_each_of_many_gets_its_own_answer(service: Service, wire: Wire) -> None:
    def echo(request: Any) -> Reply:
        parts = request.json["contents"][0]["parts"] if service.name == "gemini" else (
            request.json["messages"][-1]["content"]
        )  # fmt: skip
        return service.text(f'{{"n": {parts[0]["text"]}}}')

    wire.on(service.route, echo)
    plugin = service.plugin(wire, concurrency=8)
    tasks = [Task(number) for number in range(64)]
    billed = plugin.each(tasks, lambda task, asker: readable_json(asker.ask(Question("", [str(task.job)])))["n"])
    plugin.close()
    assert [one.result for one in billed] == list(range(64))
    assert wire.peak <= 8
    assert len({request.port for request in wire.requests(service.route)}) <= 8


@BOTH
def test_a_service_that_is_left_alone_as_it_asks_loses_no_answer_that_was_paid_for(
    service: Service, wire: Wire
) -> None:
    wire.on(service.route, service.text('{"n": 1}'), service.error(429, retry_after=1), service.text('{"n": 2}'))
    plugin = service.plugin(wire)
    both = plugin.each([Task(1)], lambda task, asker: [ask(task, asker), ask(task, asker)])[0]
    plugin.close()
    assert both.result == [{"n": 1}, {"n": 2}]
    _, refused, again = wire.requests(service.route)
    assert again.at - refused.at >= 0.9
    assert both.usage.tokens_in == 2 * PAID


@BOTH
def test_no_thread_is_left_when_all_is_answered(service: Service, wire: Wire) -> None:
    plugin = service.plugin(wire, concurrency=8)
    plugin.each([Task(number) for number in range(16)], ask)
    plugin.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("asking")]


@BOTH
def test_usage_is_priced(service: Service, wire: Wire) -> None:
    found = outcome(service, wire, service.text("{}"), price_in=1, price_out=10, price_cached=0.1)
    out = 21 + 7 if service.name == "gemini" else 21
    assert found.usage[:2] == (1290, out)
    assert found.usage.cost_usd == pytest.approx((266 * 1 + 1024 * 0.1 + out * 10) / 1e6)
