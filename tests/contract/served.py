"""A server for plug-ins over served models: it answers whatever it is asked, by the schema of the answer."""

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import cv2
import numpy as np

from tests.wire.gemini import gemini_image, gemini_text
from tests.wire.openai import chat_text, openai_images
from tests.wire.server import Wire
from tests.wire.traffic import Reply, Request, Script
from workers.plugin import Access

ROLES = ("gate", "screen", "judge", "editor", "generator")
KEYS = Access(key=lambda service: f"key-of-{service}")


def fitting(schema: Mapping[str, Any]) -> Any:
    """Something that fits a JSON schema, always the same."""
    match schema.get("enum"), schema.get("type"):
        case [first, *_], _:
            return first
        case _, "object":
            return {name: fitting(field) for name, field in schema["properties"].items()}
        case _, "number":
            return (schema.get("minimum", 0.0) + schema.get("maximum", 9.0)) / 2
        case _, "string":
            return "It is as it should be."
        case _, kind:
            raise NotImplementedError(f"a schema of type {kind}")


def _gemini(request: Request) -> Reply:
    return gemini_text(json.dumps(fitting(request.json["generationConfig"]["responseJsonSchema"])))


def _drawing_gemini(request: Request) -> Reply:
    config = request.json["generationConfig"]
    if config.get("responseModalities") != ["IMAGE"]:
        return _gemini(request)
    parts = [part["inlineData"]["data"] for part in request.json["contents"][0]["parts"] if "inlineData" in part]
    return gemini_image(redrawn(base64.urlsafe_b64decode(parts[0])) if parts else drawn(request.body))


def _editing(request: Request) -> Reply:
    return openai_images(redrawn(next(data for name, _, _, data in request.form if name == "image")))


def redrawn(file: bytes) -> bytes:
    """The picture of a file in other colours, as a file."""
    found = cv2.imdecode(np.frombuffer(file, np.uint8), cv2.IMREAD_COLOR)
    return cv2.imencode(".png", 255 - np.asarray(found))[1].tobytes()


def drawn(words: bytes) -> bytes:
    """A picture of 48 x 32 pixels, always the same for the same words, as a file."""
    grey = hashlib.sha256(words).digest()[0]
    return cv2.imencode(".png", np.full((32, 48, 3), grey, np.uint8))[1].tobytes()


def _openai(request: Request) -> Reply:
    return chat_text(json.dumps(fitting(request.json["response_format"]["json_schema"]["schema"])))


@contextmanager
def served() -> Iterator[dict[tuple[str, str], dict[str, object]]]:
    """The options with which plug-ins reach the server while it runs."""
    scripts: dict[str, Script] = {
        "generate": _drawing_gemini,
        "chat": _openai,
        "images.edits": _editing,
        "images.generations": lambda request: openai_images(drawn(request.body)),
    }
    with Wire(scripts) as wire:
        gemini: dict[str, object] = {"model": "gemini-2.5-flash", "url": wire.url}
        openai: dict[str, object] = {"model": "gpt-4o", "url": f"{wire.url}/v1"}
        yield {(role, name): options for role in ROLES for name, options in (("gemini", gemini), ("openai", openai))}
