"""What goes over the wire, and where to: nothing but what was asked, whatever the environment says."""

import base64
import json
from typing import Any

import pytest
from pydantic import ValidationError

from schemas.errors import Reject, Retry, UserError
from schemas.ports import Task
from tests.unit.language.services import TUNED, account, gemini, openai
from tests.wire.gemini import gemini_logprobs, gemini_text
from tests.wire.openai import chat_logprobs, chat_text
from tests.wire.server import Wire
from tests.wire.traffic import DROP, HANG, Json, Reply, Request, ok
from workers.language.asking import Misconfigured, Picture, Question
from workers.language.asking import Reply as Said
from workers.language.gemini import GeminiOptions
from workers.language.gemini_calls import base
from workers.language.openai_chat import OpenAIOptions
from workers.language.serving import Served

JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256))
SCHEMA = {"type": "object", "properties": {"score": {"type": "number"}}, "required": ["score"]}
JUDGE = Question(
    "You judge.", ["before:", Picture(JPEG), "after:", Picture(b"webp", "image/webp")], SCHEMA, 64, 0.5, 7, 5
)


def ask(plugin: Served[Any], question: Question = JUDGE) -> Any:
    """What one job gets that asks this question."""
    try:
        return plugin.each([Task(1)], lambda _, asker: asker.ask(question))[0].result
    finally:
        plugin.close()


def sent(wire: Wire, route: str) -> Request:
    return wire.requests(route)[0]


# --- Gemini -----------------------------------------------------------------------------------------------------------


def test_gemini_is_sent_words_and_pictures_in_order_with_all_that_was_asked(wire: Wire) -> None:
    ask(gemini(wire, thinking="0", media="medium"))
    body = sent(wire, "generate").json
    assert [list(part) for part in body["contents"][0]["parts"]] == [["text"], ["inlineData"]] * 2
    assert base64.urlsafe_b64decode(body["contents"][0]["parts"][1]["inlineData"]["data"]) == JPEG
    assert body["contents"][0]["parts"][3]["inlineData"]["mime_type"] == "image/webp"
    assert body["systemInstruction"]["parts"] == [{"text": "You judge."}]
    assert body["generationConfig"] == {
        "temperature": 0.5, "seed": 7, "maxOutputTokens": 64, "candidateCount": 1, "responseLogprobs": True,
        "logprobs": 5, "responseMimeType": "application/json", "responseJsonSchema": SCHEMA,
        "thinkingConfig": {"thinking_budget": 0}, "mediaResolution": "MEDIA_RESOLUTION_MEDIUM",
    }  # fmt: skip


def test_gemini_is_sent_no_more_than_was_asked(wire: Wire) -> None:
    ask(gemini(wire), Question("", ["hello"]))
    body = sent(wire, "generate").json
    assert set(body) == {"contents", "generationConfig"}
    assert body["generationConfig"] == {"temperature": 0.0, "maxOutputTokens": 512, "candidateCount": 1}


def test_a_level_of_thinking_is_sent_as_one(wire: Wire) -> None:
    ask(gemini(wire, thinking="low"))
    assert sent(wire, "generate").json["generationConfig"]["thinkingConfig"] == {"thinking_level": "LOW"}


def test_gemini_by_key(wire: Wire) -> None:
    ask(gemini(wire))
    request = sent(wire, "generate")
    assert request.path == "/v1beta/models/gemini-2.5-flash:generateContent"
    assert request.headers["x-goog-api-key"] == "gemini-key"
    assert "authorization" not in request.headers


def test_the_api_version_is_an_option(wire: Wire) -> None:
    ask(gemini(wire, api_version="v1"))
    assert sent(wire, "generate").path.startswith("/v1/models/")


def test_an_enterprises_gemini_is_asked_with_a_token_of_its_account(wire: Wire) -> None:
    keys = {"gemini_account": account(wire), "gemini": "not this one"}
    plugin = gemini(wire, keys, project="p", location="europe-west4")
    plugin.each([Task(n) for n in range(4)], lambda _, asker: asker.ask(JUDGE))
    plugin.close()
    request = sent(wire, "generate")
    assert (
        request.path
        == "/v1beta1/projects/p/locations/europe-west4/publishers/google/models/gemini-2.5-flash:generateContent"
    )
    assert request.headers["authorization"] == "Bearer wire-token"
    assert "x-goog-api-key" not in request.headers
    assert len(wire.requests("token")) == 1


