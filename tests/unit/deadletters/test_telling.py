"""How letters are told: nothing in them may harm a terminal, nothing is hidden without a word."""

import pytest

from infra.cli.letters import ending, everything, plain, row
from infra.deadletters.reading import Entry
from schemas import codec, topics
from schemas.deadletters import dead_letter, read_letter
from schemas.ports import Delivery
from tests.golden import samples


def entry(value: bytes, reason: str = "no", headers: dict[str, str] | None = None, at: float = 1e9) -> Entry:
    origin = Delivery(topics.JUDGE_JOBS.name, 0, 3, "k", value, headers or {})
    sent = dead_letter(origin, "judge", "Reject", reason, at=at, stage="judge", job_id="j" * 32, attempts=2)
    letter = read_letter(Delivery(sent.topic, 0, 17, sent.key, sent.value, sent.headers))
    return Entry(letter, None, "undecodable")


def test_all_headers_and_the_message_are_shown() -> None:
    told = entry(codec.encode(samples.JUDGE_JOB), headers={"trace": "t"})
    said = everything(Entry(told.letter, samples.JUDGE_JOB, "parked"), "ask again")
    facts = dict(line.split(maxsplit=1) for line in said.partition("\n\n")[0].splitlines()[1:])
    assert said.startswith("letter 17: parked (holds up what comes after it; a redrive asks again)\n")
    assert {name: facts[name] for name in ("group", "tries", "origin", "headers", "redrive")} == {
        "group": "judge", "tries": "2", "origin": "nhr.judge-jobs.v1/0/3", "headers": "trace=t", "redrive": "ask again",
    }  # fmt: skip
    assert f'"instruction": "{samples.JUDGE_JOB.instruction}"' in said


def test_bytes_are_shown_in_hexadecimal_and_as_text() -> None:
    assert everything(entry(b"\xffhello\x1b[2J"), "").endswith(
        "10 bytes that are no message:\n00000000  ff 68 65 6c 6c 6f 1b 5b 32 4a                    .hello.[2J"
    )


def test_of_many_bytes_the_first_are_shown_and_the_rest_counted() -> None:
    said = everything(entry(bytes(5000)), "").splitlines()
    assert (len(said[-130:]), said[-1]) == (130, "... 2,952 bytes more")
    assert said[-2].startswith("000007f0  ")


@pytest.mark.parametrize("text", ["a\x1b[2Jb", "a\u202eb", "a\x00b", "a\x9bb"])
def test_what_a_terminal_would_obey_is_not_passed_on(text: str) -> None:
    assert plain(text).isprintable()
    assert plain(text).startswith("a")
    said = everything(entry(b"", reason=text, headers={"h": text}), "")
    assert all(c.isprintable() or c == "\n" for c in said)


def test_a_message_that_holds_such_text_is_escaped() -> None:
    job = samples.JUDGE_JOB.model_copy(update={"instruction": "a\x9b2J\u202e"})
    said = everything(Entry(entry(b"").letter, job, "parked"), "")
    assert '"instruction": "a\\u009b2J\\u202e"' in said


@pytest.mark.parametrize("at", [0.0, 1e300, float("inf"), float("nan"), -1e18])
def test_a_time_that_is_none_is_unknown(at: float) -> None:
    assert "  when       unknown, first tried unknown" in everything(entry(b"", at=at), "")


def test_a_row_names_the_source_that_is_held_up() -> None:
    told = entry(codec.encode(samples.JUDGE_JOB))
    assert row(Entry(told.letter, samples.JUDGE_JOB, "parked"))["source_id"] == samples.SOURCE_ID
    assert row(told)["source_id"] == ""


@pytest.mark.parametrize(
    ("listed", "everything", "says"),
    [
        (3, True, "3 letters: 1 parked, 2 answered"),
        (1, False, "3 letters: 1 parked, 2 answered; what calls for nothing is not listed (--all)"),
        (2, True, "3 letters: 1 parked, 2 answered; 1 older ones not listed (--limit)"),
    ],
)
def test_what_is_not_listed_is_said(listed: int, everything: bool, says: str) -> None:
    assert ending({"answered": 2, "parked": 1}, listed, everything) == says
