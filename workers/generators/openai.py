"""The generator on an image model that is served as OpenAI's are: OpenAI, vLLM-Omni, SGLang."""

from typing import ClassVar

from schemas.ports import Info
from workers.imaging.openai import OpenAIDrawingOptions, OpenAIDrawn
from workers.imaging.roles import RemoteGenerator
from workers.plugin import Options


class Generator(OpenAIDrawn[OpenAIDrawingOptions], RemoteGenerator[OpenAIDrawingOptions]):
    """Draws through `/images/generations`."""

    INFO: ClassVar[Info] = Info(
        summary="Has an OpenAI-like server draw a prompt",
        licence="that of the model served",
        commercial=None,
        dear=True,
        reads_images=False,
        batch=32,
        sizes="that of the prompt from a server of one's own, the nearest that OpenAI draws from it",
        accepts="any prompt",
        extra="openai",
    )
    OPTIONS: ClassVar[type[Options]] = OpenAIDrawingOptions
