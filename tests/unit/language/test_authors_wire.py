"""Prompters and writers through the real client libraries, on good days of their services and on bad ones."""

import json
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import pytest

from infra.blobs.memory import MemoryBlobs
from schemas.errors import Reject, Retry
from schemas.messages import Prompt
from schemas.ports import Task
from tests.contract.served import words_of
from tests.unit.language import authors
from tests.unit.language.services import KEYS
from tests.unit.language.test_roles_wire import EACH, Service
from tests.unit.language.test_writing import INVERSE, job
from tests.unit.photographic.scenes import photograph
from tests.wire.server import Wire
from tests.wire.traffic import HTML, Reply, Request
from workers import roster
from workers.language import standing
from workers.language.asking import Blocked
from workers.plugin import Access, Photo, Prompter

Speak = Callable[[Request], Reply]


def prompter(service: Service, wire: Wire, blobs: MemoryBlobs, name: str = "", **options: object) -> Prompter[Any]:
    given = {"model": service.model, "url": wire.url + service.path, "timeout_s": 10, **options}
    found = roster.build("prompter", name or service.name, given)
    assert isinstance(found, Prompter)
    found.access = Access(lambda service: KEYS[service], blobs)
    return found


def scenes(service: Service, wire: Wire, blobs: MemoryBlobs) -> list[Prompt]:
    one = prompter(service, wire, blobs, pairs=4, seeds=2, edits=2)
    return [item for item in islice(one.intake("c", 0), 8) if isinstance(item, Prompt)]


def engineer(service: Service, spoil: Callable[[str], str] = str) -> Speak:
    """Answers as it is ordered, each time with other things."""
    times = iter(range(1000))
    return lambda request: service.text(spoil(authors.answer(words_of(request.json), next(times))))


@pytest.fixture
def blobs() -> MemoryBlobs:
    return MemoryBlobs()


@EACH
def test_scenes_come_with_what_they_cost_and_stand(wire: Wire, service: Service, blobs: MemoryBlobs) -> None:
    wire.on(service.route, engineer(service))
    found = scenes(service, wire, blobs)
    assert len({prompt.text for prompt in found}) == 4
    assert len(wire.requests(service.route)) == 1
    assert scenes(service, wire, blobs) == found
    assert len(wire.requests(service.route)) == 1
    (meter,) = standing.spent(blobs, "c")
    assert meter.tokens_in > 1000
    assert meter.cost_usd > 0


@EACH
def test_the_model_is_held_to_the_schema(wire: Wire, service: Service, blobs: MemoryBlobs) -> None:
    wire.on(service.route, engineer(service))
    scenes(service, wire, blobs)
    (request,) = wire.requests(service.route)
    assert list(service.schema(request.json)["properties"]) == ["scenes"]
    assert service.seed(request.json) >= 0


@EACH
@pytest.mark.parametrize(
    "spoil",
    [lambda text: f"Here you are: {text[:-30]}", lambda _text: "[]", lambda text: text.replace("scenes", "pictures")],
    ids=["cut", "a list", "another name"],
)
def test_an_unreadable_day_is_asked_about_again(
    wire: Wire, service: Service, blobs: MemoryBlobs, spoil: Callable[[str], str]
) -> None:
    wire.on(service.route, engineer(service, spoil), engineer(service))
    assert len(scenes(service, wire, blobs)) == 8
    assert len(wire.requests(service.route)) == 2


@EACH
def test_fenced_scenes_are_read(wire: Wire, service: Service, blobs: MemoryBlobs) -> None:
    wire.on(service.route, engineer(service, lambda text: f"```json\n{text}\n```"))
    assert len({prompt.text for prompt in scenes(service, wire, blobs)}) == 4


