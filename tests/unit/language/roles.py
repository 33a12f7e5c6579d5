"""The roles of a vision model over chats that say what they are told, and the jobs they are given."""

import json
from dataclasses import replace
from typing import Any

import cv2
import numpy as np

from schemas.messages import Candidate, JudgeJob, Request, Source
from schemas.ports import Image, Info, Task
from tests.golden import samples
from tests.unit.language.chats import Say, Scripted
from tests.unit.photographic.scenes import photograph
from workers.language.asking import Chat, Picture, Question
from workers.language.gating import GatingOptions, VlmGate
from workers.language.judging import JudgingOptions, VlmJudge
from workers.language.screening import ScreeningOptions, VlmScreen

SECRET = '{"scene":"the truth about this picture"}'
BEFORE, AFTER = Image(photograph(96, 64, seed=1), SECRET), Image(photograph(96, 64, seed=2), SECRET)
PAIR = (BEFORE, AFTER)


class Judge(VlmJudge[JudgingOptions]):
    """A judge whose chat is given."""

    INFO = Info(summary="judges through a given chat")

    def __init__(self, *says: Say, **options: object) -> None:
        super().__init__(JudgingOptions.model_validate({"model": "fake-1", **options}))
        self.chat = Scripted(*says)
        self.load()

    def connect(self) -> Chat:
        return self.chat

    def results(self, *tasks: Task[JudgeJob]) -> list[Any]:
        return [billed.result for billed in self.judge(tasks)]


class Screen(VlmScreen[ScreeningOptions]):
    """A screen whose chat is given."""

    INFO = Info(summary="screens through a given chat")

    def __init__(self, *says: Say, **options: object) -> None:
        super().__init__(ScreeningOptions.model_validate({"model": "fake-1", **options}))
        self.chat = Scripted(*says)
        self.load()

    def connect(self) -> Chat:
        return self.chat

    def results(self, *tasks: Task[Candidate]) -> list[Any]:
        return [billed.result for billed in self.screen(tasks)]


class Gate(VlmGate[GatingOptions]):
    """A gate whose chat is given."""

    INFO = Info(summary="gates through a given chat")

    def __init__(self, *says: Say, **options: object) -> None:
        super().__init__(GatingOptions.model_validate({"model": "fake-1", **options}))
        self.chat = Scripted(*says)
        self.load()

    def connect(self) -> Chat:
        return self.chat

    def results(self, *tasks: Task[Source]) -> list[Any]:
        return [billed.result for billed in self.inspect(tasks)]


def scores(adherence: object = 4.3, aesthetics: object = 2.8, **more: object) -> str:
    return json.dumps({"InstructionAdherence": adherence, "ImageAesthetic": aesthetics, **more})


def judgement(kind: str = "forward", operation: str = "recolor", other: str = "", job_id: str = "j") -> Task[JudgeJob]:
    update: dict[str, Any] = {
        "kind": kind, "job_id": job_id, "instruction": "Make the boat blue.",
        "request": Request(instruction="Make the boat blue.", operation=operation, effect=SECRET),
        "other": Request(instruction="Add a bird.", operation=other) if other else None,
    }  # fmt: skip
    return Task(samples.JUDGE_JOB.model_copy(update=update), PAIR)


def candidate(operation: str = "recolor") -> Task[Candidate]:
    request = Request(instruction="Make the boat blue.", operation=operation, effect=SECRET)
    job = samples.EDIT_JOB.model_copy(update={"request": request})
    return Task(samples.CANDIDATE.model_copy(update={"job": job}), PAIR)


def source(text: str = "a red boat on a lake") -> Task[Source]:
    subject = samples.SOURCE.subject.model_copy(update={"text": text})
    return Task(samples.SOURCE.model_copy(update={"subject": subject}), (BEFORE,))


def pictures(question: Question) -> list[Any]:
    """The pictures of a question, decoded."""
    files = [part.data for part in question.parts if isinstance(part, Picture)]
    return [cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB) for data in files]


def words(question: Question) -> str:
    """All that is said in a question."""
    return "\n".join([question.system, *(part for part in question.parts if isinstance(part, str))])


def sent(question: Question) -> bytes:
    """All bytes of a question."""
    files = b"".join(part.data for part in question.parts if isinstance(part, Picture))
    return words(question).encode() + files + json.dumps(question.schema).encode()


def noted(task: Task[Any], note: str) -> Task[Any]:
    """The same task, its pictures with another note."""
    return replace(task, images=tuple(replace(image, note=note) for image in task.images))
