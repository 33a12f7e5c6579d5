"""Calls to `/images/edits` and `/images/generations` through the library openai; imported only where one is made."""

from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx2
from openai.types import ImagesResponse
from openai.types.images_response import Usage as Told

from schemas.ports import Usage
from workers.imaging.openai import OpenAIDrawingOptions
from workers.language.asking import Fruitless, Picture, Question, Reply, Unreadable
from workers.language.openai_calls import OWN, connected, listed, told
from workers.language.prices import Counts, Prices
from workers.language.reading import from_base64
from workers.language.troubles import LONGEST_SAID, nonsense

MOST_BYTES = 64_000_000
"""The largest file that is fetched."""
FETCHES = 3
"""How often a picture is fetched that was paid for already."""


class OpenAIImages:
    """A connection to one model. Each call is made once: the library's own retries would pay for a picture twice."""

    def __init__(self, options: OpenAIDrawingOptions, key: str) -> None:
        self.model = options.model
        self._options, self._key = options, key
        self._prices: Prices = options.prices()
        self._client, self._transport = connected(options, key)
        self._http = httpx2.Client(transport=self._transport, trust_env=False, follow_redirects=False)

    def ask(self, question: Question, timeout_s: float) -> Reply:
        """The model's picture; see `Chat`."""
        with self._transport.within(timeout_s):
            with told(self.model):
                answer = self._asked(question)
            if not isinstance(answer, ImagesResponse):
                raise nonsense(self.model, "" if answer is None else str(answer))
            usage = self._prices.usage(self.model, counts(answer.usage))
            return Reply("", usage, model=self.model, pictures=(self._picture(answer, usage),))

    def known(self, timeout_s: float) -> bool | None:
        """Whether the server lists the model; see `Chat`."""
        with self._transport.within(timeout_s):
            return listed(self._client, self.model)

    def _asked(self, question: Question) -> object:
        files = [part for part in question.parts if isinstance(part, Picture)]
        if not files:
            return self._client.images.generate(**self.request(question))
        # Several would be sent as image[]; one by the name that every server knows.
        file = (f"source.{files[0].mime.rpartition('/')[2]}", files[0].data, files[0].mime)
        return self._client.images.edit(image=file, **self.request(question, editing=True))

    def request(self, question: Question, editing: bool = False) -> dict[str, Any]:
        """The call, as the library takes it."""
        options = self._options
        words = " ".join(part for part in question.parts if isinstance(part, str))
        fields = options.fields()
        if options.is_own and question.seed is not None:
            fields = {"seed": question.seed, **fields}
        asked = {
            "model": self.model,
            "prompt": words,
            "n": 1,
            "size": question.drawing.size if question.drawing else "",
            "quality": options.quality,
            "output_format": options.answers,
            "input_fidelity": options.fidelity if editing else "",
            "response_format": "b64_json" if options.is_own else "",
            "extra_body": fields,
        }
        return {name: value for name, value in asked.items() if value}

    def _picture(self, answer: ImagesResponse, usage: Usage) -> Picture:
        """The first picture, of several too."""
        given: object = answer.data
        first = given[0] if isinstance(given, list) and given else None
        packed, place = getattr(first, "b64_json", None), getattr(first, "url", None)
        if isinstance(packed, str) and packed:
            return self._unpacked(packed, usage)
        if isinstance(place, str) and place.startswith("data:"):
            return self._unpacked(place.partition("base64,")[2], usage)
        if isinstance(place, str) and place:
            return self._fetched(place, usage)
        why = getattr(answer, "error", None) or getattr(answer, "message", None) or "no picture"
        raise Fruitless(f"{self.model} answered with nothing: {' '.join(str(why).split())[:LONGEST_SAID]}", usage)

    def _unpacked(self, text: str, usage: Usage) -> Picture:
        try:
            return Picture(from_base64(text), "")
        except ValueError:
            raise Unreadable(f"{self.model} drew a picture that came damaged: no whole base64", usage) from None

    def _fetched(self, place: str, usage: Usage) -> Picture:
        """A picture by its address, which has to be on the server that was asked: nobody else is told anything."""
        base = (self._options.url or OWN).rstrip("/") + "/"
        address, why = _within(base, place), ""
        if not address:
            elsewhere = f"{self.model} answered with an address that is not its server's, not with a picture"
            raise Fruitless(f"{elsewhere}; nothing is fetched elsewhere: have it answer with b64_json", usage)
        for _ in range(FETCHES):
            try:
                return Picture(self._get(address), "")
            except httpx2.HTTPError as error:
                why = f"{type(error).__name__}: {error}"
            except (ValueError, httpx2.InvalidURL) as error:
                raise Fruitless(f"{self.model}: the picture cannot be fetched: {error}", usage) from None
        raise Fruitless(f"{self.model}: the picture cannot be fetched: {why[:LONGEST_SAID]}", usage)

    def _get(self, address: str) -> bytes:
        data = bytearray()
        headers = {"Authorization": f"Bearer {self._key}"}
        with self._http.stream("GET", address, headers=headers, timeout=self._options.timeout_s) as response:
            if response.status_code != httpx2.codes.OK:
                raise ValueError(f"status {response.status_code}")
            for piece in response.iter_bytes():
                data += piece
                if len(data) > MOST_BYTES:
                    raise ValueError(f"it is over {MOST_BYTES} bytes")
        return bytes(data)

    def close(self) -> None:
        """Give connections back; nobody may be asking any more."""
        self._client.close()
        self._http.close()


def _within(base: str, place: str) -> str:
    """The whole address of what is at `place` on the server of `base`; "" where it is not there."""
    try:
        address = urljoin(base, place)
        return address if _origin(address) == _origin(base) else ""
    except ValueError:
        return ""


def _origin(address: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(address)
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def counts(usage: object) -> Counts:
    """The tokens used. Where they are not told apart, all that was put out is the picture."""
    if not isinstance(usage, Told):
        return Counts()
    output = _whole(usage.output_tokens)
    drawn = _whole(getattr(usage.output_tokens_details, "image_tokens", None))
    return Counts(
        input=_whole(usage.input_tokens),
        output=output,
        image_input=_whole(getattr(usage.input_tokens_details, "image_tokens", None)),
        image_output=drawn or output,
    )


def _whole(value: object) -> int:
    return max(0, value) if isinstance(value, int) else 0
