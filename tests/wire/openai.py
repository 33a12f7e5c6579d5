"""What OpenAI says, and servers that speak like it."""

import base64
import json
from collections.abc import Iterable

from tests.wire.traffic import Json, Reply, ok, retry_header

CHAT_USAGE: Json = {
    "prompt_tokens": 1290,
    "completion_tokens": 21,
    "total_tokens": 1311,
    "prompt_tokens_details": {"cached_tokens": 1024, "audio_tokens": 0},
    "completion_tokens_details": {"reasoning_tokens": 7},
}


def chat_text(text: str | None, finish: str = "stop", refusal: str | None = None, **choice: object) -> Reply:
    """A chat completion with one choice."""
    message = {"role": "assistant", "content": text, "refusal": refusal}
    first = {"index": 0, "message": message, "finish_reason": finish, "logprobs": None, **choice}
    return ok(
        {
            "id": "c-1",
            "object": "chat.completion",
            "created": 1,
            "model": "wire",
            "choices": [first],
            "usage": CHAT_USAGE,
        }
    )


def chat_no_choices() -> Reply:
    """A completion with an empty list of choices."""
    return ok({"id": "c-1", "object": "chat.completion", "created": 1, "model": "wire", "choices": []})


def chat_logprobs(tokens: Iterable[Iterable[tuple[str, float]]]) -> Reply:
    """A chat completion with, for each token, its alternatives (token, log probability), the chosen first."""
    rows = [list(row) for row in tokens]
    content = []
    for row in rows:
        top = [{"token": token, "logprob": value, "bytes": list(token.encode())} for token, value in row]
        content.append({**top[0], "top_logprobs": top})
    return chat_text("".join(row[0][0] for row in rows), logprobs={"content": content, "refusal": None})


def openai_error(status: int, retry_after: float | str | None = None, code: str = "", **headers: str) -> Reply:
    """OpenAI's error body."""
    body = {"error": {"message": f"wire says {status}", "type": "wire_error", "param": None, "code": code or None}}
    head = {"Content-Type": "application/json", "x-request-id": "req-1", **retry_header(retry_after), **headers}
    return Reply(json.dumps(body).encode(), status, head)


def openai_images(*images: bytes) -> Reply:
    """What /v1/images/edits and /generations answer."""
    details = {"image_tokens": 1032, "text_tokens": 12}
    usage = {
        "input_tokens": 1044,
        "input_tokens_details": details,
        "output_tokens": 1056,
        "total_tokens": 2100,
        "output_tokens_details": {"image_tokens": 1056, "text_tokens": 0},
    }
    data = [{"b64_json": base64.b64encode(image).decode()} for image in images]
    return ok(
        {"created": 1, "data": data, "output_format": "png", "size": "1024x1024", "quality": "high", "usage": usage}
    )


def openai_images_at(*places: str) -> Reply:
    """An answer with addresses in place of pictures, as servers that keep them give it; SGLang's have no host."""
    return ok({"created": 1, "data": [{"url": place} for place in places]})


def openai_models(*ids: str) -> Reply:
    """The list of models a vLLM or SGLang server gives."""
    return ok(
        {
            "object": "list",
            "data": [
                {"id": name, "object": "model", "created": 1, "owned_by": "vllm", "max_model_len": 32768}
                for name in ids
            ],
        }
    )
