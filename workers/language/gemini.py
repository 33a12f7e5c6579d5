"""Plug-ins over Gemini: by API key, in an enterprise's project, or a model tuned there."""

import json
import re
import time
import weakref
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypeVar

from pydantic import Field, field_validator, model_validator

from schemas.errors import UserError
from schemas.ids import digest
from schemas.ports import Billed, Task
from workers.language.asking import Chat
from workers.language.batching import Batching
from workers.language.notes import Notes
from workers.language.serving import Do, Served, ServiceOptions

if TYPE_CHECKING:
    from workers.language.gemini_calls import Account

ENDPOINT = re.compile(r"projects/([^/]+)/locations/([^/]+)/endpoints/[^/]+")


class GeminiOptions(ServiceOptions):
    """Which Gemini, and how it answers.

    With `project` it is an enterprise's, billed there and worked at in `location`; so is a tuned model, whose `model`
    is the full name of its endpoint, which tells both. `thinking` is a number of tokens, a level such as "low", or left
    to the model; `media` how finely pictures are read ("low", "medium", "high"). `batch` asks at half the price, with
    answers some minutes to a day later.
    """

    TUNING: ClassVar[frozenset[str]] = ServiceOptions.TUNING | {"batch"}

    api_version: str = ""
    project: str = ""
    location: Annotated[str, Field(pattern=r"^[a-z0-9-]+$")] = "global"
    thinking: Annotated[str, Field(pattern=r"^(-?\d{1,6}|minimal|low|medium|high|xhigh)?$")] = ""
    media: Annotated[str, Field(pattern=r"^(low|medium|high)?$")] = ""
    batch: bool = False

    @field_validator("model")
    @classmethod
    def _named_in_full(cls, model: str) -> str:
        """A tuned model by part of its name would be looked for among Google's own, and never found."""
        if ("endpoints" in model or model.isdigit()) and not ENDPOINT.fullmatch(model):
            raise ValueError("a tuned model is named in full: projects/PROJECT/locations/LOCATION/endpoints/NUMBER")
        return model

    @model_validator(mode="after")
    def _batches_are_by_key(self) -> "GeminiOptions":
        if self.batch and self.site:
            raise ValueError("batch is for Gemini by API key: an enterprise's takes no pictures in batches")
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

    _batching: "Batching | None" = None

    def load(self) -> None:
        """Connect; asks nothing."""
        super().load()
        self._batching = self._in_batches() if self.options.batch else None

    def each(self, tasks: Sequence[Task[Any]], do: Do) -> list[Billed]:
        """Run `do` for each task, side by side or in batches; see `Served.each`."""
        if self._batching is None:
            return super().each(tasks, do)
        return self._batching.each(tasks, lambda task, asker: self.one(task, do, asker), self.asker)

    def _in_batches(self) -> Batching:
        from workers.language.gemini_batches import GeminiBatches

        service = GeminiBatches(self.options, self.access.key("gemini"))
        self._closing_batches = weakref.finalize(self, service.close)
        folder = f"asked/{digest(self.options.telling())[:12]}/"
        return Batching(service, Notes(self.access.kept, folder), time.time)

    def close(self) -> None:
        """Give connections back."""
        super().close()
        if self._batching is not None:
            self._closing_batches()

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