@pytest.mark.parametrize(
    ("location", "host"),
    [
        ("global", "aiplatform.googleapis.com"),
        ("us", "aiplatform.us.rep.googleapis.com"),
        ("europe-west4", "europe-west4-aiplatform.googleapis.com"),
    ],
)
def test_an_enterprises_gemini_is_where_google_says(location: str, host: str) -> None:
    assert base(GeminiOptions(model="m", project="p", location=location)) == f"https://{host}"


def test_a_tuned_model_is_asked_by_its_full_name(wire: Wire) -> None:
    ask(gemini(wire, {"gemini_account": account(wire)}, model=TUNED))
    assert sent(wire, "generate").path == f"/v1beta1/{TUNED}:generateContent"


@pytest.mark.parametrize("model", ["endpoints/123", "123", "projects/p/locations/l/endpoints/", "a/endpoints/1"])
def test_a_tuned_model_by_part_of_its_name_is_refused(model: str) -> None:
    with pytest.raises(ValidationError, match="a tuned model is named in full: projects/"):
        GeminiOptions(model=model)


@pytest.mark.parametrize("url", ["localhost:8000", "ftp://x", "https://x/v1?key=1", "http:///v1", "http://a b"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ValidationError):
        OpenAIOptions(model="m", url=url)


@pytest.mark.parametrize(
    ("options", "keys", "told"),
    [
        ({}, {}, "Gemini needs an API key; give NHR_GEMINI_KEY_FILE"),
        ({"model": TUNED}, {"gemini": "k"}, "an enterprise's Gemini needs a service account; give NHR_GEMINI_ACCOUNT"),
        ({"model": TUNED}, {"gemini_account": "{"}, "NHR_GEMINI_ACCOUNT_FILE is no service account's key"),
        ({"model": TUNED}, {"gemini_account": "[]"}, "NHR_GEMINI_ACCOUNT_FILE is no service account's key"),
        ({"model": TUNED}, {"gemini_account": "{}"}, "NHR_GEMINI_ACCOUNT_FILE is no service account's key"),
    ],
)
def test_what_a_user_must_give_is_told_in_one_line(options: Json, keys: dict[str, str], told: str, wire: Wire) -> None:
    with pytest.raises(UserError) as raised:
        gemini(wire, keys, **options)
    assert told in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("token", "kind"),
    [
        (Reply(ok({"error": "invalid_grant"}).body, 400), Misconfigured),
        (Reply(ok({"error": "unavailable"}).body, 503), Retry),
        (DROP, Retry),
    ],
)
def test_a_token_that_is_not_to_be_had_blames_no_job(token: Reply, kind: type[Retry], wire: Wire) -> None:
    wire.on("token", token)
    found = ask(gemini(wire, {"gemini_account": account(wire)}, model=TUNED))
    assert type(found) is kind
    assert "token for " in str(found)
    assert wire.requests("generate") == []


def test_a_token_is_fetched_again_once_its_server_is_back(wire: Wire) -> None:
    wire.on("token", *[DROP] * 3, ok({"access_token": "late", "expires_in": 3600, "token_type": "Bearer"}))
    plugin = gemini(wire, {"gemini_account": account(wire)}, model=TUNED)
    results = [plugin.each([Task(1)], lambda _, asker: asker.ask(JUDGE))[0].result for _ in range(4)]
    plugin.close()
    assert isinstance(results[-1], Said)
    assert wire.requests("generate")[-1].headers["authorization"] == "Bearer late"


def test_geminis_odds_are_read(wire: Wire) -> None:
    wire.on("generate", gemini_logprobs([[("4", -0.1), ("5", -2.5)], [(".", -0.01)]]))
    said = ask(gemini(wire))
    assert [(token.text, dict(token.alternatives)) for token in said.tokens] == [
        ("4", {"4": -0.1, "5": -2.5}),
        (".", {".": -0.01}),
    ]


def test_what_gemini_thought_is_no_part_of_its_answer(wire: Wire) -> None:
    body = json.loads(gemini_text("a", "b").body)
    body["candidates"][0]["content"]["parts"].insert(0, {"text": "Hm.", "thought": True})
    wire.on("generate", ok(body))
    said = ask(gemini(wire))
    assert (said.text, said.model, said.cut) == ("ab", "wire-1", False)


# --- OpenAI -----------------------------------------------------------------------------------------------------------


