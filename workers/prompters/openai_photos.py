"""The prompt engineer for photographs on a model that is served as OpenAI's are: OpenAI, vLLM, SGLang."""

from typing import ClassVar

from schemas.ports import Info
from workers.language.describing import DescribingOptions, PhotoEngineer
from workers.language.engineering import REVISION
from workers.language.openai_chat import OpenAI, OpenAIOptions
from workers.plugin import Options


class PhotosOptions(OpenAIOptions, DescribingOptions):
    """How the service is reached, and what it is asked."""


class Prompter(OpenAI[PhotosOptions], PhotoEngineer[PhotosOptions]):
    """Shows photographs to an OpenAI-like server."""

    INFO: ClassVar[Info] = Info(
        summary="Real photographs from a folder, captioned and given fitting edits by an OpenAI-like server",
        licence="that of the model served",
        commercial=None,
        revision=REVISION,
        dear=True,
        accepts="photographs of any known format; edits in English and Chinese",
        extra="openai",
    )
    OPTIONS: ClassVar[type[Options]] = PhotosOptions
