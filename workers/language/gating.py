"""The plausibility gate on a vision model: does the picture show its prompt, and could it be?"""

from collections.abc import Sequence
from typing import Annotated, TypeVar

from pydantic import Field

from schemas.messages import Source
from schemas.ports import Billed, Gated, Task
from workers.language.asking import Asker, Question
from workers.language.marks import REASON, reason, seed, yes
from workers.language.serving import Served, ServiceOptions, readable_json
from workers.language.showing import shown
from workers.language.wording import quoted, revision, wording

REVISION = revision("gate")
"""Of what gates are asked; a part of every recipe."""
DEPICTS, PLAUSIBLE = "AccuratelyDepicts", "RealisticAndPlausible"


class GatingOptions(ServiceOptions):
    """`side`: pixels of the longest side shown. `tokens`: room for an answer, thoughts included."""

    temperature: Annotated[float, Field(ge=0, le=2)] = 0.0
    side: Annotated[int, Field(ge=64, le=4096)] = 1024
    tokens: Annotated[int, Field(ge=16, le=65536)] = 4096


GatingT = TypeVar("GatingT", bound=GatingOptions)


class VlmGate(Served[GatingT]):
    """Says yes where both questions are answered yes; of a picture without a prompt only the second one is asked.

    Tells `vlm.depicts` and `vlm.plausible`, each 0 or 1.
    """

    def inspect(self, tasks: Sequence[Task[Source]]) -> list[Billed]:
        """Yes or no with a short reason for each source, or what kept the model from giving it."""
        return self.each(tasks, self._inspected)

    def _inspected(self, task: Task[Source], asker: Asker) -> Gated:
        text = task.job.subject.text
        asked = {DEPICTS: "vlm.depicts", PLAUSIBLE: "vlm.plausible"} if text else {PLAUSIBLE: "vlm.plausible"}
        answer = readable_json(asker.ask(self._question(task, (REASON, *asked))))
        measures = {measure: float(yes(answer, name)) for name, measure in asked.items()}
        return Gated(all(measures.values()), reason(answer), measures)

    def _question(self, task: Task[Source], fields: Sequence[str]) -> Question:
        words, text = wording("gate"), task.job.subject.text
        ask = words.said("prompted", text=quoted(text)) if text else words.said("unprompted")
        return Question(
            system=words.said("system", example=words.example(fields)),
            parts=(*shown(task.images, self.options.side), ask),
            schema=words.schema(fields),
            max_tokens=self.options.tokens,
            temperature=self.options.temperature,
            seed=seed(task.job.job_id),
        )
