"""Reading dead letters: which are wanted, and what is said where nobody is mining."""

from pathlib import Path

import pytest

from infra.deadletters.reading import MEANING, SETTLED, Wanted, letters, opened
from infra.settings import Settings
from infra.sqlite import Database
from infra.wiring import DATABASE, embedded
from schemas import topics
from schemas.deadletters import dead_letter
from schemas.errors import UserError
from schemas.ports import Delivery, Outgoing
from tests.unit.deadletters.office import Office
from tests.unit.rules.telling import policy

PROMPTS = topics.PROMPTS


@pytest.fixture
def office() -> Office:
    """Three letters, a minute apart: a judge's, a writer's, and a stranger's bytes."""
    made = Office(policy())
    for group, error, reason in (("judge", "Reject", "too DARK"), ("writer", "Deadly", "gone"), ("judge", "Bug", "?")):
        made.lose(PROMPTS, b"\xff", group, error, reason)
        made.clock.advance(60.0)
    return made


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        (Wanted(), [0, 1, 2]),
        (Wanted(group="judge"), [0, 2]),
        (Wanted(error="reject"), [0]),
        (Wanted(reason="Dark"), [0]),
        (Wanted(group="judge", error="Bug"), [2]),
        (Wanted(group="gate"), []),
        (Wanted((2, 0, 2)), [0, 2]),
    ],
)
def test_letters_are_chosen_by_what_is_known_of_them(office: Office, wanted: Wanted, numbers: list[int]) -> None:
    assert [letter.offset for letter in letters(office.bus, wanted)] == numbers


def test_letters_are_chosen_by_time(office: Office) -> None:
    first = next(letters(office.bus, Wanted())).last_at
    assert [one.offset for one in letters(office.bus, Wanted(since=first + 1.0))] == [1, 2]


@pytest.mark.parametrize("number", [3, 99])
def test_a_number_that_is_none_is_told(office: Office, number: int) -> None:
    with pytest.raises(UserError, match=f"no dead letter {number}; `nhr dlq ls --all` lists them"):
        list(letters(office.bus, Wanted((1, number))))


def test_a_letter_of_an_older_nhr_says_what_it_can(office: Office) -> None:
    plain = dead_letter(Delivery(PROMPTS.name, 0, 7, "k", b"\xff", {}), "generator", "Reject", "no", at=5.0)
    known = ("nhr-origin", "nhr-group", "nhr-error", "nhr-reason")
    office.bus.publish([plain._replace(headers={name: plain.headers[name] for name in known})])
    (letter,) = letters(office.bus, Wanted((3,)))
    assert (letter.group, letter.attempts, letter.last_at, letter.origin) == ("generator", 1, 0.0, "nhr.prompts.v1/0/7")


@pytest.mark.parametrize("number", ["", "soon", "nan", "inf", "-1e400"])
def test_numbers_in_headers_that_are_none_are_passed_over(office: Office, number: str) -> None:
    (sent,) = office.bus.read(topics.DEAD_LETTERS.name, 0, 1)
    wrong = dict.fromkeys(("nhr-attempts", "nhr-first-at", "nhr-last-at"), number)
    office.bus.publish([Outgoing(sent.topic, sent.key, sent.value, {**sent.headers, **wrong})])
    *_, letter = letters(office.bus, Wanted())
    assert (letter.offset, letter.attempts, letter.first_at, letter.last_at) == (3, 1, 0.0, 0.0)


def test_every_state_is_explained() -> None:
    assert set(MEANING) > SETTLED


def test_a_folder_is_read_while_another_process_holds_its_lock(tmp_path: Path) -> None:
    settings = Settings(fsync=False)
    with embedded(tmp_path, settings) as mining, opened(tmp_path, settings) as desk:
        delivery = Delivery(PROMPTS.name, 0, 7, "k", b"\xff", {})
        mining.bus.publish([dead_letter(delivery, "generator", "Reject", "no", at=5.0)])
        assert len(list(letters(desk.bus, Wanted()))) == 1


def test_reading_ends_no_lease_of_a_mining_process(tmp_path: Path) -> None:
    settings = Settings(fsync=False)
    with embedded(tmp_path, settings) as mining:
        mining.bus.publish(
            [
                dead_letter(Delivery(PROMPTS.name, 0, 0, "k", b"", {}), "g", "E", "r", at=1.0)._replace(
                    topic=PROMPTS.name
                )
            ]
        )
        subscription = mining.bus.subscribe(PROMPTS.name, "generator")
        subscription.poll(1, 0.0)
        with opened(tmp_path, settings) as desk:
            assert desk.bus.lag()[PROMPTS.name, "generator"].in_flight == 1


def test_a_folder_without_a_database_is_told_and_left_as_it_is(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"nhr\.sqlite is not there"), opened(tmp_path, Settings()):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_database_of_a_newer_nhr_is_refused(tmp_path: Path) -> None:
    database = Database(tmp_path / DATABASE)
    database.connection().execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(UserError, match="upgrade nhr"), opened(tmp_path, Settings()):
        pass
