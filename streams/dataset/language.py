"""Which languages a row's instructions are in: told by their script, as there are two."""

import re
from collections.abc import Iterable

_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
"""Chinese characters (Unicode's blocks of unified and compatibility ideographs)."""


def languages(texts: Iterable[str]) -> set[str]:
    """ "zh" where a text has Chinese characters, "en" where one has none."""
    return {"zh" if _HAN.search(text) else "en" for text in texts}
