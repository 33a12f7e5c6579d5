"""Calls to OpenAI and its likes through the library openai; imported only where one is made."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
import openai
from openai.types.chat import ChatCompletion

from schemas.errors import NhrError
from workers.language.asking import Blocked, Question, Reply
from workers.language.deadline import Deadline
from workers.language.openai_answers import reply
from workers.language.openai_chat import OpenAIOptions, messages
from workers.language.serving import ServiceOptions
from workers.language.troubles import LONGEST_SAID, nonsense, refused, told_after, unreachable

OWN = "https://api.openai.com/v1"
MODERATED = frozenset({"moderation_blocked", "content_policy_violation", "content_filter"})
"""Codes of a refused request (status 400) that say the service will not."""


class OpenAIChat:
    """A connection to one model."""

    def __init__(self, options: OpenAIOptions, key: str) -> None:
        self.model = options.model
        self._options = options
        self._prices = options.prices()
        self._client, self._transport = connected(options, key)

    def ask(self, question: Question, timeout_s: float) -> Reply:
        """The model's answer; see `Chat`."""
        with told(self.model), self._transport.within(timeout_s):
            answer: object = self._client.chat.completions.create(**self.request(question))
        if not isinstance(answer, ChatCompletion):
            raise nonsense(self.model, "" if answer is None else str(answer))
        return reply(self.model, answer, self._prices)

    def known(self, timeout_s: float) -> bool | None:
        """Whether the server lists the model; see `Chat`."""
        with self._transport.within(timeout_s):
            return listed(self._client, self.model)

    def request(self, question: Question) -> dict[str, Any]:
        """The call, as the library takes it."""
        options = self._options
        asked: dict[str, Any] = {"model": self.model, "messages": messages(question, options.detail), "n": 1}
        if options.effort:
            asked |= {"reasoning_effort": options.effort, "max_completion_tokens": question.max_tokens}
        else:
            asked |= {"temperature": question.temperature, "max_tokens": question.max_tokens}
            if question.seed is not None:
                asked["seed"] = question.seed
        if question.schema is not None and options.structured:
            schema = {"name": "answer", "strict": True, "schema": question.schema}
            asked["response_format"] = {"type": "json_schema", "json_schema": schema}
        if question.logprobs and not options.effort:
            asked |= {"logprobs": True, "top_logprobs": question.logprobs}
        if options.thinking is not None:
            asked["extra_body"] = {"chat_template_kwargs": {"enable_thinking": options.thinking}}
        return asked

    def close(self) -> None:
        """Give connections back; nobody may be asking any more."""
        self._client.close()


def connected(options: ServiceOptions, key: str) -> tuple[openai.OpenAI, Deadline]:
    """A client of the library, and what its calls go through."""
    transport = Deadline(options.concurrency)
    client = openai.OpenAI(
        api_key=key,
        base_url=options.url or OWN,
        default_headers={"Authorization": f"Bearer {key}"},  # the environment may name another
        max_retries=0,
        timeout=options.timeout_s,
        http_client=httpx2.Client(transport=transport, trust_env=False, follow_redirects=False),
    )
    client.organization = client.project = None  # the library takes these from the environment
    return client, transport


def listed(client: openai.OpenAI, model: str) -> bool | None:
    """Whether a server lists the model; None where it has no list that the library can read."""
    with told(model):
        try:
            found: object = client.models.list()
        except openai.NotFoundError:
            return None
    names = {getattr(one, "id", None) for one in getattr(found, "data", None) or ()}
    return model in names if names - {None} else None


@contextmanager
def told(model: str) -> Iterator[None]:
    """Around a call of the library: its troubles as the errors that say what to do about them."""
    try:
        yield
    except openai.APIStatusError as error:
        raise said_no(model, error) from error
    except openai.APIConnectionError as error:
        cause = error.__cause__
        raise unreachable(model, cause if isinstance(cause, Exception) else error) from error
    except (ValueError, RecursionError) as error:
        raise nonsense(model, str(error)) from error


def said_no(model: str, error: openai.APIStatusError) -> NhrError:
    """The error for a call that was answered with another status than 200."""
    body: object = error.body
    inner = body.get("error", body) if isinstance(body, dict) else body
    said = inner.get("message") or inner.get("detail") if isinstance(inner, dict) else inner
    code = inner.get("code") if isinstance(inner, dict) else ""
    status, headers = error.status_code, error.response.headers
    if code in MODERATED:
        return Blocked(f"{model} would not answer: {' '.join(f'{code} {said or str()}'.split())[:LONGEST_SAID]}")
    return refused(model, status, str(said or ""), told_after(headers), code if isinstance(code, str) else "")
