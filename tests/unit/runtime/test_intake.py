"""The intake brings each item in once, as far as there is room, and goes on where it stopped."""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any

import msgpack
import pytest

from infra.blobs.memory import MemoryBlobs
from infra.bus.memory import MemoryBus
from infra.ledgers.memory import MemoryLedgers
from infra.runtime.backlog import JOBS_PER_SCENE, Backlog
from infra.runtime.intake import Intake
from infra.runtime.pictures import Pictures
from infra.telemetry.health import Health
from schemas import codec, ids, topics
from schemas import messages as m
from schemas.errors import Pending, Retry, UserError
from schemas.headers import BEGAN
from schemas.ports import Change, Lag
from tests.contract.clocks import FakeClock
from tests.unit.runtime.fakes import edit_job, picture, source
from workers.plugin import Intake as Item
from workers.plugin import Options, Photo, Prompter, Skipped

REQUESTS = source().requests


def prompt(number: int, text: str = "a scene") -> m.Prompt:
    return m.Prompt(
        campaign="c", prompt_id=f"p{number}", text=text, style="s", seed=0, width=8, height=8, requests=REQUESTS
    )


class Listing(Prompter[Options]):
    """Proposes the items of a list."""

    def __init__(self, items: Sequence[Item]) -> None:
        super().__init__(Options())
        self.items = items

    def intake(self, campaign: str, start: int) -> Iterator[Item]:
        return islice(self.items, start, None)


TWENTY = Listing([prompt(number) for number in range(20)])

Open = Callable[..., Intake]


@pytest.fixture
def bus(clock: FakeClock) -> MemoryBus:
    return MemoryBus(clock)


@pytest.fixture
def cursors() -> MemoryLedgers:
    return MemoryLedgers()


@pytest.fixture
def skipped() -> list[Skipped]:
    return []


@pytest.fixture
def opened(
    bus: MemoryBus, cursors: MemoryLedgers, pictures: Pictures, stop: threading.Event, skipped: list[Skipped]
) -> Open:
    """Makes an intake of twenty prompts, with room for all."""

    usual = {"bus": bus, "cursors": cursors, "stop": stop, "skipped": skipped.append}

    def made(prompter: Prompter[Any] = TWENTY, ahead: int = 100, **more: object) -> Intake:
        options: dict[str, Any] = {**usual, **more}
        backlog = Backlog(options["bus"], FakeClock(), ahead)
        return Intake(prompter, "c", pictures=pictures, backlog=backlog, **options)

    return made


def published(bus: MemoryBus) -> list[str]:
    """Names of the prompts on the bus, in order."""
    return [delivery.key for delivery in bus.read(topics.PROMPTS.name)]


def test_every_item_is_published_in_order(opened: Open, bus: MemoryBus) -> None:
    intake = opened()
    intake.run()
    assert published(bus) == [f"p{number}" for number in range(20)]
    assert intake.finished.is_set()


def test_no_more_scenes_come_in_than_were_asked_for(opened: Open, bus: MemoryBus) -> None:
    opened(scenes=7).run()
    assert len(published(bus)) == 7


def test_a_second_intake_goes_on_where_the_first_stopped(opened: Open, bus: MemoryBus) -> None:
    opened(scenes=7).run()
    opened(scenes=12).run()
    assert published(bus) == [f"p{number}" for number in range(12)]


def test_nothing_comes_in_again_once_all_scenes_are_in(opened: Open, bus: MemoryBus) -> None:
    opened(scenes=7).run()
    again = opened(scenes=7)
    again.run()
    assert len(published(bus)) == 7
    assert again.finished.is_set()


def test_items_published_before_a_crash_come_again_under_the_same_names(opened: Open, bus: MemoryBus) -> None:
    class Crashing(MemoryLedgers):
        """Falls over when the cursor is saved."""

        def save(self, changes: Sequence[Change]) -> frozenset[str]:
            raise OSError("power cut")

    with pytest.raises(OSError, match="power cut"):
        opened(cursors=Crashing(), scenes=3).run()
    opened(scenes=3).run()
    assert published(bus) == ["p0", "p1", "p2"] * 2


