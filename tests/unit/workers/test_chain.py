"""Several screens as one: measures add up, a missed cut-off spares what follows."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from schemas.errors import Reject, Retry, UserError
from schemas.messages import Bar, Candidate
from schemas.ports import Billed, Info, Screened, Task, Usage
from tests.golden import samples
from workers import chain
from workers.plugin import Access, Options, PlugIn

Say = Callable[[Task[Candidate]], Any]


class Saying(PlugIn[Options]):
    """A screen that says what it is told to; `shown`: attempts of each step."""

    INFO = Info(summary="says what it is told to", reads_images=False, batch=4)

    def __init__(self, say: Say) -> None:
        super().__init__(Options())
        self._say = say
        self.shown: list[list[int]] = []
        self.loaded = 0

    def load(self) -> None:
        self.loaded += 1

    def screen(self, tasks: Sequence[Task[Candidate]]) -> list[Any]:
        self.shown.append([task.job.job.attempt for task in tasks])
        return [self._say(task) for task in tasks]


def attempt(number: int, cutoffs: Mapping[str, Bar] | None = None) -> Task[Candidate]:
    job = samples.EDIT_JOB.model_copy(update={"attempt": number, "cutoffs": cutoffs or {}})
    return Task(samples.CANDIDATE.model_copy(update={"job": job}))


def measuring(name: str, *values: float, reason: str = "") -> Saying:
    """A screen that measures `values` of the attempts by number."""
    return Saying(lambda task: Screened({name: values[task.job.job.attempt]}, reason))


def test_measures_and_reasons_add_up_in_order() -> None:
    chained = chain.Chain({"a": measuring("a.x", 1.0, reason="dark"), "b": measuring("b.y", 2.0, reason="blurred")})
    assert chained.screen([attempt(0)]) == [Screened({"a.x": 1.0, "b.y": 2.0}, "dark; blurred")]


def test_an_attempt_that_misses_a_cutoff_is_not_shown_to_the_screens_that_follow() -> None:
    cheap, dear = measuring("a.x", 0.0, 1.0), measuring("b.y", 1.0, 1.0)
    cutoffs = {"a.x": Bar(min=0.5)}
    lost, kept = chain.Chain({"a": cheap, "b": dear}).screen([attempt(0, cutoffs), attempt(1, cutoffs)])
    assert dear.shown == [[1]]
    assert (lost, kept) == (Screened({"a.x": 0.0}, skipped=("b",)), Screened({"a.x": 1.0, "b.y": 1.0}))


def test_when_no_attempt_is_left_the_screens_that_follow_are_not_asked() -> None:
    dear = measuring("b.y", 1.0)
    chain.Chain({"a": measuring("a.x", 0.0), "b": dear}).screen([attempt(0, {"a.x": Bar(min=0.5)})])
    assert dear.shown == []


def test_every_screen_that_was_spared_is_named() -> None:
    chained = chain.Chain({name: measuring(f"{name}.x", 0.0) for name in "abc"})
    assert chained.screen([attempt(0, {"a.x": Bar(min=0.5)})]) == [Screened({"a.x": 0.0}, skipped=("b", "c"))]


def test_a_cutoff_on_what_was_not_measured_spares_nothing() -> None:
    dear = measuring("b.y", 1.0)
    chain.Chain({"a": measuring("a.x", 0.0), "b": dear}).screen([attempt(0, {"other.z": Bar(min=0.5)})])
    assert dear.shown == [[0]]


@pytest.mark.parametrize("error", [Reject("no"), Retry("away")], ids=["reject", "retry"])
@pytest.mark.parametrize("place", [0, 1])
def test_an_attempt_that_one_screen_cannot_answer_is_not_answered(place: int, error: Exception) -> None:
    screens = [measuring("a.x", 1.0, 1.0), measuring("b.y", 1.0, 1.0)]
    screens[place] = Saying(lambda task: error if task.job.job.attempt == 0 else Screened({"c.z": 1.0}))
    first, second = chain.Chain(dict(zip("ab", screens, strict=True))).screen([attempt(0), attempt(1)])
    assert first is error
    assert isinstance(second, Screened)
    assert len(second.measures) == 2


def test_a_rejected_attempt_is_not_shown_to_the_screens_that_follow() -> None:
    dear = measuring("b.y", 1.0)
    chain.Chain({"a": Saying(lambda _: Reject("no")), "b": dear}).screen([attempt(0)])
    assert dear.shown == []


def test_loading_a_chain_loads_each_screen_once() -> None:
    screens = {"a": measuring("a.x"), "b": measuring("b.y")}
    chain.Chain(screens).load()
    assert [screen.loaded for screen in screens.values()] == [1, 1]


def test_a_chain_takes_what_the_least_of_its_screens_takes_and_is_dear_if_one_is() -> None:
    cheap, dear = measuring("a.x"), measuring("b.y")
    dear.INFO = Info(summary="a VLM", dear=True, batch=2, reads_images=True)  # type: ignore[misc]  # this one only
    info = chain.Chain({"a": cheap, "b": dear}).INFO
    assert (info.batch, info.dear, info.reads_images, info.summary) == (2, True, True, "a then b")


# --- asking for one ---------------------------------------------------------------------------------------------------


def test_one_screen_needs_no_chain() -> None:
    recipe, screen = chain.parse("null")
    assert not isinstance(screen, chain.Chain)
    assert recipe.startswith("null@")


def test_several_screens_are_named_together() -> None:
    recipe, screen = chain.parse("pixels, null")
    assert isinstance(screen, chain.Chain)
    assert recipe.startswith("pixels+null@")


def test_another_order_or_another_option_is_another_recipe() -> None:
    recipes = {chain.parse(text)[0].partition("@")[2] for text in ("pixels,null", "null,pixels")}
    assert len(recipes) == 2


def test_a_comma_ahead_of_a_value_belongs_to_the_screens_options() -> None:
    with pytest.raises(UserError, match=r"screen null: option '[ab]': unknown option; options: none"):
        chain.parse("pixels,null:a=1,b=2")


def test_an_unknown_screen_in_a_chain_is_told() -> None:
    with pytest.raises(UserError, match=r"^unknown screen 'pixel'; choose one of: "):
        chain.parse("pixel,null")


def test_what_screens_took_adds_up_also_where_the_last_one_gives_no_answer() -> None:
    first = Saying(lambda task: Billed(Screened({"a.x": 1.0}), Usage(10, 1, 0.5)))
    second = Saying(lambda task: Billed(Reject("blocked") if task.job.job.attempt else Screened({}), Usage(5, 1, 0.25)))
    good, bad = chain.Chain({"a": first, "b": second}).screen([attempt(0), attempt(1)])
    assert good == Billed(Screened({"a.x": 1.0}), Usage(15, 2, 0.75))
    assert isinstance(bad, Billed)
    assert (str(bad.result), bad.usage) == ("blocked", Usage(15, 2, 0.75))


def test_every_screen_is_given_what_the_chain_is_given_of_the_world() -> None:
    screens = {"a": measuring("a.x", 1.0), "b": measuring("b.y", 1.0)}
    chained = chain.Chain(screens)
    chained.access = Access(key=lambda service: f"key of {service}")
    chained.load()
    assert [screen.access.key("gemini") for screen in screens.values()] == ["key of gemini"] * 2


def test_a_url_among_the_options_of_a_screen_begins_no_other_screen() -> None:
    _, chained = chain.parse("pixels,openai:model=m,url=http://127.0.0.1:8000/v1,side=512")
    assert chained.INFO.summary == "pixels then openai"
    assert chained.INFO.dear
