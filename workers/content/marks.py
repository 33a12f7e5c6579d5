"""What text in a picture looks like a watermark: by what it says, or since it is said over and over.

A watermark that only a picture or a pattern makes (a logo) is not found, nor one too faint to be read.
"""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from unicodedata import normalize

from workers.content.reading import Line

CERTAIN, LIKELY = 1.0, 0.6
TILES = 3
"""So many times the same words in one picture are a pattern laid over it."""
ALIKE = 0.75
"""From this ratio of common letters on two lines say the same: what is translucent is misread here and there."""
NAMED = 0.85
"""And from this a line is an agency's name of eight letters or more."""

_STOCK = (
    "123rf", "adobestock", "alamy", "bigstock", "canstock", "colourbox", "depositphotos", "dreamstime", "envato",
    "fotolia", "freepik", "gettyimages", "istock", "masterfile", "pixta", "pond5", "shutterstock", "stocksy",
    "superstock", "vecteezy", "stockphoto", "视觉中国", "图虫", "摄图网", "千图网", "包图网", "昵图网", "水印",
)  # fmt: skip
_SITE = re.compile(
    r"https?:|\bwww\b|(?<![\w@.])[a-z0-9][a-z0-9-]{2,}\.(?:com|net|org|info|io|cn|de|fr|it|es|pl|ru|jp|co\.[a-z]{2}|art|"
    r"gallery|photo|photos|photography|studio)\b"
)
_CLAIM = re.compile(r"©|\(c\)\s*\d{4}|\bcopyright\b|\ball rights reserved\b|\bwatermark(?:ed)?\b|\bdo not copy\b")
_PROOF = re.compile(r"(?:sample|preview|proof|draft|specimen|comp image|for (?:review|approval)(?: only)?)")
_CREDIT = re.compile(
    r"(?:^|\s)@[a-z0-9_.]{3,}|\bphoto(?:graph)?s?\s*(?:by|:)|\bphotography\b|\bimage\s*(?:id|credit)\b"
)


def watermark(lines: Sequence[Line]) -> tuple[float, str]:
    """How likely some of the text is a watermark, and the words; 0.0 and "" where nothing looks like one.

    1.0: a site, a copyright notice, a picture agency, or the same words at three places or more. 0.6: a credit ("photo
    by", "@name") or a lone "sample", "preview", "proof".
    """
    for line in lines:
        if certain(line.text):
            return CERTAIN, line.text
    if tile := _repeated([line.text for line in lines]):
        return CERTAIN, f"{tile!r}, over and over"
    return next(((LIKELY, line.text) for line in lines if likely(line.text)), (0.0, ""))


def certain(text: str) -> bool:
    """Whether the words are those of a site, a copyright notice or a picture agency."""
    folded = normalize("NFKC", text).casefold()
    bare = _bare(text)
    if _SITE.search(folded) or _CLAIM.search(folded):
        return True
    return any(name in bare or (len(name) >= 8 and _alike(name, bare, NAMED)) for name in _STOCK)


def likely(text: str) -> bool:
    """Whether the words are a credit, or all that a proof says."""
    folded = normalize("NFKC", text).casefold().strip()
    return bool(_CREDIT.search(folded) or _PROOF.fullmatch(folded))


def _repeated(texts: Sequence[str]) -> str:
    """The first text that is there `TILES` times or more, or what is much like it; "" where none is."""
    bare = [_bare(text) for text in texts]
    for text, one in zip(texts, bare, strict=True):
        if len(one) >= 4 and sum(_alike(one, other, ALIKE) for other in bare) >= TILES:
            return text
    return ""


def _alike(one: str, other: str, least: float) -> bool:
    match = SequenceMatcher(None, one, other, autojunk=False)
    return match.real_quick_ratio() >= least and match.quick_ratio() >= least and match.ratio() >= least


def _bare(text: str) -> str:
    return "".join(letter for letter in normalize("NFKC", text).casefold() if letter.isalnum())
