"""Text as the index finds it: words and their beginnings; Chinese, which has no spaces, character by character."""

import re

_CJK = "\u2e80-\u2fdf\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
_EACH = re.compile(f"([{_CJK}])")
_WORD = re.compile(r"\w+", re.UNICODE)
_ID = re.compile(r"(?=[0-9a-f]*[0-9])[0-9a-f]{6,64}")
MOST_WORDS = 16


def spread(text: str) -> str:
    """The text with every Chinese, Japanese or Korean character a word of its own."""
    return _EACH.sub(r" \1 ", text)


def query(text: str) -> str:
    """What FTS5 is asked for `text`: all its words, each as the beginning of one; "" where it has none.

    A run of Chinese is asked for as a phrase.
    """
    found = [spread(word).split() for word in _WORD.findall(text.replace("_", " "))[:MOST_WORDS]]
    return " ".join(f'"{" ".join(parts)}"*' for parts in found if parts)


def as_id(text: str) -> str:
    """The beginning of an id that `text` may be; "" for what is a word."""
    text = text.strip().lower()
    return text if _ID.fullmatch(text) else ""
