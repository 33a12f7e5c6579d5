"""A prompter without a language model: endless scenes and their edits out of a small grammar, always the same ones."""

from collections.abc import Iterator
from typing import Annotated, ClassVar

from pydantic import Field

from schemas.messages import Prompt
from schemas.ports import Info
from workers.plugin import Intake, Options
from workers.plugin import Prompter as Base
from workers.simulated.grammar import proposal


class GrammarOptions(Options):
    """`seed` picks another endless list, `megapixels` the size of pictures, `seeds` how many pictures a prompt."""

    seed: Annotated[int, Field(ge=0)] = 0
    megapixels: Annotated[float, Field(gt=0.01, le=4.0)] = 0.25
    seeds: Annotated[int, Field(ge=1, le=1000)] = 1


class Prompter(Base[GrammarOptions]):
    """Item number i is always the same prompt; there is no last one."""

    INFO: ClassVar[Info] = Info(
        summary="simulated: endless drawn scenes with edits, from a grammar", reads_images=False
    )
    OPTIONS: ClassVar[type[Options]] = GrammarOptions

    def intake(self, campaign: str, start: int) -> Iterator[Intake]:
        """Prompts from number `start` on: every prompt `seeds` times, each time with another seed."""
        number = start
        while True:
            yield self.item(campaign, number)
            number += 1

    def item(self, campaign: str, number: int) -> Prompt:
        """Prompt number `number`."""
        which, seed = divmod(number, self.options.seeds)
        made = proposal(self.options.seed, which, self.options.megapixels)
        name = f"grammar-{which:07d}" if not self.options.seed else f"grammar-s{self.options.seed}-{which:07d}"
        return Prompt(
            campaign=campaign,
            prompt_id=name,
            text=made.text,
            style=made.style,
            seed=seed,
            width=made.width,
            height=made.height,
            requests=made.requests,
        )
