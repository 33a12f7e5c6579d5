"""The generator on Gemini's image models, by API key or in an enterprise's project."""

from typing import ClassVar

from schemas.ports import Info
from workers.imaging.gemini import GeminiDrawingOptions, GeminiDrawn
from workers.imaging.roles import RemoteGenerator
from workers.plugin import Options


class Generator(GeminiDrawn[GeminiDrawingOptions], RemoteGenerator[GeminiDrawingOptions]):
    """Draws through generateContent."""

    INFO: ClassVar[Info] = Info(
        summary="Has a Gemini image model draw a prompt",
        licence="Gemini API terms: no models that compete with it",
        commercial=None,
        dear=True,
        reads_images=False,
        batch=32,
        sizes="its own, about a megapixel (more by `resolution`), in ten shapes from 9:16 to 21:9",
        accepts="any prompt",
        extra="gemini",
    )
    OPTIONS: ClassVar[type[Options]] = GeminiDrawingOptions
