"""The prompt engineer for photographs on Gemini, by API key, in an enterprise's project, or tuned there."""

from typing import ClassVar

from schemas.ports import Info
from workers.language.describing import DescribingOptions, PhotoEngineer
from workers.language.engineering import REVISION
from workers.language.gemini import Gemini, GeminiOptions
from workers.plugin import Options


class PhotosOptions(GeminiOptions, DescribingOptions):
    """How the service is reached, and what it is asked."""


class Prompter(Gemini[PhotosOptions], PhotoEngineer[PhotosOptions]):
    """Shows photographs to Gemini."""

    INFO: ClassVar[Info] = Info(
        summary="Real photographs from a folder, captioned and given fitting edits by Gemini",
        licence="Gemini API terms: no models that compete with it",
        commercial=None,
        revision=REVISION,
        dear=True,
        accepts="photographs of any known format; edits in English and Chinese",
        extra="gemini",
    )
    OPTIONS: ClassVar[type[Options]] = PhotosOptions
