"""Calls to Gemini through google-genai; imported only where one is made.

The library is asked for the raw HTTP answer and the JSON is read here: it would turn what it does not know into made-up
enum members with a warning, and types it does not expect into errors of its own.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import httpx2
from google import genai
from google.auth import exceptions as auth
from google.auth.transport.requests import Request
from google.genai import errors, types
from google.oauth2 import service_account

from schemas.errors import NhrError
from workers.language.asking import Drawing, Misconfigured, Picture, Question, Reply
from workers.language.deadline import Deadline
from workers.language.gemini import GeminiOptions
from workers.language.gemini_answers import opened, reply
from workers.language.troubles import google_after, refused, told_after, unreachable

SCOPE = "https://www.googleapis.com/auth/cloud-platform"
TOKEN_S = 10.0
"""Longest wait for an answer of the server that gives tokens."""
KEY_VERSION, SITE_VERSION = "v1beta", "v1beta1"
"""Those that know every field we send."""


class Account:
    """A service account, whose tokens are fetched within a time, one thread at a time, and past no proxy."""

    def __init__(self, key: dict[str, Any]) -> None:
        made = service_account.Credentials.from_service_account_info(key, scopes=[SCOPE])  # type: ignore[no-untyped-call]
        self.credentials: service_account.Credentials = made
        self._lock = threading.Lock()
        self._request = Request()
        self._request.session.trust_env = False

    def renew(self) -> None:
        """Fetch a token where none is valid; raises `GoogleAuthError`."""
        with self._lock:
            if not self.credentials.valid:
                self.credentials.refresh(partial(self._request, timeout=TOKEN_S))  # type: ignore[no-untyped-call]

    def close(self) -> None:
        """Give the connection back."""
        self._request.session.close()


class GeminiChat:
    """A connection to one Gemini model."""

    def __init__(self, options: GeminiOptions, key: str = "", account: Account | None = None) -> None:
        self.model = options.model
        self.client, self.transport = connected(options, key, account)
        self._options, self._account = options, account
        self._prices = options.prices()

    def ask(self, question: Question, timeout_s: float) -> Reply:
        """The model's answer; see `Chat`."""
        body = self.generate(contents(question), self.config(question), timeout_s)
        return reply(self.model, opened(self.model, body), self._prices)

    def generate(self, asked: types.Content, config: types.GenerateContentConfig, timeout_s: float) -> str:
        """The body of the answer to one call of generateContent; raises what `Chat.ask` does."""
        with self._told(timeout_s):
            answer = self.client.models.generate_content(model=self.model, contents=asked, config=config)
        response = answer.sdk_http_response
        return (response.body if response else None) or ""

    def known(self, timeout_s: float) -> bool | None:
        """Whether there is such a model; see `Chat`. Of tuned models a project tells only whoever owns them."""
        if self._options.site:
            return None
        with self._told(timeout_s):
            self.client.models.get(model=self.model)
        return True

    @contextmanager
    def _told(self, timeout_s: float) -> Iterator[None]:
        """Around a call: within the time, and its troubles as the errors that say what to do about them."""
        try:
            if self._account:
                self._account.renew()
            with self.transport.within(timeout_s):
                yield
        except errors.APIError as error:
            raise said_no(self.model, error) from error
        except httpx2.HTTPError as error:
            raise unreachable(self.model, error) from error
        except auth.GoogleAuthError as error:
            raise _unknown(self.model, error) from error

    def config(self, question: Question) -> types.GenerateContentConfig:
        """How an answer is to be made, and given as it came."""
        made = config(self._options, question)
        made.automatic_function_calling = types.AutomaticFunctionCallingConfig(disable=True)
        made.automatic_continuation = False
        made.should_return_http_response = True
        return made

    def close(self) -> None:
        """Give connections back; nobody may be asking any more."""
        self.client.close()
        if self._account:
            self._account.close()


