"""Plug-ins over OpenAI, or over a server of one's own that speaks like it: vLLM, SGLang, llama.cpp and others."""

import base64
from collections.abc import Callable, Mapping
from typing import Annotated, TypeVar

from pydantic import Field

from schemas.errors import UserError
from workers.language.asking import Chat, Picture, Question
from workers.language.serving import Served, ServiceOptions
from workers.plugin import Access

NO_KEY = "EMPTY"
"""What servers without keys are told: the library wants some."""


class OpenAIOptions(ServiceOptions):
    """Which model, and how it answers.

    Without `url` it is OpenAI's own; a server's is given up to its version, as in `http://host:8000/v1`. `structured`:
    the server holds the model to the schema. `effort` is for models that reason: such take no temperature and no seed.
    `thinking` lets a model with a switch for it in its chat template think or not (Qwen, for one). `detail` is how
    finely pictures are read ("low", "high").
    """

    structured: bool = True
    effort: Annotated[str, Field(pattern=r"^(none|minimal|low|medium|high|xhigh)?$")] = ""
    thinking: bool | None = None
    detail: Annotated[str, Field(pattern=r"^(low|high|auto)?$")] = ""


OpenAIOptionsT = TypeVar("OpenAIOptionsT", bound=OpenAIOptions)


class OpenAI(Served[OpenAIOptionsT]):
    """Mixin: the served model is asked as OpenAI's are."""

    def connect(self) -> Chat:
        """A connection; raises `UserError` where a key or the package is missing."""
        try:
            from workers.language.openai_calls import OpenAIChat
        except ModuleNotFoundError as error:
            raise UserError(f"package {error.name} is not installed", 'pip install "nhr[openai]"') from None
        return OpenAIChat(self.options, key_for(self.options, self.access))


def data_url(picture: Picture) -> str:
    """The picture itself as an address."""
    return f"data:{picture.mime};base64,{base64.b64encode(picture.data).decode()}"


def messages(
    question: Question, detail: str = "", address: Callable[[Picture], str] = data_url
) -> list[Mapping[str, object]]:
    """Words and pictures in order; pictures by their `address`."""
    more = {"detail": detail} if detail else {}
    parts = [
        {"type": "text", "text": part}
        if isinstance(part, str)
        else {"type": "image_url", "image_url": {"url": address(part), **more}}
        for part in question.parts
    ]
    system = [{"role": "system", "content": question.system}] if question.system else []
    return [*system, {"role": "user", "content": parts}]


def key_for(options: ServiceOptions, access: Access) -> str:
    """The key to call with; raises `UserError` where OpenAI's own service would be called without one."""
    key = access.key("openai")
    if not key and not options.url:
        hint = "give NHR_OPENAI_KEY_FILE, or the url of a server of your own"
        raise UserError("OpenAI needs an API key", hint)
    return key or NO_KEY
