"""Editors and generators through the real client libraries, on good days of their services and on bad ones."""

import base64
import json
import time
from typing import Any

import numpy as np
import pytest

from schemas.errors import Reject, Retry
from schemas.ports import Image
from tests.unit.imaging.services import (
    EDITED,
    GEMINI,
    OPENAI,
    SERVICES,
    Service,
    edit_job,
    edited,
    file,
    one,
    prompt,
)
from tests.unit.imaging.test_files import png_of
from tests.unit.photographic.scenes import photograph
from tests.wire.gemini import (
    gemini,
    gemini_blocked,
    gemini_candidate,
    gemini_finish,
    gemini_no_candidates,
    gemini_text,
)
from tests.wire.openai import openai_error, openai_images, openai_images_at
from tests.wire.server import Wire
from tests.wire.traffic import DROP, EMPTY, HANG, HTML, Json, Reply, Request, ok, plain_error
from workers.language.asking import Blocked, Busy, Fruitless, Misconfigured

EACH = pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
DRAWN = file(EDITED)


def inline(data: bytes, **more: object) -> Json:
    """A picture as a part of Gemini's answer."""
    return {"inlineData": {"mimeType": "image/png", "data": base64.b64encode(data).decode()}, **more}


def in_colour(grey: int) -> bytes:
    return file(np.full((64, 96, 3), grey, np.uint8))


# --- good days --------------------------------------------------------------------------------------------------------


@EACH
def test_an_edited_picture_comes_with_what_it_cost(wire: Wire, service: Service) -> None:
    wire.on(service.edits, service.picture(DRAWN))
    (billed,) = service.plugin(wire).edit([edit_job()])
    assert isinstance(billed.result, Image)
    assert np.array_equal(billed.result.pixels, EDITED)
    assert not billed.result.note
    gemini_cost = (266 + 1024) * 1.5 + 7 * 7.5 + 21 * 30  # its 21 tokens are the picture, 7 were thought
    openai_cost = 12 * 5 + 1032 * 8 + 1056 * 30
    cost = gemini_cost if service is GEMINI else openai_cost
    assert billed.usage.cost_usd == pytest.approx(cost / 1e6)


@EACH
def test_a_prompt_is_drawn(wire: Wire, service: Service) -> None:
    wire.on(service.draws, service.picture(file(photograph(48, 32, seed=5))))
    result = one(service.plugin(wire, "generator").generate([prompt()]))
    assert np.array_equal(result.pixels, photograph(48, 32, seed=5))


@EACH
def test_every_job_gets_its_own_picture_however_many_are_asked_at_once(wire: Wire, service: Service) -> None:
    def answer(request: Request) -> Reply:
        words, _, _ = service.sent(request)
        time.sleep(0.005 * (int(words) % 3))
        return service.picture(in_colour(int(words)))

    wire.on(service.edits, answer)
    results = service.plugin(wire, concurrency=8).edit([edit_job(str(number)) for number in range(24)])
    assert [int(billed.result.pixels[0, 0, 0]) for billed in results] == list(range(24))
    assert 1 < wire.peak <= 8


@EACH
def test_a_larger_answer_of_the_same_shape_is_brought_to_the_sources_size(wire: Wire, service: Service) -> None:
    result = edited(service, wire, service.picture(file(photograph(192, 128, seed=2))))
    assert result.pixels.shape == (64, 96, 3)


@EACH
def test_an_answer_of_another_shape_is_handed_on_as_it_came(wire: Wire, service: Service) -> None:
    square = photograph(96, 96, seed=2)
    result = edited(service, wire, service.picture(file(square)))
    assert np.array_equal(result.pixels, square)


def test_the_last_picture_that_is_no_thought_is_geminis_answer(wire: Wire) -> None:
    parts = (
        inline(in_colour(1), thought=True), {"text": "I drew a draft."}, inline(in_colour(2)), inline(in_colour(3)),
        {"text": "Here it is."}, inline(in_colour(4), thought=True),
    )  # fmt: skip
    assert edited(GEMINI, wire, ok(gemini([gemini_candidate(*parts)]))).pixels[0, 0, 0] == 3


def test_the_first_of_several_pictures_is_taken_from_servers_like_openai(wire: Wire) -> None:
    assert edited(OPENAI, wire, openai_images(in_colour(1), in_colour(2))).pixels[0, 0, 0] == 1


def test_tokens_that_are_told_apart_are_priced_apart(wire: Wire) -> None:
    usage = {
        "promptTokenCount": 300, "candidatesTokenCount": 1300, "thoughtsTokenCount": 100,
        "candidatesTokensDetails": [{"modality": "IMAGE", "tokenCount": 1120}],
    }  # fmt: skip
    wire.on("generate", ok({**gemini([gemini_candidate(inline(DRAWN))]), "usageMetadata": usage}))
    (billed,) = GEMINI.plugin(wire).edit([edit_job()])
    assert billed.usage.cost_usd == pytest.approx((300 * 1.5 + 280 * 7.5 + 1120 * 30) / 1e6)


