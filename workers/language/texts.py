"""What code checks of texts, in English and Chinese: language, length, words that give an undo away, ordinals."""

import re
import unicodedata
from typing import Literal

Language = Literal["en", "zh"]

HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*|\d+(?:[.,:]\d+)*")
_QUOTED = re.compile(r"\"[^\"]*\"|“[^”]*”|「[^」]*」|『[^』]*』|《[^》]*》|(?<!\w)'[^']*'(?!\w)|(?<!\w)‘[^’]*’(?!\w)")

UNDOING = re.compile(
    r"\b(?:revert(?:s|ed|ing)?|undo(?:es|ing|ne)?|undid|restor(?:e|es|ed|ing|ation)|back|original(?:s|ly)?|previous(?:ly)?"
    r"|again|reset(?:s|ting)?|return(?:s|ed|ing)?|rollback|re-?add(?:ed)?|reinstate[ds]?|revers(?:e|es|ed|ing|al)"
    r"|before|former(?:ly)?|earlier|as it was|used to be|no longer|anymore)\b"
    r"|恢复|还原|撤销|撤消|复原|取消|回退|回到|返回|重新|再次|原来|原本|原样|原始|原先|原有|原状|原图|之前|先前|以前|此前"
    r"|[变换改放调移转]回|不再",
    re.IGNORECASE,
)
"""Words that show that an instruction undoes another one; the paper forbids "revert", "undo", "restore" and "back"."""

ORDINAL = re.compile(
    r"\b(?:the|every|its|his|her|their)\s+(?:first|second|third|fourth|fifth|sixth|seventh|last|\d+(?:st|nd|rd|th))\b"
    r"(?!\s+(?:floor|stor(?:e)?y|half|hand|light|snow|quarter))"
    r"|第\s*[一二三四五六七八九十两\d]+\s*[个只条张把辆位棵朵块座盏本件排]|倒数",
    re.IGNORECASE,
)
"""Counting instead of saying where: which one is the second depends on where one begins."""


def unquoted(text: str) -> str:
    """The text without what stands in quotation marks: that is to be seen in the picture and may say anything."""
    return _QUOTED.sub(" ", text)


def language(text: str) -> Language:
    """Chinese where it has Chinese characters outside of quotation marks, else English."""
    return "zh" if HAN.search(unquoted(text)) else "en"


def is_in(text: str, wanted: Language) -> bool:
    """Whether a text is in that language: English has no Chinese character, Chinese is mostly of them."""
    plain = unquoted(text)
    han, others = len(HAN.findall(plain)), len(re.findall(r"[^\W\d_]", HAN.sub("", plain)))
    return han == 0 < others if wanted == "en" else han > others


def undoing(text: str) -> str:
    """The first word that gives away that something is undone; "" where there is none."""
    found = UNDOING.search(unquoted(text))
    return found[0] if found else ""


def ordinal(text: str) -> str:
    """The first ordinal that picks an object by counting; "" where there is none."""
    found = ORDINAL.search(unquoted(text))
    return found[0] if found else ""


def words(text: str) -> int:
    """How many words a text has; two Chinese characters count as one."""
    return (len(HAN.findall(text)) + 1) // 2 + len(_WORD.findall(HAN.sub(" ", text)))


def content(text: str) -> frozenset[str]:
    """What a text speaks of: its words of four letters and more in lower case, and its pairs of Chinese characters."""
    lowered = unicodedata.normalize("NFKC", text).casefold()
    runs = re.findall(rf"{HAN.pattern}+", lowered)
    pairs = (run[at : at + 2] for run in runs for at in range(len(run) - 1))
    return frozenset([*(word for word in _WORD.findall(HAN.sub(" ", lowered)) if len(word) >= 4), *pairs])


def plain(text: str) -> str:
    """The text without case, punctuation and extra room: equal for texts that say the same letter by letter."""
    lowered = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(re.findall(r"\w+", lowered))


def one_line(text: str) -> str:
    """A model's text as a line: white space is one blank, quotation marks around all of it are dropped."""
    line = " ".join(text.split())
    for first, last in ('""', "“”", "「」", "''", "‘’"):
        if len(line) > 1 and line[0] == first and line[-1] == last and first not in line[1:-1]:
            return line[1:-1].strip()
    return line
