"""The soft screen on a model that is served as OpenAI's are: OpenAI, vLLM, SGLang."""

from typing import ClassVar

from schemas.ports import Info
from workers.language.openai_chat import OpenAI, OpenAIOptions
from workers.language.screening import REVISION, ScreeningOptions, VlmScreen
from workers.plugin import Options


class ScreenOptions(OpenAIOptions, ScreeningOptions):
    """How the service is reached, and what it is asked."""


class Screen(OpenAI[ScreenOptions], VlmScreen[ScreenOptions]):
    """Looks through chat completions."""

    INFO: ClassVar[Info] = Info(
        summary="Asks an OpenAI-like server for a quick look: two scores, unwanted changes, does it please",
        licence="that of the model served",
        commercial=None,
        revision=REVISION,
        dear=True,
        batch=32,
        accepts="any edit in words, by the pictures before and after",
        extra="openai",
    )
    OPTIONS: ClassVar[type[Options]] = ScreenOptions
