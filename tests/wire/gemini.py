"""What Gemini says."""

import base64
import json
from collections.abc import Iterable

from tests.wire.traffic import Json, Reply, ok, retry_header

USAGE: Json = {
    "promptTokenCount": 1290,
    "candidatesTokenCount": 21,
    "thoughtsTokenCount": 7,
    "cachedContentTokenCount": 1024,
    "totalTokenCount": 1318,
    "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 258}, {"modality": "IMAGE", "tokenCount": 1032}],
}
GOOGLE_STATUS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}


def gemini(candidates: list[Json] | None, **more: object) -> Json:
    """A GenerateContentResponse."""
    head: Json = {} if candidates is None else {"candidates": candidates}
    return {**head, "usageMetadata": USAGE, "modelVersion": "wire-1", "responseId": "r-1", **more}


def gemini_candidate(*parts: Json, finish: str | None = "STOP", **more: object) -> Json:
    """One candidate; no parts gives no content, as a block does."""
    content: Json = {"content": {"role": "model", "parts": list(parts)}} if parts else {}
    return {**content, **({"finishReason": finish} if finish else {}), "index": 0, **more}


def gemini_text(*texts: str, finish: str | None = "STOP", **more: object) -> Reply:
    """A text answer of one part per text."""
    return ok(gemini([gemini_candidate(*({"text": text} for text in texts), finish=finish, **more)]))


def gemini_finish(reason: str, *parts: Json) -> Reply:
    """A candidate that ended for another reason than STOP, by default without content."""
    return ok(gemini([gemini_candidate(*parts, finish=reason)]))


def gemini_blocked(reason: str = "SAFETY") -> Reply:
    """The prompt was refused: no candidates at all."""
    return ok(gemini(None, promptFeedback={"blockReason": reason, "safetyRatings": []}))


def gemini_no_candidates() -> Reply:
    """An answer with neither candidates nor a reason."""
    return ok(gemini(None))


def gemini_image(data: bytes, media: str = "image/png", text: str = "Here it is.") -> Reply:
    """What an image model answers: often a text part, then inline data."""
    inline = {"inlineData": {"mimeType": media, "data": base64.b64encode(data).decode()}}
    return ok(gemini([gemini_candidate({"text": text}, inline)]))


def gemini_logprobs(tokens: Iterable[Iterable[tuple[str, float]]]) -> Reply:
    """A text answer with, for each token, its alternatives (token, log probability), the chosen first."""
    rows = [list(row) for row in tokens]
    steps = [[{"token": token, "logProbability": value, "tokenId": 7} for token, value in row] for row in rows]
    chosen = [step[0] for step in steps]
    result = {"chosenCandidates": chosen, "topCandidates": [{"candidates": step} for step in steps]}
    mean = sum(step["logProbability"] for step in chosen) / len(chosen)  # type: ignore[misc]
    return gemini_text("".join(row[0][0] for row in rows), avgLogprobs=mean, logprobsResult=result)


def gemini_error(status: int, retry_after: float | str | None = None, retry_delay: str | None = None) -> Reply:
    """Google's error body; `retry_delay` ("3s") is its RetryInfo, which the Gemini API gives instead of a header."""
    name = GOOGLE_STATUS.get(status, "UNKNOWN")
    kind = "type.googleapis.com/google.rpc.RetryInfo"
    details = [{"@type": kind, "retryDelay": retry_delay}] if retry_delay else []
    body = {"error": {"code": status, "message": f"wire says {name}", "status": name, "details": details}}
    return Reply(json.dumps(body).encode(), status, {"Content-Type": "application/json", **retry_header(retry_after)})
