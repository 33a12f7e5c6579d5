"""Plug-ins over the scripted server, with the real client libraries."""

import json
from collections.abc import Mapping
from functools import cache

from schemas.ports import Info
from tests.wire.server import Wire
from workers.language.gemini import Gemini, GeminiOptions
from workers.language.openai_chat import OpenAI, OpenAIOptions
from workers.plugin import Access

KEYS = {"gemini": "gemini-key", "openai": "openai-key"}
TUNED = "projects/p/locations/l/endpoints/123"


class OverGemini(Gemini[GeminiOptions]):
    """Anything over Gemini."""

    INFO = Info(summary="asks a Gemini")
    OPTIONS = GeminiOptions


class OverOpenAI(OpenAI[OpenAIOptions]):
    """Anything over OpenAI."""

    INFO = Info(summary="asks an OpenAI")
    OPTIONS = OpenAIOptions


def gemini(wire: Wire, keys: Mapping[str, str] = KEYS, **options: object) -> OverGemini:
    """A loaded plug-in over Gemini's wire."""
    given = {"model": "gemini-2.5-flash", "url": wire.url, "timeout_s": 10, **options}
    plugin = OverGemini(GeminiOptions.model_validate(given))
    plugin.access = Access(lambda service: keys.get(service, ""))
    plugin.load()
    return plugin


def openai(wire: Wire, keys: Mapping[str, str] = KEYS, **options: object) -> OverOpenAI:
    """A loaded plug-in over OpenAI's wire."""
    given = {"model": "gpt-4o", "url": f"{wire.url}/v1", "timeout_s": 10, **options}
    plugin = OverOpenAI(OpenAIOptions.model_validate(given))
    plugin.access = Access(lambda service: keys.get(service, ""))
    plugin.load()
    return plugin


@cache
def _private_key() -> str:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def account(wire: Wire) -> str:
    """The key file of a service account whose tokens come from the wire."""
    return json.dumps(
        {
            "type": "service_account",
            "project_id": "p",
            "private_key_id": "1",
            "private_key": _private_key(),
            "client_email": "nhr@p.iam.gserviceaccount.com",
            "client_id": "1",
            "token_uri": f"{wire.url}/token",
        }
    )
