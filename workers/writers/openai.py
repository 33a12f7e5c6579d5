"""The writer on a model that is served as OpenAI's are: OpenAI, vLLM, SGLang."""

from typing import ClassVar

from schemas.ports import Info
from workers.language.openai_chat import OpenAI, OpenAIOptions
from workers.language.writing import REVISION, LlmWriter, WritingOptions
from workers.plugin import Options


class WriterOptions(OpenAIOptions, WritingOptions):
    """How the service is reached, and what it is asked."""


class Writer(OpenAI[WriterOptions], LlmWriter[WriterOptions]):
    """Writes instructions through an OpenAI-like server."""

    INFO: ClassVar[Info] = Info(
        summary="Asks an OpenAI-like server for inverses, composites, short, long, Chinese and rewritten forms",
        licence="that of the model served",
        commercial=None,
        revision=REVISION,
        dear=True,
        batch=32,
        accepts="any edit in English or Chinese; rewriting needs both pictures",
        extra="openai",
    )
    OPTIONS: ClassVar[type[Options]] = WriterOptions
