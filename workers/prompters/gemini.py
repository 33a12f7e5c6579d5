"""The prompt engineer on Gemini, by API key, in an enterprise's project, or tuned there."""

from typing import ClassVar

from schemas.ports import Info
from workers.language.engineering import REVISION
from workers.language.gemini import Gemini, GeminiOptions
from workers.language.prompting import EngineerOptions, PromptEngineer
from workers.plugin import Options


class PromptingOptions(GeminiOptions, EngineerOptions):
    """How the service is reached, and what it is asked."""


class Prompter(Gemini[PromptingOptions], PromptEngineer[PromptingOptions]):
    """Writes scenes through Gemini."""

    INFO: ClassVar[Info] = Info(
        summary="Asks Gemini for endless scenes with their edits, by quotas that follow acceptance",
        licence="Gemini API terms: no models that compete with it",
        commercial=None,
        revision=REVISION,
        dear=True,
        reads_images=False,
        accepts="any quota of operations, styles and sizes; English and Chinese",
        extra="gemini",
    )
    OPTIONS: ClassVar[type[Options]] = PromptingOptions