def test_a_server_that_tells_no_usage_costs_nothing(wire: Wire, caplog: pytest.LogCaptureFixture) -> None:
    wire.on("images.edits", ok({"data": [{"b64_json": base64.b64encode(DRAWN).decode(), "url": None}]}))
    (billed,) = OPENAI.plugin(wire, model="Qwen/Qwen-Image-Edit-2511").edit([edit_job()])
    assert isinstance(billed.result, Image)
    assert billed.usage.cost_usd == 0
    assert "no price known for Qwen/Qwen-Image-Edit-2511" in caplog.text


def test_pictures_are_drawn_in_batches_too(wire: Wire) -> None:
    wire.on("generate", GEMINI.picture(DRAWN))
    plugin = GEMINI.plugin(wire, batch=True)
    clock = [0.0]
    plugin._batching._now = lambda: clock[0]
    for _ in range(6):
        (billed,) = plugin.edit([edit_job()])
        if isinstance(billed.result, Image):
            break
        clock[0] += 200
    assert np.array_equal(billed.result.pixels, EDITED)
    (request,) = wire.requests("batch.create")
    (item,) = request.json["batch"]["inputConfig"]["requests"]["requests"]
    assert item["request"]["generationConfig"]["responseModalities"] == ["IMAGE"]


# --- bad days ---------------------------------------------------------------------------------------------------------


@EACH
def test_too_much_at_once_is_put_off_for_as_long_as_the_service_says(wire: Wire, service: Service) -> None:
    result = edited(service, wire, service.error(429, 37))
    assert isinstance(result, Busy)
    assert result.after_s == 37
    assert len(wire.requests(service.edits)) == 1


@EACH
@pytest.mark.parametrize(
    "reply", [plain_error(503), HTML, EMPTY, DROP, openai_images(DRAWN).clipped(), openai_images(DRAWN).cut()]
)
def test_an_outage_is_put_off_after_one_call(wire: Wire, service: Service, reply: Reply) -> None:
    result = edited(service, wire, reply)
    assert isinstance(result, Retry)
    assert "\n" not in str(result)
    assert len(wire.requests(service.edits)) == 1


@EACH
@pytest.mark.parametrize("reply", [HANG, openai_images(DRAWN).slow(0.05, 64)], ids=["hang", "drip"])
def test_a_call_ends_by_its_deadline(wire: Wire, service: Service, reply: Reply) -> None:
    started = time.monotonic()
    assert isinstance(edited(service, wire, reply, timeout_s=0.5), Retry)
    assert time.monotonic() - started < 5


@EACH
@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_wrong_set_up_blames_no_job(wire: Wire, service: Service, status: int) -> None:
    assert isinstance(edited(service, wire, service.error(status)), Misconfigured)


def damaged(service: Service) -> Reply:
    """An answer whose base64 is cut, in a body that is whole."""
    reply = service.picture(DRAWN)
    packed = base64.b64encode(DRAWN)
    assert packed in reply.body
    return Reply(reply.body.replace(packed, packed[:201]))


@EACH
def test_base64_that_is_cut_fails_the_attempt_at_its_cost(wire: Wire, service: Service) -> None:
    wire.on(service.edits, damaged(service))
    (billed,) = service.plugin(wire).edit([edit_job()])
    assert isinstance(billed.result, Reject)
    assert "unreadable once: " in str(billed.result)
    assert "no whole base64" in str(billed.result)
    assert billed.usage.cost_usd > 0
    assert len(wire.requests(service.edits)) == 1


@EACH
@pytest.mark.parametrize(
    "data", [b"no picture at all", DRAWN[:300], png_of(9000, 9000), file(EDITED, "GIF")],
    ids=["text", "cut", "huge", "gif"],
)  # fmt: skip
def test_what_is_no_picture_fails_the_attempt_at_its_cost(wire: Wire, service: Service, data: bytes) -> None:
    wire.on(service.edits, service.picture(data))
    (billed,) = service.plugin(wire).edit([edit_job()])
    assert isinstance(billed.result, Reject)
    assert billed.usage.cost_usd > 0
    assert len(wire.requests(service.edits)) == 1


@EACH
def test_a_damaged_picture_is_asked_for_again_where_that_is_wanted(wire: Wire, service: Service) -> None:
    result = edited(service, wire, damaged(service), service.picture(DRAWN), tries=2)
    assert np.array_equal(result.pixels, EDITED)
    assert len(wire.requests(service.edits)) == 2


@pytest.mark.parametrize("reason", ["NO_IMAGE", "IMAGE_SAFETY", "IMAGE_OTHER", "IMAGE_RECITATION", "SAFETY"])
def test_geminis_reasons_to_draw_nothing_are_told(wire: Wire, reason: str) -> None:
    result = edited(GEMINI, wire, gemini_finish(reason))
    assert isinstance(result, Blocked)
    assert reason in str(result)


