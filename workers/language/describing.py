"""The prompt engineer for photographs as a role: a vision model writes caption and edits from each picture, once."""

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import Field

from schemas.errors import Reject
from schemas.ids import digest
from schemas.ports import Billed, Image, Task, Usage
from workers.language import engineering, quotas, standing
from workers.language.asking import Asker
from workers.language.prompting import EditingOptions
from workers.language.serving import Served
from workers.language.showing import shown
from workers.language.standing import FOLDER, Described, InMemory, Kept, Plan
from workers.language.texts import Language
from workers.photographic.folder import FolderOptions, Found, photographs
from workers.plugin import Intake, Skipped
from workers.plugin import Prompter as Base

SPARE = 3
"""Operations offered for each edit wanted, and as many more: few of them suit a given photograph."""
ASIDE = frozenset({"path", "match", "licence", "author", "licences"})

log = logging.getLogger(__name__)


class DescribingOptions(EditingOptions, FolderOptions):
    """Where photographs are, and which edits are written for them.

    `side`: pixels of the longest side shown; `tokens`: room for an answer, thoughts included.
    """

    tokens: Annotated[int, Field(ge=64, le=65536)] = 4096
    side: Annotated[int, Field(ge=64, le=4096)] = 1024


DescribingOptionsT = TypeVar("DescribingOptionsT", bound=DescribingOptions)


class PhotoEngineer(Served[DescribingOptionsT], Base[DescribingOptionsT]):
    """A prompter that shows photographs to a vision model, some at once, each only once whatever campaign it is for."""

    REREAD: ClassVar[bool] = True

    def __init__(self, options: DescribingOptionsT) -> None:
        super().__init__(options)
        self._memory = InMemory()
        self._connected = False
        self._hashes: dict[Path, str] = {}
        self.recipe = standing.recipe(self, ASIDE)

    def intake(self, campaign: str, start: int) -> Iterator[Intake]:
        """Files from number `start` on; raises `UserError` at once when there is nothing to read."""
        name = self.recipe.partition("@")[0]
        return self._proposed(campaign, photographs(self.options, start, name, self._hashes))

    def _proposed(self, campaign: str, found: Iterator[Found | Skipped]) -> Iterator[Intake]:
        while window := list(islice(found, self.options.concurrency)):
            answers = self._answers(campaign, [one for one in window if isinstance(one, Found)])
            for one in window:
                yield one if isinstance(one, Skipped) else self._photo(one, answers[one.sha256])

    def _photo(self, found: Found, answer: Described | Exception) -> Intake:
        """The photograph with what stands of it; raises `Retry`, and a bug, in its turn."""
        if isinstance(answer, Reject):
            return found.skipped(str(answer))
        if isinstance(answer, Exception):
            raise answer
        return found.photo(answer.requests, found.caption or answer.caption)

    # --- asking -------------------------------------------------------------------------------------------------------

    @property
    def _kept(self) -> Kept:
        return self.access.kept or self._memory

    def _key(self, sha256: str) -> str:
        return f"{FOLDER}photos/{sha256[:2]}/{sha256}.{self.recipe}"

    def _answers(self, campaign: str, window: Sequence[Found]) -> Mapping[str, Described | Exception]:
        """What stands of photographs by SHA-256, asked for where nothing does; or what kept the model from it."""
        stands = {one.sha256: standing.described(self._kept, self._key(one.sha256)) for one in window}
        answers: dict[str, Described | Exception] = {name: one for name, one in stands.items() if one is not None}
        fresh = [one for one in window if one.sha256 not in answers]
        if not fresh:
            return answers
        if not self._connected:
            self.load()
            self._connected = True
        shares = self.options.shares(self.access.acceptance())
        offers = [self._offer(one.sha256, shares) for one in fresh]
        began = time.monotonic()
        billed = self.each([Task(pair) for pair in zip(fresh, offers, strict=True)], self._described)
        for one, offer, bill in zip(fresh, offers, billed, strict=True):
            answers[one.sha256] = self._stood(campaign, one, offer, bill, began)
        return answers

    def _offer(self, sha256: str, shares: Mapping[str, float]) -> tuple[str, ...]:
        """The operations to choose from: those that were offered first, where the service has put it off."""
        count = SPARE * (self.options.edits + 1)
        plan = standing.planned(
            self._kept, self._key(sha256), lambda: Plan(offered=quotas.offered(shares, count, sha256))
        )
        return plan.offered

    def _described(self, task: Task[Any], asker: Asker) -> tuple[str, tuple[Any, ...]]:
        found, offer = task.job
        (picture,) = shown([Image(found.pixels)], self.options.side)
        pick = int(digest("photo", self.options.seed, found.sha256)[:6], 16)
        spoken = self.options.spoken
        language: Language = spoken[pick % len(spoken)]
        reply = asker.ask(
            engineering.photo_question(picture, self.options.edits, language, offer, pick, self.options.tokens)
        )
        return reply.model, engineering.photo_of(reply, self.options.edits, language, offer)

    def _stood(
        self, campaign: str, found: Found, offer: tuple[str, ...], billed: Billed, began: float
    ) -> Described | Exception:
        """The answer that stands, once this one is stored; what gave none is noted for what it took."""
        meter, key = standing.metered(billed.usage, began), self._key(found.sha256)
        if billed.usage != Usage():
            self.access.spent(billed.usage)
        if isinstance(billed.result, Exception):
            if billed.usage != Usage():
                reason = standing.told(billed.result)
                paid = standing.Paid(campaign=campaign, by=self.recipe, meter=meter, reason=reason)
                standing.keep_failed(self._kept, key, paid)
            return billed.result
        answer: Any = billed.result
        model, (caption, requests, refused) = answer
        if refused:
            log.info("%s: %s: %s", self.recipe, found.path, "; ".join(refused[:3]))
        record = Described(
            campaign=campaign, by=self.recipe, model=model, meter=meter, sha256=found.sha256, offered=offer,
            caption=caption, requests=requests, refused=tuple(standing.told(why) for why in refused),
        )  # fmt: skip
        return standing.keep(self._kept, key, record)
