"""Every topic, one line each: its name, message, key, partitions and the consumer groups that read it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from schemas import messages as m


@dataclass(frozen=True)
class Topic:
    """A Kafka topic: `message` may be a union; `key` names the message's partition key.

    `makers` are those who write it, `groups` the consumer groups that read it.
    """

    name: str
    message: Any
    key: Callable[[Any], str]
    partitions: int
    makers: tuple[str, ...]
    groups: tuple[str, ...]


def _event_key(event: Any) -> str:
    subject = m.subject_of(event)
    return str(subject.source_id if subject else event.source_id)


def _source_key(message: Any) -> str:
    subject = m.subject_of(message)
    if subject is None:
        raise ValueError(f"{type(message).__name__} carries no subject")
    return subject.source_id


PROMPTS = Topic("nhr.prompts.v1", m.Prompt, lambda p: str(p.prompt_id), 256, ("prompter",), ("generator",))
SOURCES = Topic("nhr.sources.v1", m.Source, _source_key, 64, ("prompter", "generator", "director"), ("gate",))
EDIT_JOBS = Topic("nhr.edit-jobs.v1", m.EditJob, _source_key, 256, ("director",), ("editor",))
CANDIDATES = Topic("nhr.candidates.v1", m.Candidate, _source_key, 256, ("editor", "director"), ("screen",))
JUDGE_JOBS = Topic("nhr.judge-jobs.v1", m.JudgeJob, _source_key, 256, ("director",), ("judge",))
TEXT_JOBS = Topic("nhr.text-jobs.v1", m.TextJob, _source_key, 64, ("director",), ("writer",))
VERDICTS = Topic(
    "nhr.verdicts.v1", m.Event, _event_key, 64, ("generator", "gate", "editor", "screen", "judge", "writer"),
    ("director", "recorder"),
)  # fmt: skip
TRIPLETS = Topic("nhr.triplets.v1", m.Triplet, _source_key, 64, ("director",), ("collector",))
DEAD_LETTERS = Topic("nhr.dead-letters.v1", None, str, 1, (), ())  # few, and numbered by their offset

ALL: tuple[Topic, ...] = (
    PROMPTS, SOURCES, EDIT_JOBS, CANDIDATES, JUDGE_JOBS, TEXT_JOBS, VERDICTS, TRIPLETS, DEAD_LETTERS
)  # fmt: skip

HOME: dict[type[m.Message], Topic] = {
    m.Prompt: PROMPTS, m.Source: SOURCES, m.EditJob: EDIT_JOBS, m.Candidate: CANDIDATES, m.JudgeJob: JUDGE_JOBS,
    m.TextJob: TEXT_JOBS, m.Triplet: TRIPLETS, m.GateVerdict: VERDICTS, m.ScreenVerdict: VERDICTS,
    m.JudgeVerdict: VERDICTS, m.TextAnswer: VERDICTS, m.Failure: VERDICTS, m.Redrive: VERDICTS,
}  # fmt: skip
"""Where each message class travels."""
