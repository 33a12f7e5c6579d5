"""The text screen: text that an edit brought, and watermarks, read by a model that comes in a wheel (decision 0026).

`text.count`: lines in the edited picture. `text.area`: the share of it that they cover. `text.added`: that share less
the source's; below 0 where text went. `text.watermark`: how likely text in either picture is a watermark (1.0: a site,
a copyright notice, an agency, the same words over and over; 0.6: a credit, a lone "sample"). Operations that ask for
text must not be held to it, so a policy says:

    [screen.bars]
    "text.added" = { max = 0.005 }
    "text.watermark" = { max = 0.5 }

    [screen.operations.text_add]
    "text.added" = {}
    [screen.operations.text_change]
    "text.added" = {}
    [screen.operations.caption]
    "text.added" = {}
    [screen.operations.zoom]
    "text.added" = {}
    [screen.operations.crop]
    "text.added" = {}

(an empty bar holds everything). Text also grows where the picture does: by `zoom` and `crop`.
"""

from collections.abc import Sequence
from typing import Annotated, ClassVar

from pydantic import Field

from schemas.messages import Candidate
from schemas.ports import Info, Screened, Task
from workers.content.marks import watermark
from workers.content.onnx import Remembered, lacking
from workers.content.reading import FINDER, READER, Reader, share
from workers.pixelwise.arrays import Pixels
from workers.plugin import Options, PlugIn


class ScreenOptions(Options):
    """`side`: pixels of the longer side that text is looked for at; `threads`: of the processor, for one picture."""

    TUNING: ClassVar[frozenset[str]] = frozenset({"threads"})

    side: Annotated[int, Field(ge=320, le=2048, multiple_of=32)] = 736
    threads: Annotated[int, Field(ge=1, le=64)] = 1


class Screen(PlugIn[ScreenOptions]):
    """Measures `text.count`, `text.area`, `text.added` and `text.watermark`."""

    INFO: ClassVar[Info] = Info(
        summary="Text that came or went, and watermarks, by PP-OCRv6: text.count, area, added, watermark",
        revision="PP-OCRv6-small",
        memory_gb=0.4,
        accepts="any picture; text in Latin letters, Chinese and Japanese",
        extra="content",
    )
    OPTIONS: ClassVar[type[Options]] = ScreenOptions

    def check(self) -> Sequence[str]:
        """Whether the packages are there that bring the weights."""
        return lacking(FINDER, READER)

    def load(self) -> None:
        """Read the weights; raises `UserError` where the package is missing."""
        self._lines = Remembered(Reader(self.options.threads, self.options.side))

    def screen(self, tasks: Sequence[Task[Candidate]]) -> list[Screened]:
        """One set of measures for each (source, edited)."""
        return [self._screen(task.images[0].pixels, task.images[1].pixels) for task in tasks]

    def _screen(self, source: Pixels, edited: Pixels) -> Screened:
        before, after = self._lines(source), self._lines(edited)
        likely, words = max(watermark(before), watermark(after), key=lambda found: found[0])
        found = {
            "text.count": float(len(after)),
            "text.area": share(after, edited),
            "text.added": round(share(after, edited) - share(before, source), 6),
            "text.watermark": likely,
        }
        return Screened(found, f"looks like a watermark: {words}" if words else "")
