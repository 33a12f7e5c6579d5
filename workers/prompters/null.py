"""Null prompter: endless scenes without words worth reading, for tests, benches and the simulator."""

import itertools
from collections.abc import Iterator
from typing import Annotated, ClassVar

from pydantic import Field

from schemas.messages import Prompt, Request
from schemas.ports import Info
from workers import odds, plugin
from workers.plugin import Intake, Options

OPERATIONS = ("remove", "add", "replace", "recolor")
NO_INVERSE = 0.051
THREE_REQUESTS = 0.3


class NullPrompterOptions(Options):
    """`requests`: edits asked of every scene; 0 asks four of most and three of 30 %.

    With two ring neighbours that makes composites 30.7 % of forward and inverse triplets, as in the paper.
    """

    requests: Annotated[int, Field(ge=0, le=32)] = 0


class Prompter(plugin.Prompter[NullPrompterOptions]):
    """Counts; 5.1 % of the requests have no inverse, as in the paper."""

    INFO: ClassVar[Info] = Info(summary="null: numbered scenes", reads_images=False)
    OPTIONS: ClassVar[type[Options]] = NullPrompterOptions

    def intake(self, campaign: str, start: int) -> Iterator[Intake]:
        """Scene `start` and all that follow."""
        for number in itertools.count(start):
            yield Prompt(
                campaign=campaign, prompt_id=f"null-{number:07d}", text=f"scene {number}", style="photograph",
                seed=0, width=8, height=8,
                requests=tuple(self._request(number, at) for at in range(self._count(number))),
            )  # fmt: skip

    def _count(self, number: int) -> int:
        return self.options.requests or (3 if odds.uniform("null", "count", number) < THREE_REQUESTS else 4)

    def _request(self, number: int, at: int) -> Request:
        final = odds.uniform("null", number, at) < NO_INVERSE
        return Request(instruction=f"edit {at}", operation="style" if final else OPERATIONS[at % len(OPERATIONS)])
