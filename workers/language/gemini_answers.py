"""Reading what Gemini answers on the wire: words, pictures, blocks, odds and tokens used."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from schemas.ports import Usage
from workers.language import troubles
from workers.language.asking import Blocked, Fruitless, Picture, Reply, Token, Unreadable
from workers.language.prices import Counts, Prices
from workers.language.reading import from_base64
from workers.language.troubles import nonsense, refused

Json = Mapping[str, Any]

FINE = frozenset({"STOP", "FINISH_REASON_UNSPECIFIED", ""})
REFUSING = frozenset(
    {
        "SAFETY", "RECITATION", "LANGUAGE", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "MODEL_ARMOR", "IMAGE_SAFETY",
        "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION", "IMAGE_OTHER", "NO_IMAGE",
    }
)  # fmt: skip
"""Reasons to end that say the service will not. Others, those not known here among them, may pass."""


def whole(model: str, body: str) -> Json:
    """The JSON object that came; raises `Retry` for what is none."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise nonsense(model, body) from None
    if not isinstance(found, dict) or not found:
        raise nonsense(model, body)
    return found


def opened(model: str, body: str) -> Json:
    """The JSON object that is an answer; raises `Retry` for what is none, and the error that it may tell instead."""
    found = whole(model, body)
    if error := fields(found.get("error")):
        after_s = troubles.google_after(error.get("details"))
        status = error.get("code")
        status = status if isinstance(status, int) and status >= 400 else 500
        raise refused(model, status, str(error.get("message", "")), after_s, str(error.get("status", "")))
    return found


def reply(model: str, answer: Json, prices: Prices) -> Reply:
    """What the model said and drew; raises `Blocked`, `Fruitless`, and `Unreadable` for a picture that came damaged."""
    candidate = fields(next(iter(rows(answer.get("candidates"))), None))
    drawn = inline(candidate)
    usage = prices.usage(model, counts(answer, drew=drawn is not None))
    feedback = fields(answer.get("promptFeedback"))
    if reason := _text(feedback.get("blockReason")):
        raise Blocked(f"{model} blocked the question: {_line(reason, feedback.get('blockReasonMessage'))}", usage)
    finish = _text(candidate.get("finishReason"))
    if finish in REFUSING:
        raise Blocked(f"{model} would not answer: {_line(finish, candidate.get('finishMessage'))}", usage)
    text = said(candidate)
    if not text and drawn is None and finish != "MAX_TOKENS":
        raise Fruitless(f"{model} answered with nothing: {_line(finish, candidate.get('finishMessage'))}", usage)
    version = _text(answer.get("modelVersion")) or model
    pictures = (_picture(model, drawn, usage),) if drawn is not None else ()
    cut = finish == "MAX_TOKENS"
    return Reply(text, usage, cut=cut, tokens=tokens(candidate), model=version, pictures=pictures)


def said(candidate: Json) -> str:
    """The words of a candidate, without its thoughts."""
    parts = [fields(part) for part in rows(fields(candidate.get("content")).get("parts"))]
    return "".join(_text(part.get("text")) for part in parts if not part.get("thought"))


def inline(candidate: Json) -> Json | None:
    """The picture of a candidate: the last one, without its thoughts. Some models draw drafts while they think.

    https://ai.google.dev/gemini-api/docs/image-generation
    """
    parts = [fields(part) for part in rows(fields(candidate.get("content")).get("parts"))]
    drawn = [fields(part.get("inlineData")) for part in parts if not part.get("thought")]
    return next((one for one in reversed(drawn) if one), None)


def _picture(model: str, drawn: Json, usage: Usage) -> Picture:
    try:
        data = from_base64(_text(drawn.get("data")))
    except ValueError:
        raise Unreadable(f"{model} drew a picture that came damaged: no whole base64", usage) from None
    return Picture(data, _text(drawn.get("mimeType")))


def counts(answer: Json, drew: bool = False) -> Counts:
    """The tokens used. Where they are not told apart, those of an answer that is a picture are all of it."""
    usage = fields(answer.get("usageMetadata"))
    given, drawn = _whole(usage.get("candidatesTokenCount")), _pictures(usage.get("candidatesTokensDetails"))
    return Counts(
        input=_whole(usage.get("promptTokenCount")),
        output=given + _whole(usage.get("thoughtsTokenCount")),
        cached=_whole(usage.get("cachedContentTokenCount")),
        image_input=_pictures(usage.get("promptTokensDetails")),
        image_output=drawn or (given if drew else 0),
    )


def tokens(candidate: Json) -> list[Token]:
    """The tokens of the answer with what else could have stood there."""
    result = fields(candidate.get("logprobsResult"))
    top = [fields(step) for step in rows(result.get("topCandidates"))]
    found = []
    for number, chosen in enumerate(fields(one) for one in rows(result.get("chosenCandidates"))):
        others = [fields(one) for one in rows(top[number].get("candidates"))] if number < len(top) else []
        odds = {_text(one.get("token")): _odds(one) for one in [*others, chosen] if _odds(one) is not None}
        found.append(Token(_text(chosen.get("token")), {text: odd for text, odd in odds.items() if odd is not None}))
    return found


def fields(value: object) -> Json:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def rows(value: object) -> Sequence[object]:
    """The value if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def _odds(one: Json) -> float | None:
    value = one.get("logProbability")
    return float(value) if isinstance(value, int | float) else None


def _pictures(details: object) -> int:
    kinds = [fields(row) for row in rows(details)]
    return sum(_whole(row.get("tokenCount")) for row in kinds if row.get("modality") == "IMAGE")


def _line(reason: str, message: object) -> str:
    return " ".join(f"{reason or 'no reason given'} {_text(message)}".split())[: troubles.LONGEST_SAID]


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _whole(value: object) -> int:
    return max(0, value) if isinstance(value, int) else 0
