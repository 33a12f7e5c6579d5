"""The gate on Gemini, by API key, in an enterprise's project, or tuned there."""

from typing import ClassVar

from schemas.ports import Info
from workers.language.gating import REVISION, GatingOptions, VlmGate
from workers.language.gemini import Gemini, GeminiOptions
from workers.plugin import Options


class GateOptions(GeminiOptions, GatingOptions):
    """How the service is reached, and what it is asked."""


class Gate(Gemini[GateOptions], VlmGate[GateOptions]):
    """Looks through Gemini."""

    INFO: ClassVar[Info] = Info(
        summary="Asks Gemini whether a source shows its prompt and is plausible",
        licence="Gemini API terms: no models that compete with it",
        commercial=None,
        revision=REVISION,
        dear=True,
        batch=32,
        accepts="a picture, mostly with its prompt; any style",
        extra="gemini",
    )
    OPTIONS: ClassVar[type[Options]] = GateOptions
