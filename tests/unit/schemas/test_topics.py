"""Topics: every message has one home, and a key that keeps what belongs together in order."""

from typing import get_args

import pytest

from schemas import messages as m
from schemas import topics
from schemas.topics import ALL, HOME, Topic
from tests.golden import samples

TRAVELS = [topic for topic in ALL if topic is not topics.DEAD_LETTERS]


def spoken(topic: Topic) -> set[type]:
    """The message classes of a topic."""
    union = get_args(get_args(topic.message)[0]) if get_args(topic.message) else (topic.message,)
    return set(union)


@pytest.mark.parametrize("topic", TRAVELS, ids=lambda topic: topic.name)
def test_the_messages_of_a_topic_are_at_home_there(topic: Topic) -> None:
    assert spoken(topic) == {cls for cls, home in HOME.items() if home is topic}


@pytest.mark.parametrize("message", samples.MESSAGES.values(), ids=samples.MESSAGES)
def test_everything_about_a_source_has_its_key(message: m.Message) -> None:
    expected = samples.PROMPT.prompt_id if isinstance(message, m.Prompt) else samples.SOURCE_ID
    assert HOME[type(message)].key(message) == expected


@pytest.mark.parametrize("event", ["Failure", "Redrive"])
def test_events_without_a_subject_meet_the_others_of_their_source(event: str) -> None:
    assert topics.VERDICTS.key(samples.MESSAGES[event]) == topics.VERDICTS.key(samples.GATE_VERDICT)


def test_a_message_without_a_subject_has_no_key_on_a_topic_of_sources() -> None:
    with pytest.raises(ValueError, match="Prompt carries no subject"):
        topics.SOURCES.key(samples.PROMPT)


def test_topics_are_named_once_and_versioned() -> None:
    names = [topic.name for topic in ALL]
    assert len(set(names)) == len(names)
    assert all(name.startswith("nhr.") and name.endswith(".v1") for name in names)


def test_the_dear_topics_have_256_partitions_the_dead_letters_one_and_the_rest_64() -> None:
    wide = {topics.PROMPTS, topics.EDIT_JOBS, topics.CANDIDATES, topics.JUDGE_JOBS}
    assert {topic.name: topic.partitions for topic in ALL} == {
        topic.name: 256 if topic in wide else 1 if topic is topics.DEAD_LETTERS else 64 for topic in ALL
    }


def test_a_consumer_group_reads_one_topic() -> None:
    groups = [group for topic in ALL for group in topic.groups]
    assert len(set(groups)) == len(groups)
