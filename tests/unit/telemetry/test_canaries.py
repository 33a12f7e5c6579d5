"""Canaries as metrics: the latest day of each judge against its first."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from infra.blobs.memory import MemoryBlobs
from infra.canary import days
from infra.telemetry.canaries import Canaries
from infra.telemetry.figures import Canary
from schemas.errors import UserError

TRUE = [1.0 + n / 5 for n in range(20)]
MILD = [min(5.0, one + 0.5) for one in TRUE]


def keep(blobs: MemoryBlobs, date: str, scores: Sequence[float] = TRUE, judge: str = "gemini@0123") -> None:
    marks = {f"case-{n}": days.Mark(adherence=one, aesthetics=4.0) for n, one in enumerate(scores)}
    days.keep(blobs, days.Day(date=date, judge=judge, cases_of="set", marks=marks))


def at(date: str) -> float:
    return datetime.fromisoformat(date).replace(tzinfo=UTC).timestamp()


def test_the_latest_day_counts() -> None:
    blobs = MemoryBlobs()
    canaries = Canaries(blobs)
    assert canaries.look() == []
    keep(blobs, "2026-01-01")
    assert canaries.look() == [Canary("gemini", False, at("2026-01-01"))]
    keep(blobs, "2026-01-02", MILD)
    assert canaries.look() == [Canary("gemini", True, at("2026-01-02"))]
    keep(blobs, "2026-01-03")
    assert canaries.look() == [Canary("gemini", False, at("2026-01-03"))]


def test_each_judge_is_told_by_its_plug_in_and_of_several_recipes_the_latest() -> None:
    blobs = MemoryBlobs()
    for judge, last, scores in (("gemini@aaaa", "2026-01-04", MILD), ("gemini@bbbb", "2026-01-09", TRUE)):
        keep(blobs, "2026-01-01", judge=judge)
        keep(blobs, last, scores, judge=judge)
    keep(blobs, "2026-01-05", judge="openai@cccc")
    assert sorted(Canaries(blobs).look()) == [
        Canary("gemini", False, at("2026-01-09")), Canary("openai", False, at("2026-01-05")),
    ]  # fmt: skip


def test_of_one_day_a_judge_that_drifted_is_not_hidden_by_one_that_did_not() -> None:
    blobs = MemoryBlobs()
    for judge, scores in (("gemini@aaaa", MILD), ("gemini@bbbb", TRUE)):
        keep(blobs, "2026-01-01", judge=judge)
        keep(blobs, "2026-01-02", scores, judge=judge)
    assert Canaries(blobs).look() == [Canary("gemini", True, at("2026-01-02"))]


def test_a_day_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    blobs, read = MemoryBlobs(), list[str]()
    keep(blobs, "2026-01-01")
    keep(blobs, "2026-01-02")
    get = blobs.get

    def noted(key: str) -> bytes:
        read.append(key)
        return get(key)

    monkeypatch.setattr(blobs, "get", noted)
    canaries = Canaries(blobs)
    assert canaries.look() == canaries.look()
    assert len(read) == 2


def test_a_day_that_cannot_be_read_is_one_clear_line() -> None:
    blobs = MemoryBlobs()
    blobs.put(f"{days.FOLDER}/gemini@aaaa/2026-01-01.json", b"{}")
    with pytest.raises(UserError, match=r"2026-01-01\.json holds no canary scores"):
        Canaries(blobs).look()
