"""Pictures drawn by Gemini's image models."""

from typing import Annotated, ClassVar, TypeVar

from pydantic import Field

from workers.imaging.roles import DrawingOptions, Drawn
from workers.imaging.sizes import shape
from workers.language.asking import Drawing
from workers.language.gemini import Gemini, GeminiOptions

NEAR = 0.03
"""A source whose shape is farther from all of Gemini's is left to the model, which goes by the source."""


class GeminiDrawingOptions(DrawingOptions, GeminiOptions):
    """Which Gemini draws, and how.

    `aspect`: "source" for the shape that is most like the source's or the prompt's, "auto" for the model's choice, or
    one such as "16:9". `resolution` is for models that have several ("1K", "2K", "4K").
    """

    aspect: Annotated[str, Field(pattern=r"^(source|auto|\d{1,2}:\d{1,2})$")] = "source"
    resolution: Annotated[str, Field(pattern=r"^(512|1K|2K|4K)?$")] = ""


GeminiDrawingT = TypeVar("GeminiDrawingT", bound=GeminiDrawingOptions)


class GeminiDrawn(Gemini[GeminiDrawingT], Drawn[GeminiDrawingT]):
    """Mixin: the pictures are a Gemini's."""

    MOST_SENT: ClassVar[int] = 14_000_000
    """A request may be of 20 MB, in which a file is a third longer."""

    def drawing(self, width: int, height: int) -> Drawing:
        """Its shape by name, and its resolution."""
        aspect = self.options.aspect
        if aspect == "source":
            aspect = shape(width, height, NEAR) if self.EDITS else shape(width, height)
        return Drawing(aspect="" if aspect == "auto" else aspect, size=self.options.resolution)
