"""The prompt engineer as a role: endless scenes with their edits from a language model, the same ones for ever.

Items are numbered by arithmetic: every call gives `pairs * seeds` of them, so going on at any number reads only the
calls from there on. A call is one or more askings, each stored with its plan and what it took before anything is made
of it; what counts is what stands. A call that came out short is filled up with further seeds of its scenes.
"""

import logging
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field, field_validator

from schemas.errors import Reject, UserError
from schemas.ids import digest
from schemas.messages import MAX_REQUESTS, Prompt
from schemas.ports import Billed, Task, Usage
from workers.language import engineering, quotas, standing
from workers.language.asking import Asker
from workers.language.engineering import Scene
from workers.language.likeness import Seen
from workers.language.quotas import Slot
from workers.language.serving import Served, ServiceOptions
from workers.language.standing import FOLDER, Asking, InMemory, Kept, Plan
from workers.language.texts import Language
from workers.plugin import Intake
from workers.plugin import Prompter as Base

ENOUGH = 0.9
"""Share of the ordered scenes that ends a call at once."""
LEAST = 0.5
"""Share that ends it after `tries` askings; with less it is no call, and a person is told."""
AVOIDED = 60
"""Objects named to the model as taken, the latest ones."""

log = logging.getLogger(__name__)


class EditingOptions(ServiceOptions):
    """Which edits are written, besides how the model is asked.

    `edits` of each picture. `wanted`: shares of released operations, as in "remove=0.2;add=0.2". `most`: how many times
    as often as wanted an operation is asked for, at most, as its edits are accepted rarely; `attempts`: how many the
    policy makes. `languages` of instructions. `seed` asks for other ones.
    """

    edits: Annotated[int, Field(ge=1, le=MAX_REQUESTS)] = 4
    languages: Literal["en", "zh", "both"] = "en"
    wanted: str = ""
    most: Annotated[float, Field(ge=1.0, le=100.0)] = 4.0
    attempts: Annotated[int, Field(ge=1, le=100)] = 5
    seed: Annotated[int, Field(ge=0)] = 0

    @field_validator("wanted")
    @classmethod
    def _are_shares(cls, text: str) -> str:
        quotas.wanted(text)
        return text

    @property
    def spoken(self) -> Sequence[Language]:
        """The languages of instructions, in turn."""
        return ("en", "zh") if self.languages == "both" else (self.languages,)

    def shares(self, acceptance: Mapping[str, float]) -> Mapping[str, float]:
        """What to ask for, so that what is released comes to have the wanted shares."""
        return quotas.asked(quotas.wanted(self.wanted), acceptance, self.attempts, self.most)


class EngineerOptions(EditingOptions):
    """How scenes are written: `pairs` a call, each drawn with `seeds` seeds.

    Prompts are in English, or with `prompts=same` in the language of their edits; `megapixels` scales pictures.
    `tokens`: room for an answer, thoughts included (0: by what is ordered); where a server has less, ask fewer `pairs`.
    """

    timeout_s: Annotated[float, Field(gt=0, le=3600)] = 600.0
    pairs: Annotated[int, Field(ge=1, le=200)] = 50
    seeds: Annotated[int, Field(ge=1, le=1000)] = 10
    prompts: Literal["en", "same"] = "en"
    megapixels: Annotated[float, Field(ge=0.01, le=4.0)] = 1.0
    tokens: Annotated[int, Field(ge=0, le=1 << 20)] = 0


EngineerOptionsT = TypeVar("EngineerOptionsT", bound=EngineerOptions)


