"""Bytes become a message of their topic or `Undecodable`, whatever they are."""

from collections.abc import Iterator

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import codec, topics
from schemas import messages as m
from schemas.errors import Undecodable
from schemas.topics import HOME, Topic
from tests.golden import samples

TOPICS = sorted(set(HOME.values()), key=lambda topic: topic.name)
MESSAGES = tuple(samples.MESSAGES.values())
PLAIN = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats()
    | st.text(max_size=8)
    | st.binary(max_size=8)
)
TREES = st.recursive(PLAIN, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner))


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    codec._recent.cache_clear()


def decoded(topic: Topic, data: bytes) -> m.Message | None:
    """The message, None for what is undecodable; anything else that happens fails the test."""
    codec._recent.cache_clear()
    try:
        found: m.Message = codec.decode(topic, data)
    except Undecodable as error:
        line = str(error)
    else:
        assert HOME[type(found)] is topic
        return found
    assert line.startswith(f"{topic.name}: ")
    assert len(line.splitlines()) == 1
    return None


@pytest.mark.parametrize("message", MESSAGES, ids=samples.MESSAGES)
def test_a_message_comes_back_as_it_was(message: m.Message) -> None:
    data = codec.encode(message)
    codec._recent.cache_clear()
    assert codec.decode(HOME[type(message)], data) == message


@pytest.mark.parametrize("message", MESSAGES, ids=samples.MESSAGES)
def test_a_message_read_where_it_was_written_is_the_one_read_elsewhere(message: m.Message) -> None:
    data = codec.encode(message)
    remembered = codec.decode(HOME[type(message)], data)
    codec._recent.cache_clear()
    assert remembered == codec.decode(HOME[type(message)], data)


def test_what_was_encoded_for_one_topic_is_not_remembered_for_another() -> None:
    data = codec.encode(samples.PROMPT)
    with pytest.raises(Undecodable, match=r"sources\.v1: subject: Field required"):
        codec.decode(topics.SOURCES, data)


@given(st.sampled_from(TOPICS), st.binary(max_size=200))
def test_random_bytes_are_undecodable_or_a_message(topic: Topic, data: bytes) -> None:
    decoded(topic, data)


@given(st.sampled_from(TOPICS), TREES)
def test_random_msgpack_is_undecodable_or_a_message(topic: Topic, tree: object) -> None:
    decoded(topic, msgpack.packb(tree))


@settings(max_examples=300)
@given(st.sampled_from(MESSAGES), st.data())
def test_mutated_bytes_are_undecodable_or_a_message(message: m.Message, data: st.DataObject) -> None:
    raw = bytearray(codec.encode(message))
    for _ in range(data.draw(st.integers(1, 3))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    decoded(HOME[type(message)], bytes(raw))


@given(st.sampled_from(MESSAGES), st.data())
def test_a_message_cut_short_is_undecodable(message: m.Message, data: st.DataObject) -> None:
    raw = codec.encode(message)
    assert decoded(HOME[type(message)], raw[: data.draw(st.integers(0, len(raw) - 1))]) is None


@given(st.sampled_from(MESSAGES), st.data())
def test_a_field_of_any_other_value_is_undecodable_or_a_message(message: m.Message, data: st.DataObject) -> None:
    raw = message.model_dump(exclude_none=True)
    raw[data.draw(st.sampled_from(sorted(raw)))] = data.draw(TREES)
    decoded(HOME[type(message)], msgpack.packb(raw))


def _odd() -> Iterator[tuple[str, bytes]]:
    yield "nothing", b""
    yield "text", b'{"a": 1}'
    yield "two maps", msgpack.packb({}) * 2
    yield "a list", msgpack.packb([1, 2])
    yield "a map with a list for a key", b"\x81\x91\x01\x01"
    yield "an extension type", msgpack.packb(msgpack.ExtType(5, b"x"))
    yield "a time stamp", msgpack.packb(msgpack.Timestamp(0))
    yield "a thousand lists in each other", b"\x91" * 1000 + b"\x01"
    yield "a list that says it is endless", b"\xdd\xff\xff\xff\xff"
    yield "bytes that are no text", msgpack.packb({"type": b"\xff\xfe"})
    yield "text that is no UTF-8", b"\x81\xa4type\xa2\xff\xfe"


@pytest.mark.parametrize("data", [data for _, data in _odd()], ids=[name for name, _ in _odd()])
@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_odd_bytes_are_undecodable(topic: Topic, data: bytes) -> None:
    assert decoded(topic, data) is None


def test_an_undecodable_field_is_named() -> None:
    raw = {**samples.SOURCE.model_dump(), "requests": [{"instruction": "", "operation": "add"}]}
    with pytest.raises(Undecodable, match=r"^nhr\.sources\.v1: requests\.0\.instruction: "):
        codec.decode(topics.SOURCES, msgpack.packb(raw))


def test_an_event_of_an_unknown_type_is_undecodable() -> None:
    with pytest.raises(Undecodable, match=r"verdicts\.v1"):
        codec.decode(topics.VERDICTS, msgpack.packb({**samples.REDRIVE.model_dump(), "type": "applause"}))


@pytest.mark.parametrize("change", [{"type": "app\nlause"}, {"measures": {"a\nb": "no number"}}])
def test_what_is_undecodable_is_told_in_one_line_whatever_it_says(change: dict[str, object]) -> None:
    with pytest.raises(Undecodable) as raised:
        codec.decode(topics.VERDICTS, msgpack.packb({**samples.GATE_VERDICT.model_dump(), **change}))
    assert len(str(raised.value).splitlines()) == 1


def test_a_message_over_64_kib_cannot_be_encoded() -> None:
    huge = samples.GATE_VERDICT.model_copy(update={"measures": {f"measure {n:05}": 0.5 for n in range(4000)}})
    with pytest.raises(ValueError, match=r"GateVerdict of \d+ bytes is over 65536"):
        codec.encode(huge)


def test_a_message_is_addressed_to_its_topic_under_its_key() -> None:
    addressed = codec.outgoing(samples.EDIT_JOB)
    assert (addressed.topic, addressed.key) == ("nhr.edit-jobs.v1", samples.SOURCE_ID)
    assert addressed.value == codec.encode(samples.EDIT_JOB)


def test_pictures_are_answered_with_subjects_and_everything_else_with_verdicts() -> None:
    assert codec.answer_topic("generate") is topics.SOURCES
    assert codec.answer_topic("edit") is topics.CANDIDATES
    assert {codec.answer_topic(stage) for stage in ("gate", "screen", "judge", "text")} == {topics.VERDICTS}
