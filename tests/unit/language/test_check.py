"""What `nhr doctor` learns of served models: reached or not, key, model; and nothing is asked that costs anything."""

from collections.abc import Callable, Iterator

import pytest

from tests.contract.served import KEYS
from tests.wire.gemini import gemini_error
from tests.wire.openai import openai_error, openai_models
from tests.wire.server import Wire
from tests.wire.traffic import DROP, Reply
from workers import roster

Check = Callable[..., list[str]]


@pytest.fixture
def wire() -> Iterator[Wire]:
    with Wire() as running:
        yield running


def checked(wire: Wire, kind: str, name: str) -> list[str]:
    """What the plug-in finds out, of a model "wire"."""
    path = "" if name == "gemini" else "/v1"
    plugin = roster.build(kind, name, {"model": "wire", "url": f"{wire.url}{path}"})
    plugin.access = KEYS
    found = list(plugin.check())
    assert {request.route for request in wire.requests()} <= {"model", "models"}
    return found


@pytest.mark.parametrize("kind", ["prompter", "gate", "screen", "judge", "writer", "editor", "generator"])
@pytest.mark.parametrize("name", ["gemini", "openai"])
def test_a_service_that_answers_and_knows_the_model_is_fine(wire: Wire, kind: str, name: str) -> None:
    assert checked(wire, kind, name) == []
    assert wire.requests()


def test_a_model_that_the_server_does_not_list_is_told(wire: Wire) -> None:
    wire.on("models", openai_models("another"))
    assert checked(wire, "judge", "openai") == ["the service does not list a model wire; correct model="]


def test_a_server_without_a_list_is_believed(wire: Wire) -> None:
    wire.on("models", openai_error(404))
    assert checked(wire, "judge", "openai") == []


@pytest.mark.parametrize(
    ("name", "route", "reply", "said"),
    [
        ("openai", "models", openai_error(401), "401"),
        ("openai", "models", openai_error(429), "429"),
        ("openai", "models", DROP, "wire: RemoteProtocolError"),
        ("gemini", "model", gemini_error(404), "are model, url and API version right?"),
        ("gemini", "model", gemini_error(403), "may the key use this model?"),
        ("gemini", "model", DROP, "wire: RemoteProtocolError"),
    ],
)
def test_what_keeps_a_service_from_being_asked_is_one_line(
    wire: Wire, name: str, route: str, reply: Reply, said: str
) -> None:
    wire.on(route, reply)
    (line,) = checked(wire, "judge", name)
    assert said in line
    assert "\n" not in line
