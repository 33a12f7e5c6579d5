"""Gate, screen and judge through the real client libraries, on good days of their services and on bad ones."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from math import log
from typing import Any

import pytest

from schemas.errors import Reject, Retry
from schemas.ports import Billed, Gated, Judged, Screened, Task
from tests.unit.language.roles import SECRET, candidate, judgement, scores, source
from tests.unit.language.services import KEYS
from tests.wire.gemini import gemini_blocked, gemini_error, gemini_finish, gemini_logprobs, gemini_text
from tests.wire.openai import chat_logprobs, chat_text, openai_error
from tests.wire.server import Wire
from tests.wire.traffic import HTML, Reply
from workers import roster
from workers.language.asking import Blocked
from workers.plugin import Access


@dataclass(frozen=True)
class Service:
    """One vendor's wire: how it says a text, cuts it short, refuses, tells odds and complains; what it was sent."""

    name: str
    route: str
    model: str
    path: str
    text: Callable[[str], Reply]
    cut: Callable[[str], Reply]
    odds: Callable[[Any], Reply]
    error: Callable[[int], Reply]
    blocks: tuple[Reply, ...]

    def plugin(self, wire: Wire, kind: str, **options: object) -> Any:
        given = {"model": self.model, "url": wire.url + self.path, "timeout_s": 10, **options}
        plugin = roster.build(kind, self.name, given)
        plugin.access = Access(lambda service: KEYS[service])
        plugin.load()
        return plugin

    def pictures(self, body: Any) -> list[bytes]:
        """The pictures of a request."""
        if self.name == "gemini":
            parts = [part["inlineData"] for part in body["contents"][0]["parts"] if "inlineData" in part]
            return [base64.urlsafe_b64decode(part["data"]) for part in parts]
        parts = [part for part in body["messages"][1]["content"] if part["type"] == "image_url"]
        return [base64.b64decode(part["image_url"]["url"].partition(",")[2]) for part in parts]

    def seed(self, body: Any) -> int:
        return int(body["generationConfig"]["seed"] if self.name == "gemini" else body["seed"])

    def schema(self, body: Any) -> Any:
        if self.name == "gemini":
            return body["generationConfig"]["responseJsonSchema"]
        return body["response_format"]["json_schema"]["schema"]


SERVICES = (
    Service(
        "gemini", "generate", "gemini-2.5-flash", "", gemini_text, lambda text: gemini_text(text, finish="MAX_TOKENS"),
        gemini_logprobs, gemini_error, (gemini_blocked(), gemini_finish("SAFETY"), gemini_finish("RECITATION")),
    ),
    Service(
        "openai", "chat", "gpt-4o", "/v1", chat_text, lambda text: chat_text(text, finish="length"),
        chat_logprobs, openai_error,
        (chat_text(None, finish="content_filter"), chat_text(None, refusal="I will not look at that.")),
    ),
)  # fmt: skip
EACH = pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)


def judged(service: Service, wire: Wire, *replies: Reply, **options: object) -> Any:
    """What the judge's answer to one job is, after these replies."""
    wire.on(service.route, *replies)
    return one(service.plugin(wire, "judge", **options).judge([judgement()]))


def one(results: list[Billed]) -> Any:
    (billed,) = results
    return billed.result


@EACH
def test_a_judges_scores_come_with_what_they_cost(wire: Wire, service: Service) -> None:
    wire.on(service.route, service.text(scores()))
    (billed,) = service.plugin(wire, "judge").judge([judgement()])
    assert billed.result == Judged(4.3, 2.8)
    assert billed.usage.tokens_in > 1000
    assert billed.usage.cost_usd > 0


@EACH
def test_a_judge_is_sent_two_jpegs_and_a_schema_and_nothing_of_the_truth(wire: Wire, service: Service) -> None:
    judged(service, wire, service.text(scores()))
    (request,) = wire.requests(service.route)
    pictures = service.pictures(request.json)
    assert [picture[:3] for picture in pictures] == [b"\xff\xd8\xff"] * 2
    assert pictures[0] != pictures[1]
    assert list(service.schema(request.json)["properties"]) == ["InstructionAdherence", "ImageAesthetic"]
    assert not any(SECRET.encode() in part for part in (request.body, *pictures))
    assert b"truth" not in request.body