def test_a_blocked_instruction_is_told(wire: Wire) -> None:
    result = edited(GEMINI, wire, gemini_blocked("PROHIBITED_CONTENT"))
    assert isinstance(result, Blocked)
    assert "PROHIBITED_CONTENT" in str(result)


def test_mere_words_are_told_and_are_no_picture(wire: Wire) -> None:
    wire.on("generate", gemini_text("I cannot see a boat\nin this picture."))
    (billed,) = GEMINI.plugin(wire).edit([edit_job()])
    assert isinstance(billed.result, Blocked)
    assert "drew nothing and said 'I cannot see a boat in this picture.'" in str(billed.result)
    assert billed.usage.tokens_out > 0


def test_an_answer_that_ended_before_its_picture_fails_the_attempt(wire: Wire) -> None:
    result = edited(GEMINI, wire, gemini_text("First I would", finish="MAX_TOKENS"))
    assert isinstance(result, Reject)
    assert "ended before its picture" in str(result)


def test_an_answer_with_nothing_in_it_is_put_off(wire: Wire) -> None:
    assert isinstance(edited(GEMINI, wire, gemini_no_candidates()), Fruitless)
    empty: list[Json] = [{"data": []}, {"data": None}, {"data": [{}]}, {"data": [{"b64_json": 5}]}, {"error": "x"}]
    for payload in empty:
        assert isinstance(edited(OPENAI, wire, ok({"created": 1, **payload})), Fruitless)


@pytest.mark.parametrize("code", ["moderation_blocked", "content_policy_violation"])
def test_what_openai_moderates_is_blocked_with_its_reason(wire: Wire, code: str) -> None:
    result = edited(OPENAI, wire, openai_error(400, code=code))
    assert isinstance(result, Blocked)
    assert code in str(result)


def test_the_words_of_vllm_omni_over_a_bad_request_are_told(wire: Wire) -> None:
    body = {"detail": "Invalid size format: '1024x'. Expected format: 'WIDTHxHEIGHT'"}
    result = edited(OPENAI, wire, Reply(json.dumps(body).encode(), 400))
    assert isinstance(result, Reject)
    assert "Invalid size format" in str(result)


# --- answers with addresses -------------------------------------------------------------------------------------------


def test_a_picture_is_fetched_from_the_server_that_drew_it(wire: Wire) -> None:
    wire.on("images.content", Reply(DRAWN))
    for place in ("/v1/images/abc/content", f"{wire.url}/v1/images/abc/content"):
        assert np.array_equal(edited(OPENAI, wire, openai_images_at(place)).pixels, EDITED)
    assert {request.headers["authorization"] for request in wire.requests("images.content")} == {"Bearer openai-key"}


def test_a_picture_within_its_address_is_read(wire: Wire) -> None:
    packed = f"data:image/png;base64,{base64.b64encode(DRAWN).decode()}"
    assert np.array_equal(edited(OPENAI, wire, openai_images_at(packed)).pixels, EDITED)


@pytest.mark.parametrize(
    "place",
    ["http://127.0.0.1:{}/v1/images/x/content", "//127.0.0.1:{}/v1/images/x/content", "https://127.0.0.1:{}/x",
     "file:///etc/x", "http://[bad/x", "http://h:port/x"],
)  # fmt: skip
def test_nothing_is_fetched_from_another_server(wire: Wire, place: str) -> None:
    with Wire() as other:
        other.on("images.content", Reply(DRAWN))
        result = edited(OPENAI, wire, openai_images_at(place.format(other.url.rpartition(":")[2])))
        assert isinstance(result, Fruitless)
        assert "nothing is fetched elsewhere: have it answer with b64_json" in str(result)
        assert not other.requests()


def test_a_fetch_follows_no_redirect_and_takes_no_more_than_its_limit(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    from workers.imaging import openai_calls

    place = openai_images_at("/v1/images/abc/content")
    wire.on("images.content", Reply(b"", 302, {"Location": f"{wire.url}/v1/models"}))
    assert "status 302" in str(edited(OPENAI, wire, place))
    monkeypatch.setattr(openai_calls, "MOST_BYTES", 1000)
    wire.on("images.content", Reply(b"x" * 5000))
    assert "over 1000 bytes" in str(edited(OPENAI, wire, place))
    assert not wire.requests("models")


def test_what_was_paid_for_is_fetched_again_when_the_connection_drops(wire: Wire) -> None:
    wire.on("images.content", DROP, Reply(DRAWN))
    result: Any = edited(OPENAI, wire, openai_images_at("/v1/images/abc/content"))
    assert np.array_equal(result.pixels, EDITED)
    assert len(wire.requests("images.edits")) == 1
