"""The editor on an image model that is served as OpenAI's are: OpenAI, vLLM-Omni, SGLang."""

from typing import ClassVar

from schemas.ports import Info
from workers.imaging.openai import OpenAIDrawingOptions, OpenAIDrawn
from workers.imaging.roles import RemoteEditor
from workers.plugin import Options


class Editor(OpenAIDrawn[OpenAIDrawingOptions], RemoteEditor[OpenAIDrawingOptions]):
    """Edits through `/images/edits`."""

    INFO: ClassVar[Info] = Info(
        summary="Has an OpenAI-like server edit a source by its instruction",
        licence="that of the model served",
        commercial=None,
        dear=True,
        batch=32,
        sizes="that of the source from a server of one's own, the nearest that OpenAI draws from it",
        accepts="any source, an instruction in words",
        extra="openai",
    )
    OPTIONS: ClassVar[type[Options]] = OpenAIDrawingOptions
