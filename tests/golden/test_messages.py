"""Every message ever written is read for ever, with the same meaning."""

from itertools import chain

import pytest
from pydantic import BaseModel

from schemas import messages as m
from schemas import topics
from tests.golden import samples
from tests.golden.reading import CLASSES, FOLDER, bare, grown, parts, raw, read
from tests.golden.write import files

NAMES = sorted(samples.MESSAGES)


@pytest.mark.parametrize("name", NAMES)
def test_golden_bytes_mean_what_they_meant(name: str) -> None:
    assert read(name, raw(name)) == samples.MESSAGES[name]


@pytest.mark.parametrize("name", NAMES)
def test_fields_from_the_future_are_ignored(name: str) -> None:
    sample = samples.MESSAGES[name]
    assert read(name, grown(sample, raw(name))) == sample


@pytest.mark.parametrize("name", NAMES)
def test_fields_that_an_earlier_version_did_not_know_get_their_defaults(name: str) -> None:
    found = read(name, bare(samples.MESSAGES[name]))
    for part in parts(found):
        for field_name, field in type(part).model_fields.items():
            if not field.is_required():
                assert getattr(part, field_name) == field.get_default(call_default_factory=True, validated_data={})


@pytest.mark.parametrize("message", topics.HOME, ids=lambda cls: cls.__name__)
def test_a_message_class_has_a_golden_file(message: type[m.Message]) -> None:
    assert message in map(type, samples.MESSAGES.values()), "describe a sample in samples.py"


def test_every_sample_has_a_file_and_every_file_a_sample() -> None:
    hint = "run `python -m tests.golden.write` and commit what it made; never delete a file"
    assert sorted(path.name for path in FOLDER.iterdir()) == sorted(files()), hint


def test_a_sample_is_named_after_its_class() -> None:
    assert {name: type(sample) for name, sample in samples.MESSAGES.items()} == {
        name: CLASSES[name.partition(".")[0]] for name in samples.MESSAGES
    }


def test_every_field_of_every_message_is_set_in_some_golden_file() -> None:
    written: dict[type[BaseModel], set[str]] = {}
    for part in chain.from_iterable(parts(read(name, raw(name))) for name in NAMES):
        written.setdefault(type(part), set()).update(part.model_fields_set)
    missing = {cls.__name__: set(cls.model_fields) - names for cls, names in written.items()}
    assert not {cls: names for cls, names in missing.items() if names}, "add a sample `Class.what-is-new`"
