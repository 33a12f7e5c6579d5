"""Dead letters: the bytes as they came, and why nobody could use them."""

from schemas.deadletters import HEADER_BYTES, dead_letter
from schemas.ports import Delivery

LETTER = Delivery("nhr.prompts.v1", 3, 17, "key", b"\xff\x00", {"trace": "t"})


def test_a_dead_letter_keeps_the_bytes_and_the_key() -> None:
    letter = dead_letter(LETTER, "generator", "Undecodable", "no map", at=12.5)
    assert (letter.topic, letter.key, letter.value) == ("nhr.dead-letters.v1", "key", b"\xff\x00")


def test_a_dead_letter_says_where_it_came_from_and_what_was_wrong() -> None:
    headers = dead_letter(LETTER, "generator", "Undecodable", "no map", at=12.5).headers
    assert headers == {
        "trace": "t", "nhr-origin": "nhr.prompts.v1/3/17", "nhr-group": "generator", "nhr-error": "Undecodable",
        "nhr-reason": "no map", "nhr-stage": "", "nhr-job": "", "nhr-attempts": "1", "nhr-first-at": "12.500",
        "nhr-last-at": "12.500",
    }  # fmt: skip


def test_a_long_reason_is_cut_between_two_letters() -> None:
    reason = dead_letter(LETTER, "generator", "Reject", "界" * 2000, at=1.0).headers["nhr-reason"]
    assert reason == "界" * (HEADER_BYTES // 3)


def test_half_a_character_in_a_reason_does_no_harm() -> None:
    dead_letter(LETTER, "generator", "Reject", "\ud800 cannot be drawn", at=1.0).headers["nhr-reason"].encode()