def test_closing_ends_the_intake_for_good(opened: Open, bus: MemoryBus) -> None:
    intake = opened()
    intake.closing.set()
    intake.run()
    assert published(bus) == []
    assert intake.finished.is_set()


def test_a_stop_interrupts_the_intake_and_does_not_finish_it(
    opened: Open, bus: MemoryBus, stop: threading.Event
) -> None:
    stop.set()
    intake = opened()
    intake.run()
    assert published(bus) == []
    assert not intake.finished.is_set()


class Looked(MemoryBus):
    """A bus whose lag is looked at only so often before the test is stopped."""

    def __init__(self, clock: FakeClock, stop: threading.Event, looks: int = 3) -> None:
        super().__init__(clock)
        self._stop, self._looks = stop, looks

    def lag(self) -> dict[tuple[str, str], Lag]:
        self._looks -= 1
        if self._looks == 0:
            self._stop.set()
        return super().lag()


def test_no_more_scenes_are_under_way_to_the_gate_than_allowed(
    opened: Open, clock: FakeClock, stop: threading.Event
) -> None:
    bus = Looked(clock, stop)
    opened(bus=bus, ahead=4).run()
    assert len(published(bus)) == 4


def test_scenes_in_the_hands_of_generators_and_gates_count_as_under_way(
    opened: Open, clock: FakeClock, stop: threading.Event
) -> None:
    bus = Looked(clock, stop)
    bus.publish([codec.outgoing(source(number)) for number in range(3)])
    bus.subscribe(topics.SOURCES.name, "gate").poll(2, 0.0)
    opened(bus=bus, ahead=4).run()
    assert len(published(bus)) == 1


def test_the_intake_waits_while_jobs_pile_up_further_on(opened: Open, clock: FakeClock, stop: threading.Event) -> None:
    bus = Looked(clock, stop)
    bus.publish([codec.outgoing(edit_job(number)) for number in range(4 * JOBS_PER_SCENE)])
    opened(bus=bus, ahead=4).run()
    assert published(bus) == []


def test_a_recorder_that_lags_holds_nothing_up(opened: Open, clock: FakeClock, stop: threading.Event) -> None:
    bus = Looked(clock, stop, looks=99)
    redrive = codec.outgoing(m.Redrive(source_id="s", job_id="j", retry=1))
    bus.publish([redrive] * 4 * JOBS_PER_SCENE)
    director = bus.subscribe(topics.VERDICTS.name, "director")
    director.ack(director.poll(1000, 0.0))
    opened(bus=bus, ahead=4, scenes=4).run()
    assert len(published(bus)) == 4


def test_two_prompters_on_one_campaign_are_told_of_each_other(opened: Open) -> None:
    late = opened()
    opened(scenes=1).run()
    with pytest.raises(UserError, match="another prompter is at work on campaign 'c'; stop it, or choose another"):
        late.run()


def test_a_cursor_of_a_later_version_is_refused(opened: Open, cursors: MemoryLedgers) -> None:
    cursors.save([Change("c", msgpack.packb({"format": 99, "cursor": 3}), 0)])
    with pytest.raises(UserError, match="format 99, this NHR knows 1; upgrade nhr"):
        opened()


# --- a service that is away -------------------------------------------------------------------------------------------


class Ticking(FakeClock):
    """Each look is half a second later."""

    def monotonic(self) -> float:
        self.advance(0.5)
        return super().monotonic()


class Served(Listing):
    """Proposes a list; before some of its items the service puts it off, so many times."""

    def __init__(self, items: Sequence[Item], refusals: dict[int, list[float]]) -> None:
        super().__init__(items)
        self.refusals, self.starts = refusals, list[int]()

    def intake(self, campaign: str, start: int) -> Iterator[Item]:
        self.starts.append(start)
        for number in range(start, len(self.items)):
            if self.refusals.get(number):
                raise Retry("quota", self.refusals[number].pop(0))
            yield self.items[number]


