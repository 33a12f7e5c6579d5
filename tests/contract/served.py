"""A server for plug-ins over served models: it answers whatever it is asked, by the schema of the answer."""

import base64
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from tests.unit.language import authors
from tests.wire.gemini import gemini_image, gemini_text
from tests.wire.openai import chat_text, openai_images
from tests.wire.server import Wire
from tests.wire.traffic import Reply, Request, Script
from workers.plugin import Access

ROLES = ("gate", "screen", "judge", "writer", "editor", "generator")
AUTHORS: Mapping[str, Callable[[str], str]] = {
    "caption": authors.described, "instruction": authors.written,
}  # fmt: skip
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


def _said(schema: Mapping[str, Any], words: str, seed: int) -> str:
    """An answer to what is asked in those words: prompt engineers and writers are held to more than a schema."""
    if "scenes" in schema["properties"]:
        return authors.answer(words, seed)
    author = next((AUTHORS[name] for name in schema["properties"] if name in AUTHORS), None)
    return author(words) if author else json.dumps(fitting(schema))


def words_of(body: Mapping[str, Any]) -> str:
    """All the words of a request to either vendor."""
    if "contents" in body:
        parts = [*body["systemInstruction"]["parts"], *body["contents"][0]["parts"]]
        return "\n".join(part["text"] for part in parts if "text" in part)
    contents = [message["content"] for message in body["messages"]]
    told = [[{"text": content}] if isinstance(content, str) else content for content in contents]
    return "\n".join(part["text"] for parts in told for part in parts if "text" in part)


def _gemini(request: Request) -> Reply:
    config = request.json["generationConfig"]
    return gemini_text(_said(config["responseJsonSchema"], words_of(request.json), config["seed"]))


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


def openai_by_rote(request: Request) -> Reply:
    """What an OpenAI-like server says to anything."""
    body = request.json
    return chat_text(_said(body["response_format"]["json_schema"]["schema"], words_of(body), body["seed"]))


@contextmanager
def served(photos: Path) -> Iterator[dict[tuple[str, str], dict[str, object]]]:
    """The options with which plug-ins reach the server while it runs; `photos` is a folder of photographs."""
    scripts: dict[str, Script] = {
        "generate": _drawing_gemini,
        "chat": openai_by_rote,
        "images.edits": _editing,
        "images.generations": lambda request: openai_images(drawn(request.body)),
    }
    with Wire(scripts) as wire:
        gemini: dict[str, object] = {"model": "gemini-2.5-flash", "url": wire.url}
        openai: dict[str, object] = {"model": "gpt-4o", "url": f"{wire.url}/v1"}
        services = {"gemini": gemini, "openai": openai}
        yield {
            **{(role, name): options for role in ROLES for name, options in services.items()},
            **{("prompter", name): {**options, "seeds": 2} for name, options in services.items()},
            **{("prompter", f"{name}_photos"): {**options, "path": str(photos)} for name, options in services.items()},
        }