class PromptEngineer(Served[EngineerOptionsT], Base[EngineerOptionsT]):
    """A prompter that asks a language model; asks nothing while what stands is enough."""

    def __init__(self, options: EngineerOptionsT) -> None:
        super().__init__(options)
        self._memory = InMemory()
        self._connected = False
        self.recipe = standing.recipe(self)
        self._seen: tuple[str, Seen, list[str]] | None = None
        self.refused: Counter[str] = Counter()

    def intake(self, campaign: str, start: int) -> Iterator[Intake]:
        """Prompts from number `start` on. Raises `Retry` when the service is away, `UserError` when it is useless."""
        call, skip = divmod(start, self.options.pairs * self.options.seeds)
        while True:
            yield from self._items(campaign, call)[skip:]
            call, skip = call + 1, 0

    # --- calls --------------------------------------------------------------------------------------------------------

    def _items(self, campaign: str, call: int) -> list[Prompt]:
        """The prompts of a call: each scene with its seeds, and further seeds in place of scenes that are missing."""
        askings = self._askings(campaign, call)
        slots = askings[0].slots
        scenes = [scene for asking in askings for scene in asking.scenes][: self.options.pairs]
        named = [(f"llm-{digest('prompt', self.recipe, call, scene.order)[:24]}", scene) for scene in scenes]
        turns = [(at, seed) for at in range(len(named)) for seed in range(self.options.seeds)]
        missing = self.options.pairs * self.options.seeds - len(turns)
        turns += [(extra % len(named), self.options.seeds + extra // len(named)) for extra in range(missing)]
        return [
            Prompt(
                campaign=campaign, prompt_id=named[at][0], text=named[at][1].text, seed=seed,
                style=slots[named[at][1].order].style, width=slots[named[at][1].order].width,
                height=slots[named[at][1].order].height, requests=named[at][1].requests,
            )
            for at, seed in turns
        ]  # fmt: skip

    def _askings(self, campaign: str, call: int) -> list[Asking]:
        """The askings of a call, made as far as they do not stand; raises `UserError` when they give too little."""
        askings: list[Asking] = []
        while (found := standing.asking(self._kept, self._key(campaign, call, len(askings)))) is not None:
            askings.append(found)
        made = 0
        while not self._is_enough(askings):
            if made == self.options.tries:
                why = askings[-1].reason or f"refused: {', '.join(askings[-1].refused[:3])}"
                hint = "choose another model; what was written stands, and the same command goes on there"
                got = sum(len(asking.scenes) for asking in askings)
                raise UserError(f"{self.recipe} gave {got} of {self.options.pairs} scenes of call {call} ({why})", hint)
            asking = self._ask(campaign, call, askings)
            stands = standing.keep(self._kept, self._key(campaign, call, len(askings)), asking)
            if stands is not asking:
                self._learn(campaign, stands)
            askings.append(stands)
            made += 1
        return askings

    def _is_enough(self, askings: Sequence[Asking]) -> bool:
        share = sum(len(asking.scenes) for asking in askings) / self.options.pairs
        return share >= ENOUGH or (len(askings) >= self.options.tries and share >= LEAST)

    @property
    def _prompts_in(self) -> Language | None:
        """The language of prompts; None: each in that of its edits."""
        return "en" if self.options.prompts == "en" else None

    @property
    def _kept(self) -> Kept:
        return self.access.kept or self._memory

    def _key(self, campaign: str, call: int, asking: int) -> str:
        return f"{_folder(campaign)}{call:08d}-{asking:03d}.{self.recipe}"

    # --- asking -------------------------------------------------------------------------------------------------------

    def _ask(self, campaign: str, call: int, before: Sequence[Asking]) -> Asking:
        """Ask for what is missing of a call; raises `Retry`, with what it took noted."""
        if not self._connected:
            self.load()
            self._connected = True
        plan = standing.planned(self._kept, self._key(campaign, call, 0), lambda: self._plan(call))
        slots = before[0].slots if before else plan.slots
        done = {scene.order for asking in before for scene in asking.scenes}
        missing = {number: slot for number, slot in enumerate(slots, 1) if number - 1 not in done}
        seed = int(digest("ask", self.options.seed, call, len(before))[:8], 16) & 0x7FFFFFFF
        avoid = self._known(campaign)[1][-AVOIDED:]
        began = time.monotonic()

        def do(_task: Task[Any], asker: Asker) -> tuple[str, list[Any]]:
            reply = asker.ask(
                engineering.scenes_question(missing, self._prompts_in, avoid, seed, self.options.tokens, asker.attempt)
            )
            return reply.model, engineering.found_scenes(reply)

        billed = self.each([Task(None)], do)[0]
        meter = standing.metered(billed.usage, began)
        if billed.usage != Usage():
            self.access.spent(billed.usage)
        record = Asking(campaign=campaign, by=self.recipe, call=call, slots=slots, meter=meter)
        if isinstance(billed.result, Reject):
            log.warning("%s: call %d: %s", self.recipe, call, billed.result)
            return record.model_copy(update={"reason": standing.told(billed.result)})
        if isinstance(billed.result, Exception):
            self._note_failed(campaign, call, len(before), record, billed)
            raise billed.result
        return self._read(record, missing, billed.result)

    def _note_failed(self, campaign: str, call: int, asking: int, record: Asking, billed: Billed) -> None:
        if billed.usage != Usage():
            paid = standing.Paid(
                campaign=campaign, by=record.by, meter=record.meter, reason=standing.told(billed.result)
            )
            standing.keep_failed(self._kept, self._key(campaign, call, asking), paid)

    def _plan(self, call: int) -> Plan:
        o, shares = self.options, self.options.shares(self.access.acceptance())
        return Plan(slots=quotas.plan(o.seed, call, o.pairs, o.edits, shares, o.spoken, o.megapixels))

    # --- reading ------------------------------------------------------------------------------------------------------

    def _read(self, record: Asking, missing: dict[int, Slot], answer: Any) -> Asking:
        """What of an answer can be used; each thing that cannot is passed over, counted and told."""
        model, raw = answer
        seen = self._known(record.campaign)[0]
        scenes, refused = list[Scene](), list[str]()
        left = dict(missing)
        for one in raw:
            try:
                scene, reasons = engineering.scene_of(one, left, self._prompts_in, seen)
            except engineering.Unfit as unfit:
                refused.append(f"a scene {unfit}")
                continue
            refused += reasons
            scenes.append(scene)
            self._learn_scene(record.campaign, scene)
            del left[scene.order + 1]
        self.refused.update(why.partition(" (")[0] for why in refused)
        told = "".join(f"; {times} times {why}" for why, times in Counter(refused).most_common(3))
        level = logging.INFO if len(scenes) >= ENOUGH * len(missing) else logging.WARNING
        log.log(level, "%s: call %d: %d of %d scenes%s", record.by, record.call, len(scenes), len(missing), told)
        update = {"model": model, "scenes": tuple(scenes), "refused": tuple(standing.told(why) for why in refused)}
        return record.model_copy(update=update)

    def _known(self, campaign: str) -> tuple[Seen, list[str]]:
        """The latest prompts of the campaign, whatever recipe they are of, and the objects named in the latest."""
        if self._seen is None or self._seen[0] != campaign:
            self._seen = campaign, Seen(), []
            for key in self._kept.list(_folder(campaign)):
                if ".failed-" not in key and (found := standing.asking(self._kept, key)) is not None:
                    self._learn(campaign, found)
        return self._seen[1:]

    def _learn(self, campaign: str, asking: Asking) -> None:
        for scene in asking.scenes:
            self._learn_scene(campaign, scene)

    def _learn_scene(self, campaign: str, scene: Scene) -> None:
        seen, objects = self._known(campaign)
        seen.add(scene.text)
        objects += [name.casefold() for name in scene.objects[:1] if name.casefold() not in objects]
        del objects[:-AVOIDED]


def _folder(campaign: str) -> str:
    return f"{FOLDER}{digest('campaign', campaign)}/"
