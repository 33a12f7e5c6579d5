"""The soft screen on a vision model: two scores, then whether anything unwanted changed and whether it pleases."""

from collections.abc import Sequence
from typing import Annotated, TypeVar

from pydantic import Field

from schemas.messages import Candidate
from schemas.ports import Billed, Screened, Task
from workers.language.asking import Asker, Question
from workers.language.marks import ADHERENCE, AESTHETICS, score, seed, yes
from workers.language.serving import Served, ServiceOptions, readable_json
from workers.language.showing import shown
from workers.language.wording import operations, quoted, revision, rubric, wording

REVISION = revision("screen", "rubrics")
"""Of what screens are asked; a part of every recipe."""
UNWANTED, PLEASING = "UnwantedChanges", "Aesthetic"
FIELDS = (ADHERENCE, AESTHETICS, UNWANTED, PLEASING)


class ScreeningOptions(ServiceOptions):
    """`side`: pixels of the longest side shown. `tokens`: room for an answer, thoughts included."""

    temperature: Annotated[float, Field(ge=0, le=2)] = 0.0
    side: Annotated[int, Field(ge=64, le=4096)] = 1024
    tokens: Annotated[int, Field(ge=16, le=65536)] = 4096


ScreeningT = TypeVar("ScreeningT", bound=ScreeningOptions)


class VlmScreen(Served[ScreeningT]):
    """Tells `vlm.adherence` and `vlm.aesthetics` (1 to 5), `vlm.unwanted` and `vlm.pleasing` (0 or 1)."""

    def screen(self, tasks: Sequence[Task[Candidate]]) -> list[Billed]:
        """Measures of each attempt, or what kept the model from taking them."""
        return self.each(tasks, self._screened)

    def _screened(self, task: Task[Candidate], asker: Asker) -> Screened:
        answer = readable_json(asker.ask(self._question(task)))
        return Screened(
            {
                "vlm.adherence": score(answer, ADHERENCE),
                "vlm.aesthetics": score(answer, AESTHETICS),
                "vlm.unwanted": float(yes(answer, UNWANTED)),
                "vlm.pleasing": float(yes(answer, PLEASING)),
            }
        )

    def _question(self, task: Task[Candidate]) -> Question:
        words, request = wording("screen"), task.job.job.request
        before, after = shown(task.images, self.options.side)
        ask = words.said("ask", instruction=quoted(request.instruction), rubric=rubric(*operations(task.job)))
        return Question(
            system=words.said("system", example=words.example(FIELDS)),
            parts=("Before the edit:", before, "After the edit:", after, ask),
            schema=words.schema(FIELDS),
            max_tokens=self.options.tokens,
            temperature=self.options.temperature,
            seed=seed(task.job.job_id),
        )
