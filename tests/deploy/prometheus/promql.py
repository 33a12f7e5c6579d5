"""As much of PromQL as it takes to see which metrics and labels an expression names, and to make its time faster."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

TOKEN = re.compile(
    r"""\s+ | (?P<string>"(?:[^"\\]|\\.)*") | (?P<duration>\d+(?:ms|[smhdwy])(?:\d+(?:ms|[smhdwy]))*\b)
    | (?P<number>\d+(?:\.\d+)?(?:e[+-]?\d+)?) | (?P<name>[a-zA-Z_:][\w:]*)
    | (?P<sign>=~|!~|!=|==|<=|>=|[-+*/%^=<>(){}\[\],:])""",
    re.VERBOSE,
)
OPERATORS = frozenset({"and", "or", "unless", "offset", "bool", "group_left", "group_right"})
LISTS = frozenset({"without", "by", "on", "ignoring"})
MATCHES = frozenset({"=", "=~", "!=", "!~"})
SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0, "y": 31_536_000.0}
UNITS = frozenset({"60", "3600", "86400"})
"""Numbers that stand for units of time in the shipped rules, and for nothing else."""


@dataclass(frozen=True)
class Token:
    """A word of an expression: string, duration, number, name or sign; "" is the space between."""

    kind: str
    text: str


def tokens(expression: str) -> list[Token]:
    """The words, space included; raises ValueError for what is none."""
    found, at = [], 0
    while at < len(expression):
        match = TOKEN.match(expression, at)
        if match is None:
            raise ValueError(f"no word of PromQL: {expression[at : at + 20]!r}")
        found.append(Token(match.lastgroup or "", match[0]))
        at = match.end()
    return found


@dataclass(frozen=True)
class Selector:
    """A metric that is read, and (label, operator, pattern) of each of its matchers."""

    metric: str
    matchers: tuple[tuple[str, str, str], ...]


def selectors(expression: str) -> Iterator[Selector]:
    """Every metric that an expression reads."""
    words = [token for token in tokens(expression) if token.kind]
    for at, word in enumerate(words):
        after = words[at + 1].text if at + 1 < len(words) else ""
        if (
            word.kind != "name"
            or word.text in OPERATORS | LISTS
            or after in {"(", "without", "by"}
            or _is_label(words, at)
        ):
            continue
        yield Selector(word.text, tuple(_matchers(words, at + 1)) if after == "{" else ())


def labels(expression: str) -> Iterator[str]:
    """Every label in a list: without (...), by (...), on (...), ignoring (...)."""
    words = [token for token in tokens(expression) if token.kind]
    return (word.text for at, word in enumerate(words) if word.kind == "name" and _listed(words, at))


def faster(expression: str, times: float) -> str:
    """The expression with all of its times divided."""
    return "".join(_faster(token, times) for token in tokens(expression))


def shorter(duration: str, times: float) -> str:
    """A duration, divided; whole milliseconds, at least one."""
    seconds = sum(int(number) * SECONDS[unit] for number, unit in re.findall(r"(\d+)(ms|[smhdwy])", duration))
    return f"{max(1, round(seconds / times * 1000))}ms"


def _faster(token: Token, times: float) -> str:
    if token.kind == "duration":
        return shorter(token.text, times)
    if token.kind == "number" and token.text in UNITS:
        return f"{float(token.text) / times:.6f}"
    return token.text


def _is_label(words: list[Token], at: int) -> bool:
    return _listed(words, at) or (at + 1 < len(words) and words[at + 1].text in MATCHES)


def _listed(words: list[Token], at: int) -> bool:
    """Whether a word stands in a list of labels: the bracket that opens it follows one of `LISTS`."""
    while at > 0 and (words[at].kind == "name" or words[at].text == ","):
        at -= 1
    return words[at].text == "(" and at > 0 and words[at - 1].text in LISTS


def _matchers(words: list[Token], at: int) -> Iterator[tuple[str, str, str]]:
    while words[at].text != "}":
        if words[at].text in MATCHES:
            yield words[at - 1].text, words[at].text, words[at + 1].text.strip('"')
        at += 1