@EACH
@pytest.mark.parametrize(
    "said",
    [scores("4.3"), scores(5.4), scores(0.2), '{"InstructionAdherence": 4.3}', '{"InstructionAdherence": NaN}',
     "```json\n" + scores()[:-5], scores()[:-3], "I would say 4.3 and 2.8."],
)  # fmt: skip
def test_an_answer_that_cannot_be_read_is_asked_for_three_times_and_then_fails(
    wire: Wire, service: Service, said: str
) -> None:
    result = judged(service, wire, service.text(said))
    assert isinstance(result, Reject)
    assert not isinstance(result, Blocked)
    assert "unreadable 3 times" in str(result)
    seeds = [service.seed(request.json) for request in wire.requests(service.route)]
    assert len(set(seeds)) == 3


@EACH
def test_an_answer_that_was_cut_short_is_asked_for_again(wire: Wire, service: Service) -> None:
    assert judged(service, wire, service.cut(scores()), service.text(scores(4.9, 4.8))) == Judged(4.9, 4.8)


@EACH
def test_a_block_is_a_rejection_with_its_own_reason(wire: Wire, service: Service) -> None:
    for number, reply in enumerate(service.blocks):
        assert isinstance(judged(service, wire, reply), Blocked)
        assert len(wire.requests(service.route)) == number + 1


@EACH
@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_service_that_is_busy_or_away_gives_no_answer(wire: Wire, service: Service, status: int) -> None:
    assert isinstance(judged(service, wire, service.error(status)), Retry)


@EACH
def test_html_with_status_200_is_no_answer(wire: Wire, service: Service) -> None:
    assert isinstance(judged(service, wire, HTML), Retry)


@EACH
def test_passes_are_asked_with_different_seeds_and_averaged(wire: Wire, service: Service) -> None:
    replies = [service.text(scores(4.0 + number / 10, 3.0)) for number in range(4)]
    result = judged(service, wire, *replies, passes=4)
    assert result.adherence == pytest.approx(4.15)
    assert result.measures["judge.adherence_spread"] == pytest.approx(0.1118, abs=1e-4)
    seeds = [service.seed(request.json) for request in wire.requests(service.route)]
    assert len(set(seeds)) == 4


@EACH
def test_scores_are_weighted_by_the_odds_that_the_service_tells(wire: Wire, service: Service) -> None:
    rows = [
        [('{"InstructionAdherence": ', 0.0)], [("4", log(0.6)), ("3", log(0.3))], [(".", 0.0)],
        [("8", log(0.5)), ("6", log(0.5))], [(', "ImageAesthetic": 2.8}', 0.0)],
    ]  # fmt: skip
    result = judged(service, wire, service.odds(rows), weighted=True)
    assert result.adherence == pytest.approx((0.6 * 4.7 + 0.3 * 3.5) / 0.9, abs=1e-6)
    assert result.measures["judge.adherence_mass"] == pytest.approx(0.9)
    assert result.aesthetics == 2.8


@EACH
def test_where_no_odds_are_told_the_score_is_the_one_that_was_said(wire: Wire, service: Service) -> None:
    assert judged(service, wire, service.text(scores()), weighted=True) == Judged(4.3, 2.8)


@EACH
def test_a_batch_is_answered_job_by_job(wire: Wire, service: Service) -> None:
    def reply(request: Any) -> Reply:
        return service.text(scores() if b"Make the boat blue" in request.body else "nonsense")

    wire.on(service.route, reply)
    other = judgement(job_id="k")
    other = Task(other.job.model_copy(update={"instruction": "Make it green."}), other.images)
    good, bad = (billed.result for billed in service.plugin(wire, "judge").judge([judgement(), other]))
    assert good == Judged(4.3, 2.8)
    assert isinstance(bad, Reject)


@EACH
def test_a_gate_says_yes_or_no_with_its_reason(wire: Wire, service: Service) -> None:
    said = {"Reason": "Three legs.", "AccuratelyDepicts": "yes", "RealisticAndPlausible": "no"}
    wire.on(service.route, service.text(json.dumps(said)))
    result = one(service.plugin(wire, "gate").inspect([source()]))
    assert result == Gated(False, "Three legs.", {"vlm.depicts": 1.0, "vlm.plausible": 0.0})
    assert len(service.pictures(wire.requests(service.route)[0].json)) == 1


@EACH
def test_a_screen_tells_its_measures(wire: Wire, service: Service) -> None:
    wire.on(service.route, service.text(scores(UnwantedChanges="no", Aesthetic="yes")))
    result = one(service.plugin(wire, "screen").screen([candidate()]))
    marks = {"vlm.adherence": 4.3, "vlm.aesthetics": 2.8, "vlm.unwanted": 0.0, "vlm.pleasing": 1.0}
    assert result == Screened(marks)
