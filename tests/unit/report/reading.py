"""A page taken apart: its elements, its visible text and the data inside it."""

import json
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

VOID = {"meta", "br", "img", "input", "link", "hr"}


@dataclass(repr=False)
class Page(HTMLParser):
    """Parses strictly: every element that opens closes again, in order."""

    html: str
    tags: list[str] = field(default_factory=list)
    attributes: list[tuple[str, str]] = field(default_factory=list)
    texts: dict[str, list[str]] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)
    open_tags: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.feed(self.html)
        self.close()
        assert self.open_tags == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open_tags.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open_tags.pop() == tag

    def handle_data(self, data: str) -> None:
        where = self.open_tags[-1] if self.open_tags else ""
        self.texts.setdefault(where, []).append(data)
        if where not in {"script", "style"}:
            self.words.append(data)

    @property
    def data(self) -> dict[str, Any]:
        """The JSON that the scripts draw from."""
        found: dict[str, Any] = json.loads(self.texts["script"][0])
        return found

    @property
    def details(self) -> dict[str, Any]:
        """The JSON that a dialog is drawn from."""
        found: dict[str, Any] = json.loads(self.texts["script"][1])
        return found

    @property
    def text(self) -> str:
        """What is to be read without scripts, on one line."""
        return " ".join(" ".join(self.words).split())