def test_what_came_before_the_service_went_is_published_and_the_rest_when_it_is_back(
    opened: Open, bus: MemoryBus, caplog: pytest.LogCaptureFixture
) -> None:
    served = Served([prompt(number) for number in range(6)], {3: [2.0, 2.0, 2.0]})
    intake = opened(served, clock=Ticking())
    with caplog.at_level(logging.WARNING):
        intake.run()
    assert published(bus) == [f"p{number}" for number in range(6)]
    assert served.starts == [0, 3, 3, 3]
    assert intake.finished.is_set()
    assert [message.partition(" after")[0] for message in caplog.messages] == [
        "prompter test_intake: service away (quota); asking again until it is back",
        "prompter test_intake: service back",
    ]
    assert intake.trouble == ""


def test_a_service_that_works_at_it_is_waited_for_and_not_told_to_be_away(
    opened: Open, bus: MemoryBus, caplog: pytest.LogCaptureFixture
) -> None:
    class Batched(Served):
        def intake(self, campaign: str, start: int) -> Iterator[Item]:
            if self.refusals.get(start):
                raise Pending("waits in a batch", self.refusals[start].pop())
            yield from super().intake(campaign, start)

    with caplog.at_level(logging.WARNING):
        opened(Batched([prompt(0)], {0: [30.0, 30.0]}), clock=Ticking()).run()
    assert published(bus) == ["p0"]
    assert caplog.messages == []


def test_it_waits_as_long_as_the_service_asks_for(opened: Open) -> None:
    clock = Ticking()
    opened(Served([prompt(1)], {0: [300.0]}), clock=clock).run()
    assert 300 <= clock.now() - FakeClock().now() < 310


def test_a_stop_ends_the_wait(opened: Open, stop: threading.Event) -> None:
    class Stopping(Ticking):
        """Stops the intake after some looks."""

        looks = 0

        def monotonic(self) -> float:
            self.looks += 1
            if self.looks == 20:
                stop.set()
            return super().monotonic()

    intake = opened(Served([prompt(1)], {0: [1e9]}), clock=Stopping())
    intake.run()
    assert not intake.finished.is_set()


def test_closing_ends_the_wait_for_good(opened: Open, bus: MemoryBus) -> None:
    class Closing(Ticking):
        """Closes the intake after some looks."""

        looks = 0

        def monotonic(self) -> float:
            self.looks += 1
            if self.looks == 20:
                assert "service away for" in intake.trouble
                intake.closing.set()
            return super().monotonic()

    intake = opened(Served([prompt(1)], {0: [1e9]}), clock=Closing())
    intake.run()
    assert published(bus) == []
    assert intake.finished.is_set()


def test_items_that_are_slow_to_come_are_published_as_they_come(opened: Open, bus: MemoryBus) -> None:
    sizes: list[int] = []

    class Counted(MemoryBus):
        def publish(self, messages: Sequence[Any]) -> None:
            sizes.append(len(messages))
            super().publish(messages)

    opened(Listing([prompt(number) for number in range(6)]), bus=Counted(FakeClock()), clock=Ticking()).run()
    assert sizes == [3, 3]


# --- photographs ------------------------------------------------------------------------------------------------------

PHOTO = Photo("a/b.jpg", "e" * 64, picture(), REQUESTS, caption="a boat", licence="CC0-1.0", author="nobody")


def test_a_photograph_goes_to_the_gate_as_it_is(opened: Open, bus: MemoryBus, blobs: MemoryBlobs) -> None:
    opened(Listing([PHOTO])).run()
    (delivery,) = bus.read(topics.SOURCES.name)
    found = codec.decode(topics.SOURCES, delivery.value)
    assert found.subject.source_id == ids.photo_source_id("c", "e" * 64)
    assert (found.subject.origin, found.subject.licence, found.subject.author) == ("photo", "CC0-1.0", "nobody")
    assert (found.subject.prompt_id, found.subject.text, found.requests) == ("a/b.jpg", "a boat", REQUESTS)
    assert blobs.has(found.subject.image.key)