def connected(options: GeminiOptions, key: str, account: Account | None = None) -> tuple[genai.Client, Deadline]:
    """A client of the library, and what its calls go through."""
    transport = Deadline(options.concurrency)
    trust = transport.trust  # given wherever the library would make another, which takes it a while
    project, location = options.site or ("", "")
    client = genai.Client(
        vertexai=account is not None,
        api_key=key or None,
        credentials=account.credentials if account else None,
        project=project or None,
        location=location or None,
        http_options=types.HttpOptions(
            base_url=base(options),
            api_version=version(options),
            timeout=int(options.timeout_s * 1000),
            client_args={"transport": transport, "verify": trust, "trust_env": False, "follow_redirects": False},
            async_client_args={"verify": trust, "ssl": trust},
            retry_options=types.HttpRetryOptions(attempts=1),
        ),
    )
    return client, transport


def config(options: GeminiOptions, question: Question) -> types.GenerateContentConfig:
    """How an answer is to be made."""
    thinking = None
    if options.thinking.lstrip("-").isdigit():
        thinking = types.ThinkingConfig(thinking_budget=int(options.thinking))
    elif options.thinking:
        thinking = types.ThinkingConfig(thinking_level=types.ThinkingLevel(options.thinking.upper()))
    if question.drawing is not None:
        return _drawn(question, question.drawing, thinking)
    return types.GenerateContentConfig(
        system_instruction=question.system or None,
        temperature=question.temperature,
        seed=question.seed,
        max_output_tokens=question.max_tokens,
        candidate_count=1,
        response_mime_type="application/json" if question.schema is not None else None,
        response_json_schema=question.schema,
        response_logprobs=True if question.logprobs else None,
        logprobs=question.logprobs or None,
        thinking_config=thinking,
        media_resolution=types.MediaResolution(_resolution(options.media)) if options.media else None,
    )


def _drawn(question: Question, drawing: Drawing, thinking: types.ThinkingConfig | None) -> types.GenerateContentConfig:
    """How a picture is to be made: as warm and as long as the model likes, for it was trained so."""
    shape = types.ImageConfig(aspect_ratio=drawing.aspect or None, image_size=drawing.size or None)
    return types.GenerateContentConfig(
        system_instruction=question.system or None,
        seed=question.seed,
        response_modalities=["IMAGE"],
        image_config=shape if drawing.aspect or drawing.size else None,
        thinking_config=thinking,
    )


def contents(question: Question) -> types.Content:
    """Words and pictures in order."""
    parts = [
        types.Part(inline_data=types.Blob(data=part.data, mime_type=part.mime))
        if isinstance(part, Picture)
        else types.Part(text=part)
        for part in question.parts
    ]
    return types.Content(role="user", parts=parts)


def version(options: GeminiOptions) -> str:
    """Version of the API."""
    return options.api_version or (SITE_VERSION if options.site else KEY_VERSION)


def base(options: GeminiOptions) -> str:
    """Where the service is. It is told to the library, which would look into the environment first."""
    if options.url:
        return options.url
    match location := options.site[1] if options.site else "":
        case "":
            return "https://generativelanguage.googleapis.com"
        case "global":
            return "https://aiplatform.googleapis.com"
        case "us" | "eu":
            return f"https://aiplatform.{location}.rep.googleapis.com"
        case _:
            return f"https://{location}-aiplatform.googleapis.com"


def _resolution(media: str) -> str:
    return f"MEDIA_RESOLUTION_{media.upper()}"


def said_no(model: str, error: errors.APIError) -> NhrError:
    """The error for a call that was answered with another status than 200."""
    body = error.details if isinstance(error.details, dict) else {}
    inner = body.get("error", body)
    details = inner.get("details") if isinstance(inner, dict) else None
    after_s = google_after(details)
    if after_s is None and error.response is not None:
        after_s = told_after(error.response.headers)
    reasons = " ".join(str(one.get("reason", "")) for one in details or [] if isinstance(one, dict)).strip()
    code = " ".join(word for word in (str(error.status or ""), reasons) if word)
    return refused(model, int(error.code or 0), str(error.message or ""), after_s, code)


def _unknown(model: str, error: auth.GoogleAuthError) -> NhrError:
    """A token that was not to be had: the server's fault where it says so, else that of the account."""
    passing = isinstance(error, auth.TransportError) or getattr(error, "retryable", False)
    found = unreachable(f"token for {model}", error)
    return found if passing else Misconfigured(f"{found} (is the service account right?)")