@EACH
def test_whole_scenes_of_an_answer_cut_short_are_used_and_the_rest_asked_for(
    wire: Wire, service: Service, blobs: MemoryBlobs
) -> None:
    def cut(request: Request) -> Reply:
        text = authors.answer(words_of(request.json))
        return service.cut(text[: int(len(text) * 0.6)])

    wire.on(service.route, cut, engineer(service))
    assert len({prompt.text for prompt in scenes(service, wire, blobs)}) == 4
    first, second = (len(authors.scenes(words_of(request.json))) for request in wire.requests(service.route))
    assert (first, second) == (4, 2)


@EACH
@pytest.mark.parametrize("status", [429, 503, 500])
def test_a_bad_day_of_the_service_is_no_answer(wire: Wire, service: Service, blobs: MemoryBlobs, status: int) -> None:
    wire.on(service.route, service.error(status), engineer(service))
    with pytest.raises(Retry):
        scenes(service, wire, blobs)
    assert list(blobs.list(standing.FOLDER)) == []
    assert len(scenes(service, wire, blobs)) == 8


@EACH
def test_a_wrong_key_is_waited_for_and_told(wire: Wire, service: Service, blobs: MemoryBlobs) -> None:
    wire.on(service.route, service.error(401))
    with pytest.raises(Retry, match="401"):
        scenes(service, wire, blobs)


@EACH
def test_html_in_place_of_an_answer_is_no_answer(wire: Wire, service: Service, blobs: MemoryBlobs) -> None:
    wire.on(service.route, HTML)
    with pytest.raises(Retry):
        scenes(service, wire, blobs)


@EACH
def test_a_block_is_accounted_for_and_asked_about_once_more(wire: Wire, service: Service, blobs: MemoryBlobs) -> None:
    wire.on(service.route, service.blocks[0], engineer(service))
    assert len(scenes(service, wire, blobs)) == 8
    assert [meter.tokens_in > 0 for meter in standing.spent(blobs)] == [True, True]


# --- photographs ------------------------------------------------------------------------------------------------------


@EACH
def test_a_photograph_is_shown_and_described(wire: Wire, service: Service, blobs: MemoryBlobs, tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), photograph(96, 64, seed=1)[..., ::-1])
    wire.on(service.route, lambda request: service.text(authors.described(words_of(request.json))))
    one = prompter(service, wire, blobs, f"{service.name}_photos", path=str(tmp_path))
    (photo,) = one.intake("c", 0)
    assert isinstance(photo, Photo)
    assert len(photo.requests) == 4
    (request,) = wire.requests(service.route)
    assert [picture[:3] for picture in service.pictures(request.json)] == [b"\xff\xd8\xff"]
    again = prompter(service, wire, blobs, f"{service.name}_photos", path=str(tmp_path))
    assert [item.requests for item in again.intake("d", 0) if isinstance(item, Photo)] == [photo.requests]
    assert len(wire.requests(service.route)) == 1


# --- writers ----------------------------------------------------------------------------------------------------------


def written(service: Service, wire: Wire, *replies: Reply) -> Any:
    wire.on(service.route, *replies)
    (billed,) = service.plugin(wire, "writer").write([Task(job())])
    return billed.result


@EACH
def test_an_inverse_is_written(wire: Wire, service: Service) -> None:
    assert written(service, wire, service.text(json.dumps({"instruction": INVERSE}))) == INVERSE


@EACH
def test_an_inverse_that_gives_itself_away_is_asked_for_again(wire: Wire, service: Service) -> None:
    told = [service.text(json.dumps({"instruction": text})) for text in ("Undo the red paint.", INVERSE)]
    assert written(service, wire, *told) == INVERSE
    _, second = (words_of(request.json) for request in wire.requests(service.route))
    assert "says 'Undo'" in second


@EACH
def test_a_writer_tells_blocks_outages_and_hopeless_texts_apart(wire: Wire, service: Service) -> None:
    assert isinstance(written(service, wire, service.blocks[0]), Blocked)
    assert isinstance(written(service, wire, service.error(503)), Retry)
    hopeless = written(service, wire, service.text(json.dumps({"instruction": "Undo it."})))
    assert isinstance(hopeless, Reject)
    assert "3 times" in str(hopeless)
