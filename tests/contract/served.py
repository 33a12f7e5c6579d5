"""A server for plug-ins over served models: it answers whatever it is asked, by the schema of the answer."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tests.wire.gemini import gemini_text
from tests.wire.openai import chat_text
from tests.wire.server import Wire
from tests.wire.traffic import Reply, Request
from workers.plugin import Access

ROLES = ("gate", "screen", "judge")
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


def _openai(request: Request) -> Reply:
    return chat_text(json.dumps(fitting(request.json["response_format"]["json_schema"]["schema"])))


@contextmanager
def served() -> Iterator[dict[tuple[str, str], dict[str, object]]]:
    """The options with which plug-ins reach the server while it runs."""
    with Wire({"generate": _gemini, "chat": _openai}) as wire:
        gemini = {"model": "gemini-2.5-flash", "url": wire.url}
        openai = {"model": "gpt-4o", "url": f"{wire.url}/v1"}
        yield {(role, name): options for role in ROLES for name, options in (("gemini", gemini), ("openai", openai))}
