"""Gemini's batch API: sent through google-genai, looked at as it is on the wire.

The library would lose why a batch failed, and what it does not know in one answer would spoil all of a batch. Its
reference: https://ai.google.dev/gemini-api/docs/batch-api
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

import httpx2
from google.genai import errors, types

from schemas.errors import NhrError
from workers.language.asking import Question, Unreadable
from workers.language.batching import Answer, Look
from workers.language.gemini import GeminiOptions
from workers.language.gemini_answers import fields, opened, reply, rows, whole
from workers.language.gemini_calls import base, config, connected, contents, said_no, version
from workers.language.prices import BATCH_SHARE
from workers.language.troubles import refused, told_after, unreachable

UPLOAD_S = 300.0
"""Time for a batch of pictures to be sent."""
PAGE = 100
DONE = frozenset({"SUCCEEDED", "PARTIALLY_SUCCEEDED"})
LOST = frozenset({"FAILED", "CANCELLED", "EXPIRED"})
STATUS = {3: 400, 4: 504, 5: 404, 7: 403, 8: 429, 9: 400, 10: 409, 11: 400, 13: 500, 14: 503, 16: 401}
"""HTTP's name for Google's (https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto)."""


class GeminiBatches:
    """The batches of one model."""

    def __init__(self, options: GeminiOptions, key: str) -> None:
        self._options = options
        self._prices = options.prices(BATCH_SHARE)
        self._client, self._transport = connected(options, key)
        self._http = httpx2.Client(
            base_url=f"{base(options).rstrip('/')}/{version(options)}/",
            headers={"x-goog-api-key": key},
            transport=self._transport,
            timeout=options.timeout_s,
        )
        self._places: dict[str, str] = {}

    def send(self, name: str, questions: Mapping[str, Question]) -> None:
        """Send a batch; see `Batches`."""
        asked = [
            types.InlinedRequest(
                contents=[contents(question)], config=config(self._options, question), metadata={"key": key}
            )
            for key, question in questions.items()
        ]
        named = types.CreateBatchJobConfig(display_name=name)
        try:
            with self._transport.within(max(UPLOAD_S, self._options.timeout_s)):
                made = self._client.batches.create(model=self._options.model, src=asked, config=named)
        except errors.APIError as error:
            raise said_no(self._options.model, error) from error
        except (httpx2.HTTPError, ValueError) as error:  # ValueError: what came back is no batch
            raise unreachable(self._options.model, error) from error
        if made.name:
            self._places[name] = made.name

    def look(self, names: Iterable[str]) -> Mapping[str, Look]:
        """What became of batches; see `Batches`."""
        wanted = list(names)
        if not all(name in self._places for name in wanted):
            self._find(set(wanted))
        return {name: self._seen(name) if name in self._places else Look("absent") for name in wanted}

    def _find(self, wanted: set[str]) -> None:
        """Where batches are that were sent in another life, or in a call that did not come back."""
        page = ""
        while True:
            listed = self._get("batches", {"pageSize": str(PAGE), **({"pageToken": page} if page else {})})
            for operation in map(fields, rows(listed.get("operations"))):
                name, place = fields(operation.get("metadata")).get("displayName"), operation.get("name")
                if name in wanted and isinstance(place, str):
                    self._places[str(name)] = place
            page = str(listed.get("nextPageToken") or "")
            if not page or wanted <= self._places.keys():
                return

    def _seen(self, name: str) -> Look:
        operation = self._get(self._places[name])
        metadata = fields(operation.get("metadata"))
        state = str(metadata.get("state", "")).rpartition("STATE_")[2]
        if state in DONE:
            found = fields(operation.get("response") or metadata.get("output")).get("inlinedResponses")
            answers = found if isinstance(found, list) else rows(fields(found).get("inlinedResponses"))
            return Look("done", dict(self._answer(fields(row)) for row in answers))
        if state in LOST or operation.get("error"):
            told = fields(operation.get("error")).get("message", "")
            return Look("failed", reason=" ".join(f"{state.lower()} {told}".split()))
        return Look("pending")

    def _answer(self, row: Mapping[str, Any]) -> tuple[str, Answer]:
        """A question's key and its answer."""
        key = str(fields(row.get("metadata")).get("key", ""))
        try:
            if error := fields(row.get("error")):
                code = error.get("code")
                status = STATUS.get(code, code) if isinstance(code, int) else 500
                raise refused(self._options.model, status, str(error.get("message", "")))
            body = opened(self._options.model, json.dumps(row.get("response")))
            return key, reply(self._options.model, body, self._prices)
        except (NhrError, Unreadable) as error:
            return key, error

    def _get(self, path: str, query: Mapping[str, str] | None = None) -> Mapping[str, Any]:
        try:
            with self._transport.within(self._options.timeout_s):
                response = self._http.get(path, params=query)
        except httpx2.HTTPError as error:
            raise unreachable(self._options.model, error) from error
        if response.status_code != 200:
            raise refused(self._options.model, response.status_code, response.text, told_after(response.headers))
        return whole(self._options.model, response.text)

    def close(self) -> None:
        """Give connections back."""
        self._client.close()
        self._http.close()
