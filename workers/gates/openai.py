"""The gate on a model that is served as OpenAI's are: OpenAI, vLLM, SGLang."""

from typing import ClassVar

from schemas.ports import Info
from workers.language.gating import REVISION, GatingOptions, VlmGate
from workers.language.openai_chat import OpenAI, OpenAIOptions
from workers.plugin import Options


class GateOptions(OpenAIOptions, GatingOptions):
    """How the service is reached, and what it is asked."""


class Gate(OpenAI[GateOptions], VlmGate[GateOptions]):
    """Looks through chat completions."""

    INFO: ClassVar[Info] = Info(
        summary="Asks an OpenAI-like server whether a source shows its prompt and is plausible",
        licence="that of the model served",
        commercial=None,
        revision=REVISION,
        dear=True,
        batch=32,
        accepts="a picture, mostly with its prompt; any style",
        extra="openai",
    )
    OPTIONS: ClassVar[type[Options]] = GateOptions