def test_openai_is_sent_words_and_pictures_in_order_with_all_that_was_asked(wire: Wire) -> None:
    ask(openai(wire, detail="high", thinking=False))
    body = sent(wire, "chat").json
    picture = {"url": f"data:image/jpeg;base64,{base64.b64encode(JPEG).decode()}", "detail": "high"}
    assert body.pop("messages")[1]["content"][:2] == [
        {"type": "text", "text": "before:"},
        {"type": "image_url", "image_url": picture},
    ]
    assert body == {
        "model": "gpt-4o", "n": 1, "temperature": 0.5, "seed": 7, "max_tokens": 64, "logprobs": True, "top_logprobs": 5,
        "response_format": {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": SCHEMA}},
        "chat_template_kwargs": {"enable_thinking": False},
    }  # fmt: skip


def test_openai_is_sent_no_more_than_was_asked(wire: Wire) -> None:
    ask(openai(wire, structured=False), Question("", ["hello"], SCHEMA))
    body = sent(wire, "chat").json
    assert set(body) == {"model", "messages", "n", "temperature", "max_tokens"}
    assert [message["role"] for message in body["messages"]] == ["user"]


def test_a_model_that_reasons_is_sent_what_such_a_one_takes(wire: Wire) -> None:
    ask(openai(wire, effort="low"))
    body = sent(wire, "chat").json
    assert body["reasoning_effort"] == "low"
    assert body["max_completion_tokens"] == 64
    assert not {"temperature", "seed", "max_tokens", "logprobs", "top_logprobs"} & set(body)


def test_openai_needs_a_key_and_a_server_of_ones_own_none(wire: Wire) -> None:
    with pytest.raises(UserError, match="OpenAI needs an API key; give NHR_OPENAI_KEY_FILE"):
        openai(wire, {}, url="")
    assert ask(openai(wire, {})).text
    assert sent(wire, "chat").headers["authorization"] == "Bearer EMPTY"


def test_openais_odds_are_read(wire: Wire) -> None:
    wire.on("chat", chat_logprobs([[("4", -0.1), ("5", -2.5)], [(".", -0.01)]]))
    said = ask(openai(wire))
    assert [(token.text, dict(token.alternatives)) for token in said.tokens] == [
        ("4", {"4": -0.1, "5": -2.5}),
        (".", {".": -0.01}),
    ]


# --- both -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("service", "route"), [(gemini, "generate"), (openai, "chat")])
def test_the_environment_changes_nothing(service: Any, route: str, wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    ask(service(wire))
    with Wire() as elsewhere:
        elsewhere.on("generate", HANG)
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy",
                     "OPENAI_BASE_URL", "GOOGLE_GEMINI_BASE_URL", "GOOGLE_VERTEX_BASE_URL"):  # fmt: skip
            monkeypatch.setenv(name, elsewhere.url)
        for name in ("OPENAI_API_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "GOOGLE_API_KEY", "GEMINI_API_KEY",
                     "GOOGLE_CLOUD_PROJECT", "GOOGLE_CLOUD_LOCATION", "GOOGLE_GENAI_API_VERSION"):  # fmt: skip
            monkeypatch.setenv(name, "not-ours")
        monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "Authorization: Bearer not-ours")
        monkeypatch.setenv("GOOGLE_GENAI_USE_VERTEXAI", "true")
        monkeypatch.setenv("GOOGLE_GENAI_USE_ENTERPRISE", "true")
        ask(service(wire))
        assert elsewhere.requests() == []
    one, other = wire.requests(route)
    assert (one.path, one.json, dict(one.headers)) == (other.path, other.json, dict(other.headers))


def test_an_answer_that_ran_out_of_room_says_so(wire: Wire) -> None:
    wire.on("generate", gemini_text('{"a": 1}', finish="MAX_TOKENS"))
    wire.on("chat", chat_text(None, finish="length"))
    assert ask(gemini(wire)).cut
    said = ask(openai(wire))
    assert (said.text, said.cut) == ("", True)


def test_a_bug_of_ours_is_no_answer_of_the_service(wire: Wire) -> None:
    found = ask(gemini(wire), Question("", [Picture("no bytes")]))  # type: ignore[arg-type]
    assert isinstance(found, Exception)
    assert not isinstance(found, Retry | Reject)
    assert wire.requests() == []


def test_every_option_can_be_given_as_text_on_the_command_line() -> None:
    gemini = GeminiOptions.model_validate(
        {"model": "m", "concurrency": "4", "timeout_s": "9", "price_in": "0.5", "thinking": "128", "batch": "true"}
    )
    assert (gemini.concurrency, gemini.timeout_s, gemini.price_in, gemini.batch) == (4, 9.0, 0.5, True)
    openai = OpenAIOptions.model_validate({"model": "m", "structured": "no", "thinking": "false", "effort": "low"})
    assert (openai.structured, openai.thinking, openai.effort) == (False, False, "low")
