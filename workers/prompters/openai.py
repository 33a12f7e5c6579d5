"""The prompt engineer on a model that is served as OpenAI's are: OpenAI, vLLM, SGLang."""

from typing import ClassVar

from schemas.ports import Info
from workers.language.engineering import REVISION
from workers.language.openai_chat import OpenAI, OpenAIOptions
from workers.language.prompting import EngineerOptions, PromptEngineer
from workers.plugin import Options


class PromptingOptions(OpenAIOptions, EngineerOptions):
    """How the service is reached, and what it is asked."""


class Prompter(OpenAI[PromptingOptions], PromptEngineer[PromptingOptions]):
    """Writes scenes through an OpenAI-like server."""

    INFO: ClassVar[Info] = Info(
        summary="Asks an OpenAI-like server for endless scenes with their edits, by quotas that follow acceptance",
        licence="that of the model served",
        commercial=None,
        revision=REVISION,
        dear=True,
        reads_images=False,
        accepts="any quota of operations, styles and sizes; English and Chinese",
        extra="openai",
    )
    OPTIONS: ClassVar[type[Options]] = PromptingOptions