# --- what cannot be used ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("item", "told"),
    [
        (Skipped("x.jpg", "cut short; replace it"), Skipped("x.jpg", "cut short; replace it")),
        (Photo("y.jpg", "e" * 64, picture(), ()), Skipped("y.jpg", "requests: Tuple should have at least 1")),
        (Photo("\udcff.jpg", "e" * 64, picture(), REQUESTS), Skipped("?.jpg", "prompt_id: Input should be")),
    ],
    ids=["skipped", "no requests", "odd file name"],
)
def test_what_cannot_be_used_is_passed_over_and_told(
    item: Item, told: Skipped, opened: Open, bus: MemoryBus, skipped: list[Skipped], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        opened(Listing([item, prompt(1)])).run()
    assert published(bus) == ["p1"]
    assert [one.what for one in skipped] == [told.what]
    assert skipped[0].reason.startswith(told.reason)
    assert caplog.messages == [f"skipped {skipped[0].what}: {skipped[0].reason}"]


def test_what_was_passed_over_counts_as_seen(opened: Open, bus: MemoryBus) -> None:
    items = Listing([Skipped("x", "y"), prompt(1), prompt(2)])
    opened(items, scenes=2).run()
    opened(items, scenes=3).run()
    assert published(bus) == ["p1", "p2"]


class Changing(Listing):
    """A list that people change between runs."""

    REREAD = True


def test_what_is_not_admitted_is_told_and_counted_with_what_was_skipped_for_a_cause(
    opened: Open, bus: MemoryBus, skipped: list[Skipped]
) -> None:
    kept_out: list[tuple[str, str, str]] = []
    named = Skipped("p1", "the blocklist names word 't'", "blocklist", "word 't'")
    marked = Skipped("a.jpg", "not for training", "marker", "keyword noai")

    def admit(item: Any) -> Any:
        return named if getattr(item, "prompt_id", "") == "p1" else item

    items: list[Item] = [marked, Skipped("x", "broken"), prompt(1), prompt(2)]
    opened(Listing(items), admit=admit, left_out=kept_out.extend).run()
    assert published(bus) == ["p2"]
    assert skipped == [marked, items[1], named]
    assert kept_out == [("a.jpg", "marker", "keyword noai"), ("p1", "blocklist", "word 't'")]


def test_what_is_admitted_later_comes_in_then(opened: Open, bus: MemoryBus) -> None:
    items = Changing([prompt(1), prompt(2)])
    opened(items, admit=lambda item: item if item.prompt_id == "p2" else Skipped("p1", "no", "blocklist", "x")).run()
    opened(items).run()
    assert published(bus) == ["p2", "p1"]


def test_new_items_among_old_ones_are_found_by_a_later_run(opened: Open, bus: MemoryBus) -> None:
    opened(Changing([prompt(1), prompt(3)])).run()
    opened(Changing([prompt(0), prompt(1), prompt(2), prompt(3)])).run()
    assert published(bus) == ["p1", "p3", "p0", "p2"]


def test_a_mended_item_comes_in_where_it_was_passed_over(opened: Open, bus: MemoryBus) -> None:
    opened(Changing([Skipped("line 1", "broken"), prompt(2)])).run()
    opened(Changing([prompt(1), prompt(2)])).run()
    assert published(bus) == ["p2", "p1"]


def test_each_prompt_says_when_it_was_published(opened: Open, bus: MemoryBus) -> None:
    clock = FakeClock()
    opened(Listing([prompt(0)]), clock=clock).run()
    (delivery,) = bus.read(topics.PROMPTS.name)
    assert delivery.headers == {BEGAN: f"{clock.now():.1f}"}


def test_an_intake_is_heard_of_until_it_ends(opened: Open) -> None:
    health = Health(FakeClock(), threading.Event())
    intake = opened(health=health)
    assert health.unready == "prompter: has not begun"
    intake.run()
    assert health.unready == "starting"
