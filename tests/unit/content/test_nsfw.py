"""The nsfw screen's score is that of explicit classes alone, and clean photographs raise no alarm."""

import socket
from pathlib import Path

import pytest

from tests.unit.content.planting import PHOTOGRAPHS, opened
from tests.unit.photographic.scenes import candidate, photograph, source
from workers.content import nudity
from workers.content.nudity import EXPLICIT, NudeNet, measures, score, together
from workers.gates.content import Gate, GateOptions
from workers.screens.nsfw import Screen, ScreenOptions

CLEAN = {"FACE_FEMALE": 0.9, "BELLY_EXPOSED": 0.8, "FEMALE_BREAST_COVERED": 0.95, "MALE_BREAST_EXPOSED": 0.9}


@pytest.fixture(scope="module")
def detector() -> NudeNet:
    return NudeNet(threads=1, side=320)


@pytest.mark.parametrize("name", EXPLICIT)
def test_an_explicit_class_makes_the_score_and_is_named(name: str) -> None:
    found = measures(CLEAN | {name: 0.71234})
    assert found == {"nsfw.score": 0.7123, f"nsfw.{name.lower()}": 0.7123}


def test_what_is_covered_or_no_matter_makes_no_score() -> None:
    assert measures(CLEAN) == {"nsfw.score": 0.0}
    assert score({}) == 0.0


def test_unlikely_classes_are_in_the_score_and_not_named() -> None:
    assert measures({EXPLICIT[0]: 0.1, EXPLICIT[1]: 0.19}) == {"nsfw.score": 0.19}


def test_two_pictures_are_as_explicit_as_the_more_explicit_one() -> None:
    assert together({"a": 0.1, "b": 0.9}, {"a": 0.5}) == {"a": 0.5, "b": 0.9}


class Saying:
    """A detector that says what it is told to."""

    says: dict[str, float] = CLEAN

    def __init__(self, threads: int, side: int) -> None: ...

    def __call__(self, _pixels: object) -> dict[str, float]:
        return self.says


def test_screen_and_gate_tell_what_the_detector_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.screens.nsfw.NudeNet", Saying)
    monkeypatch.setattr(nudity, "NudeNet", Saying)
    monkeypatch.setattr(Saying, "says", CLEAN | {"BUTTOCKS_EXPOSED": 0.8})
    screen, gate = Screen(ScreenOptions()), Gate(GateOptions(nsfw=0.75))
    screen.load()
    gate.load()
    (screened,) = screen.screen([candidate(photograph(), photograph(seed=2))])
    (gated,) = gate.inspect([source(photograph())])
    assert screened.measures == {"nsfw.score": 0.8, "nsfw.buttocks_exposed": 0.8}
    assert (gated.yes, gated.reason, gated.measures["nsfw.score"]) == (False, "exposed bodies", 0.8)


def test_the_detector_knows_every_class_that_counts_and_faces(detector: NudeNet) -> None:
    found = detector(opened(next(path for path in PHOTOGRAPHS if path.name == "astronaut.png")))
    assert set(EXPLICIT) | set(CLEAN) <= set(found)
    assert found["FACE_FEMALE"] > 0.6


@pytest.mark.parametrize("path", PHOTOGRAPHS, ids=lambda path: path.stem)
def test_a_clean_photograph_raises_no_alarm(path: Path, detector: NudeNet) -> None:
    assert score(detector(opened(path))) < 0.5


def test_models_are_loaded_and_asked_without_a_word_or_a_connection(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def forbidden(*_: object, **__: object) -> None:
        raise AssertionError("a model wants the network")

    monkeypatch.setattr(socket.socket, "connect", forbidden)
    monkeypatch.setattr(socket, "getaddrinfo", forbidden)
    gate = Gate(GateOptions())
    gate.load()
    gate.inspect([source(photograph())])
    assert capfd.readouterr() == ("", "")
