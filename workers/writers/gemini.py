"""The writer on Gemini, by API key, in an enterprise's project, or tuned there."""

from typing import ClassVar

from schemas.ports import Info
from workers.language.gemini import Gemini, GeminiOptions
from workers.language.writing import REVISION, LlmWriter, WritingOptions
from workers.plugin import Options


class WriterOptions(GeminiOptions, WritingOptions):
    """How the service is reached, and what it is asked."""


class Writer(Gemini[WriterOptions], LlmWriter[WriterOptions]):
    """Writes instructions through Gemini."""

    INFO: ClassVar[Info] = Info(
        summary="Asks Gemini for inverses, composites, short, long, Chinese and rewritten forms",
        licence="Gemini API terms: no models that compete with it",
        commercial=None,
        revision=REVISION,
        dear=True,
        batch=32,
        accepts="any edit in English or Chinese; rewriting needs both pictures",
        extra="gemini",
    )
    OPTIONS: ClassVar[type[Options]] = WriterOptions
