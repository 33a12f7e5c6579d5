"""Marks in a model's answer, read strictly: a score is a number from 1 to 5, yes and no are just those words."""

from collections.abc import Mapping
from typing import Any

from schemas.ids import digest
from workers.language.asking import Unreadable

LEAST, MOST = 1.0, 5.0
ADHERENCE, AESTHETICS, PRESERVATION = "InstructionAdherence", "ImageAesthetic", "Preservation"
REASON = "Reason"


def score(answer: Mapping[str, Any], name: str) -> float:
    """The score of that name; raises `Unreadable` for one that is missing, no number, or out of range."""
    value = _given(answer, name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unreadable(f"{name} is {_told(value)}, not a number")
    if not LEAST <= value <= MOST:
        raise Unreadable(f"{name} is {_told(value)}, not from {LEAST} to {MOST}")
    return float(value)


def yes(answer: Mapping[str, Any], name: str) -> bool:
    """The yes or no of that name; raises `Unreadable` for anything else."""
    value = _given(answer, name)
    if value not in ("yes", "no"):
        raise Unreadable(f'{name} is {_told(value)}, not "yes" or "no"')
    return bool(value == "yes")


def reason(answer: Mapping[str, Any]) -> str:
    """The reason, in one line; raises `Unreadable` where there is none."""
    value = _given(answer, REASON)
    if not isinstance(value, str) or not value.strip():
        raise Unreadable(f"{REASON} is {_told(value)}, not a text")
    return " ".join(value.split())


def seed(job_id: str) -> int:
    """A seed for a job's first question, with room above it for those that follow within 31 bits."""
    return int(digest("seed", job_id)[:6], 16)


def _given(answer: Mapping[str, Any], name: str) -> Any:
    if name not in answer:
        raise Unreadable(f"{name} is missing")
    return answer[name]


def _told(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:40]}…"
