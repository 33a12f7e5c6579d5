"""The judge on a model that is served as OpenAI's are: OpenAI, vLLM, SGLang."""

from typing import ClassVar

from schemas.ports import Info
from workers.language.judging import REVISION, JudgingOptions, VlmJudge
from workers.language.openai_chat import OpenAI, OpenAIOptions
from workers.plugin import Options


class JudgeOptions(OpenAIOptions, JudgingOptions):
    """How the service is reached, and what it is asked."""


class Judge(OpenAI[JudgeOptions], VlmJudge[JudgeOptions]):
    """Judges through chat completions."""

    INFO: ClassVar[Info] = Info(
        summary="Asks an OpenAI-like server for the two strict scores of a triplet, in one pass or several",
        licence="that of the model served",
        commercial=None,
        revision=REVISION,
        dear=True,
        batch=32,
        accepts="any (before, instruction, after)",
        extra="openai",
    )
    OPTIONS: ClassVar[type[Options]] = JudgeOptions
