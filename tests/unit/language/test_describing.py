"""Photographs are shown to a model once each, and what it wrote stands for every campaign."""

import json
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from infra.blobs.memory import MemoryBlobs
from schemas.errors import Pending, Reject, Retry, UserError
from schemas.ports import Blobs, Info
from schemas.taxonomy import taxonomy
from tests.unit.language import authors
from tests.unit.language.chats import PAID, Say, Scripted
from tests.unit.language.roles import pictures, words
from tests.unit.photographic.scenes import photograph
from workers.language import standing
from workers.language.asking import Blocked, Chat, Question
from workers.language.describing import DescribingOptions, PhotoEngineer
from workers.plugin import Access, Photo, Skipped


def by_rote(question: Question) -> str:
    return authors.described(words(question))


class Engineer(PhotoEngineer[DescribingOptions]):
    """An engineer whose chat is given."""

    INFO = Info(summary="describes photographs through a given chat")
    OPTIONS = DescribingOptions

    def __init__(
        self, path: Path, *says: Say, kept: Blobs | None = None, acceptance: Mapping[str, float] | None = None,
        **options: object,
    ) -> None:  # fmt: skip
        super().__init__(DescribingOptions.model_validate({"model": "fake-1", "path": str(path), **options}))
        self.chat = Scripted(*(says or (by_rote,)))
        self.access = Access(kept=kept, acceptance=lambda: acceptance or {})

    def connect(self) -> Chat:
        return self.chat

    def items(self, start: int = 0, campaign: str = "c") -> list[Any]:
        return list(self.intake(campaign, start))


@pytest.fixture
def blobs() -> MemoryBlobs:
    return MemoryBlobs()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number in range(4):
        cv2.imwrite(str(tmp_path / f"{number}.png"), photograph(96, 64, seed=number)[..., ::-1])
    (tmp_path / "2.json").write_text(json.dumps({"caption": "The harbour at Brest.", "licence": "CC0-1.0"}))
    (tmp_path / "9.jpg").write_bytes(b"no picture")
    return tmp_path


def test_each_photograph_comes_with_a_caption_edits_and_its_rights(folder: Path) -> None:
    engineer = Engineer(folder)
    *photos, skipped = engineer.items()
    assert [photo.name for photo in photos] == ["0.png", "1.png", "2.png", "3.png"]
    assert isinstance(skipped, Skipped)
    assert photos[0].caption == "A lantern on a wooden table in a garden."
    assert (photos[2].caption, photos[2].licence) == ("The harbour at Brest.", "CC0-1.0")
    assert all(len(photo.requests) == 4 for photo in photos)
    assert all(request.operation in taxonomy().operations for photo in photos for request in photo.requests)
    assert [len(pictures(question)) for question in engineer.chat.asked] == [1] * 4


def test_a_photograph_is_paid_for_once_whatever_the_campaign_and_the_folder(
    folder: Path, blobs: MemoryBlobs, tmp_path_factory: pytest.TempPathFactory
) -> None:
    first = Engineer(folder, kept=blobs).items()
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "x.png").write_bytes((folder / "1.png").read_bytes())
    again = Engineer(elsewhere, RuntimeError("is never asked"), kept=blobs, concurrency=2).items(campaign="d")
    assert [photo.requests for photo in again] == [first[1].requests]
    assert Engineer(folder, RuntimeError("is never asked"), kept=blobs).items(2)[0].requests == first[2].requests


def test_what_it_took_is_accounted_for_the_campaign_that_paid(folder: Path, blobs: MemoryBlobs) -> None:
    Engineer(folder, kept=blobs).items()
    Engineer(folder, kept=blobs).items(campaign="d")
    assert sum(meter.cost_usd for meter in standing.spent(blobs, "c")) == pytest.approx(4 * PAID.cost_usd)
    assert list(standing.spent(blobs, "d")) == []


@pytest.mark.parametrize(
    ("said", "askings"),
    [(Blocked("safety", PAID), 1), (Reject("too large"), 0), ("Sorry.", 3), ('{"caption": "A boat."}', 3)],
)
def test_a_photograph_that_gives_nothing_is_passed_over_and_asked_for_again_another_time(
    said: Say, askings: int, folder: Path, blobs: MemoryBlobs
) -> None:
    items = Engineer(folder, said, kept=blobs, match="0.png").items()
    assert [type(item) for item in items] == [Skipped]
    paid = sum(meter.tokens_in for meter in standing.spent(blobs))
    assert paid == askings * PAID.tokens_in
    assert len(Engineer(folder, kept=blobs, match="0.png").items()[0].requests) == 4


def test_what_came_before_an_outage_is_given_and_what_came_beside_it_stands(folder: Path, blobs: MemoryBlobs) -> None:
    shown = photograph(96, 64, seed=1).astype(int)

    def away_for_one(question: Question) -> Say:
        (picture,) = pictures(question)
        return Retry("busy", 3.0) if np.abs(picture - shown).mean() < 5 else by_rote(question)

    stream = Engineer(folder, away_for_one, kept=blobs).intake("c", 0)
    first = next(stream)
    with pytest.raises(Retry, match="busy"):
        next(stream)
    back = Engineer(folder, kept=blobs)
    names = [item.name for item in islice(back.intake("c", 1), 3) if isinstance(item, Photo)]
    assert isinstance(first, Photo)
    assert (first.name, names) == ("0.png", ["1.png", "2.png", "3.png"])
    assert len(back.chat.asked) == 1


def test_what_was_put_off_is_asked_for_in_the_same_words_whatever_is_accepted_meanwhile(
    folder: Path, blobs: MemoryBlobs
) -> None:
    first = Engineer(folder, Pending("waits"), kept=blobs, match="0.png", acceptance={"haircut": 0.01, "add": 0.5})
    with pytest.raises(Pending):
        first.items()
    later = Engineer(folder, kept=blobs, match="0.png", acceptance={"haircut": 0.5, "add": 0.01})
    later.items()
    assert later.chat.asked == first.chat.asked


def test_a_bug_ends_the_intake(folder: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        Engineer(folder, ZeroDivisionError()).items()


def test_files_before_the_start_are_not_read_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engineer = Engineer(folder)
    before = engineer.items()
    read: list[str] = []
    real = Path.read_bytes

    def reading(path: Path) -> bytes:
        read.append(path.name)
        return real(path)

    monkeypatch.setattr(Path, "read_bytes", reading)
    after = engineer.items(3)
    assert [type(item) for item in after] == [Photo, Skipped]
    assert after[0].requests == before[3].requests
    assert "0.png" not in read


def test_what_is_accepted_rarely_is_offered_more_often(tmp_path: Path) -> None:
    for number in range(40):
        cv2.imwrite(str(tmp_path / f"{number}.png"), photograph(64, 64, seed=number)[..., ::-1])

    def offers(acceptance: dict[str, float]) -> int:
        engineer = Engineer(tmp_path, acceptance=acceptance, edits=1)
        engineer.items()
        return sum("- haircut:" in words(question) for question in engineer.chat.asked)

    assert offers({"haircut": 0.02, "remove": 0.5, "add": 0.5}) > offers({})


def test_chinese_edits_are_asked_for_and_taken(folder: Path) -> None:
    photo, *_ = Engineer(folder, languages="zh").items()
    assert all("请" in request.instruction for request in photo.requests)


def test_a_folder_that_is_not_there_is_told_at_once() -> None:
    engineer = Engineer(Path("/nowhere"))
    with pytest.raises(UserError, match="test_describing: /nowhere does not exist"):
        engineer.intake("c", 0)
