"""The runbook as a dashboard, one panel a section, so that panels can link to what to do."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from grafana_foundation_sdk.builders import text
from grafana_foundation_sdk.models import dashboard
from grafana_foundation_sdk.models.text import TextMode

from infra.deploy.grafana.board import RUNBOOK, Band, Board
from infra.deploy.grafana.panels import Panel, Query

FILE = Path(__file__).parents[1] / "prometheus" / "RUNBOOK.md"
WIDE = 150
"""Characters in a line of a panel as wide as the page, about."""


@dataclass(frozen=True, kw_only=True)
class Words(Panel):
    """A text in Markdown, and nothing measured."""

    content: str
    tells: str = ""
    bad: str = ""
    unit: str = ""
    queries: tuple[Query, ...] = ()

    def model(self) -> dashboard.Panel:
        """As Grafana has it."""
        panel = self._drawn()
        panel.title = self.title
        return panel

    def _drawn(self) -> dashboard.Panel:
        return text.Panel().mode(TextMode.MARKDOWN).content(self.content).build()


def sections(document: str) -> Mapping[str, int]:
    """The panel of each section, by the anchor that its heading has in a page of Markdown."""
    return {_anchor(heading): number for number, (heading, _) in enumerate(_parts(document), start=1)}


def board(document: str) -> Board:
    """The dashboard of such a document."""
    bands = (Band(_height(words), (Words(title=heading, content=words),)) for heading, words in _parts(document))
    return Board(RUNBOOK, "What to do about each alert: infra/deploy/prometheus/RUNBOOK.md.", tuple(bands), ())


def _parts(document: str) -> Iterator[tuple[str, str]]:
    """Heading and text of each section of the second level; what stands before the first is left out."""
    _, *parts = re.split(r"^## +", document, flags=re.MULTILINE)
    for part in parts:
        heading, _, words = part.partition("\n")
        yield heading.strip(), words.strip()


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _height(words: str) -> int:
    lines = sum(1 + len(line) // WIDE for line in words.splitlines())
    return 3 + round(lines * 0.75)
