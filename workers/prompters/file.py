"""Prompts from a JSONL file, one object a line; bad lines are skipped, each with its reason.

    {"text": "Watercolour: a red boat on a lake at dusk", "style": "watercolour", "width": 512, "height": 512,
     "seeds": 2, "requests": [{"instruction": "Make the boat blue.", "operation": "recolor"}]}

`text` and `requests` are needed. A request is an `instruction` and the taxonomy's `operation` (`effect` may hold the
edit as JSON for the simulated editor). `style` is "" unless given, `width` and `height` 512, `seed` 0, `seeds` 1: the
line is drawn with seeds seed, seed + 1, ... `prompt_id` is made from the line's content unless given.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from schemas.errors import UserError
from schemas.ids import digest
from schemas.messages import MAX_REQUESTS, Prompt, Request
from schemas.ports import Info
from schemas.taxonomy import taxonomy
from workers.plugin import Intake, Options, Skipped
from workers.plugin import Prompter as Base

EXAMPLE = (
    '{"text": "a red boat on a lake", "requests": [{"instruction": "Make the boat blue.", "operation": "recolor"}]}'
)
LONGEST_LINE = 1 << 20


class Line(BaseModel):
    """One line of the file."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    text: Annotated[str, Field(min_length=1)]
    requests: list[Request]
    style: str = ""
    width: Annotated[int, Field(ge=64, le=4096)] = 512
    height: Annotated[int, Field(ge=64, le=4096)] = 512
    seed: Annotated[int, Field(ge=0)] = 0
    seeds: Annotated[int, Field(ge=1, le=1000)] = 1
    prompt_id: str = ""


class FileOptions(Options):
    """`path`: the JSONL file."""

    path: Annotated[str, Field(min_length=1)]


class Prompter(Base[FileOptions]):
    """Finite: item numbers run over the file's lines (each `seeds` times), the same for the same file."""

    INFO: ClassVar[Info] = Info(summary="file: prompts and edits from a JSONL file", reads_images=False)
    OPTIONS: ClassVar[type[Options]] = FileOptions
    REREAD: ClassVar[bool] = True

    def __init__(self, options: FileOptions) -> None:
        super().__init__(options)
        self._lines()

    def intake(self, campaign: str, start: int) -> Iterator[Intake]:
        """Items from number `start` on; a bad line is one `Skipped`, an empty line nothing."""
        for number, item in enumerate(self._items(campaign)):
            if number >= start:
                yield item

    def _items(self, campaign: str) -> Iterator[Intake]:
        for number, raw in enumerate(self._lines(), 1):
            if raw.strip():
                yield from _prompts(campaign, raw, f"{self.options.path} line {number}")

    def _lines(self) -> list[bytes]:
        try:
            lines = Path(self.options.path).read_bytes().removeprefix(b"\xef\xbb\xbf").split(b"\n")
        except OSError as error:
            why = error.strerror or type(error).__name__
            raise UserError(
                f"prompt file {self.options.path} cannot be read ({why})",
                f"give a JSONL file with lines like {EXAMPLE}",
            ) from None
        if not any(line.strip() for line in lines):
            raise UserError(f"prompt file {self.options.path} is empty", f"write lines like {EXAMPLE}")
        return lines


def _prompts(campaign: str, raw: bytes, where: str) -> list[Intake]:
    """The prompts of one line, or why there are none."""
    try:
        line = Line.model_validate(_object(raw))
        _check(line)
        name = line.prompt_id or f"file-{digest('line', json.dumps(line.model_dump(mode='json'), sort_keys=True))[:16]}"
        return [
            Prompt(
                campaign=campaign, prompt_id=name, text=line.text, style=line.style, seed=line.seed + k,
                width=line.width, height=line.height, requests=tuple(line.requests),
            )
            for k in range(line.seeds)
        ]  # fmt: skip
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        return [Skipped(where, f"{field}: {first['msg'].removeprefix('Value error, ')}; mend it, as in {EXAMPLE}")]
    except ValueError as error:
        return [Skipped(where, str(error))]


def _object(raw: bytes) -> object:
    if len(raw) > LONGEST_LINE:
        raise ValueError("longer than 1 MiB; split it")
    try:
        return json.loads(raw.decode("utf-8"))
    except UnicodeDecodeError:
        raise ValueError(f"not UTF-8 text; save the file as UTF-8, as in {EXAMPLE}") from None
    except (json.JSONDecodeError, RecursionError) as error:
        place = f" at column {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
        raise ValueError(f"not one JSON object{place}; write lines like {EXAMPLE}") from None


def _check(line: Line) -> None:
    if not line.text.strip():
        raise ValueError("text: is blank; say what the picture shows")
    if not 1 <= len(line.requests) <= MAX_REQUESTS:
        raise ValueError(f"requests: {len(line.requests)} of them; give 1 to {MAX_REQUESTS}")
    for number, request in enumerate(line.requests, 1):
        if request.operation not in taxonomy().operations:
            raise ValueError(
                f"request {number}: unknown operation {request.operation!r}; `nhr models --operations` lists them"
            )
        if not request.instruction.strip():
            raise ValueError(f"request {number}: the instruction is blank; say what to change")
    words = [request.instruction for request in line.requests]
    if len(set(words)) < len(words):
        raise ValueError("requests: two have the same instruction; keep one")
