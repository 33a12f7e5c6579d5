"""What counts as a JSON answer, and what does not."""

import pytest

from workers.language.asking import Reply, Unreadable
from workers.language.reading import readable_json


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 4.8}',
        ' \n{"a": 4.8}\n\n',
        '```json\n{"a": 4.8}\n```',
        '```\n{"a": 4.8}\n```',
        '```JSON\n{\n"a": 4.8\n}\n```\n',
    ],
)
def test_an_object_bare_or_cleanly_fenced_is_read(text: str) -> None:
    assert readable_json(Reply(text)) == {"a": 4.8}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "4.8",
        "[4.8]",
        '"4.8"',
        "null",
        '{"a": 4.8',
        '{"a": 4.8} I hope this helps',
        'Sure! {"a": 4.8}',
        '```json\n{"a": 4.8}',
        '```json\n{"a": \n```',
        '```json\n{"a": 4}\n```\n```json\n{"a": 5}\n```',
        '{"a": NaN}',
        '{"a": -Infinity}',
        '{"a": 1e999}',
        '{"a": 1, "a": 5}',
        '{"b": {"a": 1, "a": 5}}',
        '{"a": ' + "9" * 5000 + "}",
        '{"a": ' * 100_000,
        "[" * 100_000,
        "\ufeff{}",
    ],
)
def test_anything_else_is_unreadable_in_one_short_line(text: str) -> None:
    with pytest.raises(Unreadable) as raised:
        readable_json(Reply(text))
    assert "\n" not in str(raised.value)
    assert 5 < len(str(raised.value)) < 150


def test_an_answer_that_was_cut_is_unreadable_even_if_it_looks_whole() -> None:
    with pytest.raises(Unreadable, match="cut short"):
        readable_json(Reply('{"a": 4.8}', cut=True))
