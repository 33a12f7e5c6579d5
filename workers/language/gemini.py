"""Plug-ins over Gemini: by API key, in an enterprise's project, or a model tuned there."""

import json
import re
from typing import TYPE_CHECKING, Annotated, TypeVar

from pydantic import Field, field_validator, model_validator

from schemas.errors import UserError
from workers.language.asking import Chat
from workers.language.serving import Served, ServiceOptions

if TYPE_CHECKING:
    from workers.language.gemini_calls import Account

ENDPOINT = re.compile(r"projects/([^/]+)/locations/([^/]+)/endpoints/[^/]+")


class GeminiOptions(ServiceOptions):
    """Which Gemini, and how it answers.

    With `project` and `location` it is the enterprise's, billed there; `model` may then be a tuned one, by the full
    name of its endpoint, which tells both. `thinking` is a number of tokens, a level such as "low", or left to the
    model; `media` how finely pictures are read ("low", "medium", "high").
    """

    api_version: str = ""
    project: str = ""
    location: str = ""
    thinking: Annotated[str, Field(pattern=r"^(-?\d{1,6}|minimal|low|medium|high|xhigh)?$")] = ""
    media: Annotated[str, Field(pattern=r"^(low|medium|high)?$")] = ""

    @field_validator("model")
    @classmethod
    def _named_in_full(cls, model: str) -> str:
        """A tuned model by part of its name would be looked for among Google's own, and never found."""
        if ("endpoints" in model or model.isdigit()) and not ENDPOINT.fullmatch(model):
            raise ValueError("a tuned model is named in full: projects/PROJECT/locations/LOCATION/endpoints/NUMBER")
        return model

    @model_validator(mode="after")
    def _project_has_a_location(self) -> "GeminiOptions":
        if bool(self.project) != bool(self.location):
            raise ValueError("project and location go together")
        return self

    @property
    def site(self) -> tuple[str, str] | None:
        """Project and location of the enterprise's Gemini; None for the one by API key."""
        if self.project:
            return self.project, self.location
        tuned = ENDPOINT.fullmatch(self.model)
        return (tuned[1], tuned[2]) if tuned else None


GeminiOptionsT = TypeVar("GeminiOptionsT", bound=GeminiOptions)


class Gemini(Served[GeminiOptionsT]):
    """Mixin: the served model is a Gemini."""

    def connect(self) -> Chat:
        """A connection; raises `UserError` where a key, an account or the package is missing."""
        try:
            from workers.language.gemini_calls import GeminiChat
        except ModuleNotFoundError as error:
            raise UserError(f"package {error.name} is not installed", 'pip install "nhr[gemini]"') from None
        if self.options.site is None:
            if not (key := self.access.key("gemini")):
                raise UserError("Gemini needs an API key", "give NHR_GEMINI_KEY_FILE, or project and location")
            return GeminiChat(self.options, key=key)
        return GeminiChat(self.options, account=self._account())

    def _account(self) -> "Account":
        from workers.language.gemini_calls import Account

        if not (text := self.access.key("gemini_account")):
            raise UserError("an enterprise's Gemini needs a service account", "give NHR_GEMINI_ACCOUNT_FILE")
        try:
            return Account(json.loads(text))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            what = f"NHR_GEMINI_ACCOUNT_FILE is no service account's key ({error})"
            raise UserError(what, "give the JSON file that Google Cloud made") from None
