"""The content gate: turns away sources with exposed bodies, or with text that looks like a watermark."""

from collections.abc import Sequence
from typing import Annotated, ClassVar

from pydantic import Field

from schemas.messages import Source
from schemas.ports import Gated, Info, Task
from workers.content import nudity
from workers.content.marks import watermark
from workers.content.onnx import lacking
from workers.content.reading import FINDER, READER, Reader, share
from workers.pixelwise.arrays import Pixels
from workers.plugin import Options, PlugIn


class GateOptions(Options):
    """The most that a source may have of each: `nsfw` and `watermark` are scores, `text` the share of its area.

    With 1 nothing is held against it, and with `nsfw=1` that model is not loaded, so its package need not be there.
    """

    TUNING: ClassVar[frozenset[str]] = frozenset({"threads"})

    nsfw: Annotated[float, Field(ge=0, le=1)] = 0.5
    watermark: Annotated[float, Field(ge=0, le=1)] = 0.5
    text: Annotated[float, Field(ge=0, le=1)] = 1.0
    threads: Annotated[int, Field(ge=1, le=64)] = 1


class Gate(PlugIn[GateOptions]):
    """Looks at sources as the screens `nsfw` and `text` look at attempts; what is shown else is not its matter."""

    INFO: ClassVar[Info] = Info(
        summary="Turns away sources with exposed bodies (NudeNet) or watermarks (PP-OCRv6); looks at nothing else",
        licence="AGPL-3.0 (NudeNet) and Apache-2.0 (PP-OCRv6)",
        commercial=None,
        revision="nudenet-320n,PP-OCRv6-small",
        memory_gb=0.6,
        accepts="any picture",
        extra="content,nsfw",
    )
    OPTIONS: ClassVar[type[Options]] = GateOptions

    def check(self) -> Sequence[str]:
        """Whether the packages are there that bring the weights."""
        return lacking(FINDER, READER, *((nudity.WEIGHTS,) if self.options.nsfw < 1 else ()))

    def load(self) -> None:
        """Read the weights; raises `UserError` where a package is missing."""
        self._read = Reader(self.options.threads, 736)
        self._bodies = nudity.NudeNet(self.options.threads, 320) if self.options.nsfw < 1 else None

    def inspect(self, tasks: Sequence[Task[Source]]) -> list[Gated]:
        """Yes or no, with the reason and what was measured, for each source."""
        return [self._inspect(task.images[0].pixels) for task in tasks]

    def _inspect(self, pixels: Pixels) -> Gated:
        lines, asked = self._read(pixels), self.options
        likely, words = watermark(lines)
        found = {"text.count": float(len(lines)), "text.area": share(lines, pixels), "text.watermark": likely}
        found |= nudity.measures(self._bodies(pixels)) if self._bodies else {}
        reasons = (
            (found.get("nsfw.score", 0.0) > asked.nsfw, "exposed bodies"),
            (likely > asked.watermark, f"looks like a watermark: {words}"),
            (found["text.area"] > asked.text, "too much text"),
        )
        wrong = [reason for is_wrong, reason in reasons if is_wrong]
        return Gated(not wrong, "; ".join(wrong) or "nothing explicit and no watermark", found)
