"""Pictures drawn by OpenAI's image models, or by a server that is asked as they are: vLLM-Omni, SGLang."""

import json
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import Field

from schemas.errors import UserError
from workers.imaging.roles import DrawingOptions, Drawn
from workers.imaging.sizes import of_three, on_grid
from workers.language.asking import Chat, Drawing
from workers.language.openai_chat import key_for


class OpenAIDrawingOptions(DrawingOptions):
    """Which model draws, and how.

    Without `url` it is OpenAI's own; a server's is given up to its version, as in `http://host:8000/v1`. `own` servers
    are sent a seed and asked for base64: every one with a `url` unless said otherwise, as for a gateway to OpenAI.
    `steps`, `guidance`, `negative` and what is in `extra` ("name:value;name:value") are for such servers, too.

    `size`: "source" asks for just the size of the source or prompt (the default of one's own server), "grid" for the
    one nearest in shape that newer GPT image models draw (the default of OpenAI), "three" for one of the three of older
    models, "auto" leaves it to the model; or one such as "1024x768". `quality`, `fidelity` (to the source) and
    `answers` (format of the file) are OpenAI's `quality`, `input_fidelity` and `output_format`.
    """

    own: bool | None = None
    size: Annotated[str, Field(pattern=r"^(source|grid|three|auto|[1-9]\d{1,4}x[1-9]\d{1,4})?$")] = ""
    quality: Annotated[str, Field(pattern=r"^(low|medium|high|xhigh|max|auto)?$")] = ""
    fidelity: Annotated[str, Field(pattern=r"^(low|high)?$")] = ""
    answers: Annotated[str, Field(pattern=r"^(png|webp|jpeg)?$")] = ""
    steps: Annotated[int | None, Field(ge=1, le=1000)] = None
    guidance: Annotated[float | None, Field(ge=0, le=100)] = None
    negative: str = ""
    extra: Annotated[str, Field(pattern=r"^([A-Za-z_]\w*:[^;]*(;|$))*$")] = ""

    @property
    def is_own(self) -> bool:
        """Whether the server is one's own."""
        return bool(self.url) if self.own is None else self.own

    def fields(self) -> dict[str, Any]:
        """The fields of a request that OpenAI does not know."""
        known = {
            "num_inference_steps": self.steps,
            "guidance_scale": self.guidance,
            "negative_prompt": self.negative or None,
        }
        further = dict(part.split(":", 1) for part in self.extra.split(";") if part)
        return {name: value for name, value in known.items() if value is not None} | {
            name: _value(text) for name, text in further.items()
        }


def _value(text: str) -> Any:
    """A number, true or false as such; anything else is a text."""
    try:
        return json.loads(text)
    except ValueError:
        return text


OpenAIDrawingT = TypeVar("OpenAIDrawingT", bound=OpenAIDrawingOptions)


class OpenAIDrawn(Drawn[OpenAIDrawingT]):
    """Mixin: the pictures come from `/images/edits` and `/images/generations`."""

    MOST_SENT: ClassVar[int] = 50_000_000

    def connect(self) -> Chat:
        """A connection; raises `UserError` where a key or the package is missing."""
        try:
            from workers.imaging.openai_calls import OpenAIImages
        except ModuleNotFoundError as error:
            raise UserError(f"package {error.name} is not installed", 'pip install "nhr[openai]"') from None
        return OpenAIImages(self.options, key_for(self.options, self.access))

    def drawing(self, width: int, height: int) -> Drawing:
        """Its size in pixels."""
        match self.options.size or ("source" if self.options.is_own else "grid"):
            case "source":
                return Drawing(size=f"{width}x{height}")
            case "grid":
                return Drawing(size=on_grid(width, height))
            case "three":
                return Drawing(size=of_three(width, height))
            case size:
                return Drawing(size=size)
