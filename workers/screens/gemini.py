"""The soft screen on Gemini, by API key, in an enterprise's project, or tuned there."""

from typing import ClassVar

from schemas.ports import Info
from workers.language.gemini import Gemini, GeminiOptions
from workers.language.screening import REVISION, ScreeningOptions, VlmScreen
from workers.plugin import Options


class ScreenOptions(GeminiOptions, ScreeningOptions):
    """How the service is reached, and what it is asked."""


class Screen(Gemini[ScreenOptions], VlmScreen[ScreenOptions]):
    """Looks through Gemini."""

    INFO: ClassVar[Info] = Info(
        summary="Asks Gemini for a quick look: two scores, unwanted changes, does it please",
        licence="Gemini API terms: no models that compete with it",
        commercial=None,
        revision=REVISION,
        dear=True,
        batch=32,
        accepts="any edit in words, by the pictures before and after",
        extra="gemini",
    )
    OPTIONS: ClassVar[type[Options]] = ScreenOptions
