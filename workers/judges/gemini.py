"""The judge on Gemini, by API key, in an enterprise's project, or tuned there."""

from typing import ClassVar

from schemas.ports import Info
from workers.language.gemini import Gemini, GeminiOptions
from workers.language.judging import REVISION, JudgingOptions, VlmJudge
from workers.plugin import Options


class JudgeOptions(GeminiOptions, JudgingOptions):
    """How the service is reached, and what it is asked."""


class Judge(Gemini[JudgeOptions], VlmJudge[JudgeOptions]):
    """Judges through Gemini."""

    INFO: ClassVar[Info] = Info(
        summary="Asks Gemini for the two strict scores of a triplet, in one pass or several",
        licence="Gemini API terms: no models that compete with it",
        commercial=None,
        revision=REVISION,
        dear=True,
        batch=32,
        accepts="any (before, instruction, after)",
        extra="gemini",
    )
    OPTIONS: ClassVar[type[Options]] = JudgeOptions
