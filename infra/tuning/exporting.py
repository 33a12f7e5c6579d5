"""Writes tuning data: each labelled pair as our judge shows it, pictures once each, lines by format and split."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Literal, NamedTuple

from infra import newfolder
from infra.images import decode
from infra.tuning import choosing, lines
from infra.tuning.lines import Address
from infra.tuning.pairs import Found, Labelled
from schemas.errors import Missing, Reject, UserError
from schemas.messages import ImageRef
from schemas.ports import Blobs, Image
from streams import records, shelf
from streams.ahead import ahead
from workers.language import judging
from workers.language.asking import Picture, Question
from workers.language.judging import JudgingOptions

Reasons = Literal["none", "before", "after"]
Progress = Callable[[int, int], None]
"""Told (pairs written, pairs in all)."""
AHEAD = 16
"""Questions made ahead of the one being written: bounds memory to some megabytes and keeps the threads busy."""
IMAGES = "images"
MARKER = ".nhr-tuning.json"
WHAT = "earlier tuning data"


@dataclass(frozen=True)
class Order:
    """What is to be written.

    `gcs`: where the pictures will lie for Gemini; `inline`: they go into the lines. With neither, nothing is written
    for Gemini. `validation` is the share of sources kept for that; `most_per_bin` (0: any) bounds what is trained on.
    `reasons`: where a note of the raters is, the reason is asked for and given. `side`: see `JudgingOptions`.
    """

    gcs: str = ""
    inline: bool = False
    validation: float = 0.2
    most_per_bin: int = 0
    reasons: Reasons = "none"
    side: int = 1024
    skip_missing: bool = False


@dataclass
class Written:
    """What was written: examples by split, bytes by file, pictures (files), and what was left out, by why."""

    examples: dict[str, int] = field(default_factory=dict)
    bytes: dict[str, int] = field(default_factory=dict)
    pictures: int = 0
    left_out: dict[str, int] = field(default_factory=dict)


class Asked(NamedTuple):
    """A pair as a question, and the answer to it."""

    question: Question
    answer: str


def export(
    blobs: Blobs, found: Found, out: Path, order: Order, force: bool = False, progress: Progress | None = None
) -> Written:
    """Write the labelled pairs to the folder `out`, which appears whole or not at all; same pairs, same bytes.

    Raises `UserError` for a folder that is in the way, for pairs and pictures that are not to be found (unless they may
    be skipped), and when there is nothing to train on.
    """
    out = out.expanduser().absolute()
    newfolder.may_write(out, MARKER, WHAT, force)
    if found.unknown and not order.skip_missing:
        raise UserError(
            f"{len(found.unknown)} labelled pairs are not in this place, or with other pictures; the first is "
            f"{found.unknown[0]}", "give the --out that they were labelled in, or --skip-missing"
        )  # fmt: skip
    splits = choosing.split(found.pairs, order.validation)
    train = splits[choosing.TRAIN]
    if order.most_per_bin:
        splits[choosing.TRAIN] = choosing.balanced(train, order.most_per_bin)
    written = Written(left_out={
        "retracted": found.taken_back, "too few raters": found.few, "not in this place": len(found.unknown),
        "bin is full": len(train) - len(splits[choosing.TRAIN]), "pictures missing": 0,
    })  # fmt: skip
    with newfolder.appearing(out) as root:
        _Writer(blobs, root, order, written).write(splits, progress)
        if not written.examples.get(choosing.TRAIN):
            hint = "give a smaller --validation" if written.examples else "label pairs first: `nhr gallery`, Label"
            raise UserError("there is nothing to train on", hint)
        told = {"format": 1, "judge_prompt": judging.REVISION, "order": asdict(order), **asdict(written)}
        (root / MARKER).write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return written


class _Writer:
    def __init__(self, blobs: Blobs, root: Path, order: Order, written: Written) -> None:
        self._blobs, self._root, self._order, self._written = blobs, root, order, written
        self._plain = JudgingOptions(model="tuned", side=order.side)
        self._reasoned = JudgingOptions(model="tuned", side=order.side, reason=order.reasons)

    def write(self, splits: Mapping[str, Sequence[Labelled]], progress: Progress | None) -> None:
        total, done = sum(map(len, splits.values())), 0
        for split, pairs in splits.items():
            if not pairs:
                continue
            with ExitStack() as stack:
                files = {name: stack.enter_context(self._opened(name, split)) for name in self._formats()}
                for asked in self._asked(pairs):
                    done += 1
                    if progress:
                        progress(done, total)
                    if asked is not None:
                        self._line(files, split, asked)
            for name in files:
                path = self._path(name, split)
                self._written.bytes[str(path.relative_to(self._root))] = path.stat().st_size

    def _formats(self) -> tuple[str, ...]:
        return ("gemini", "chat") if self._order.gcs or self._order.inline else ("chat",)

    def _path(self, name: str, split: str) -> Path:
        return self._root / name / f"{split}.jsonl"

    def _opened(self, name: str, split: str) -> IO[str]:
        path = self._path(name, split)
        path.parent.mkdir(exist_ok=True)
        return path.open("w", encoding="utf-8", newline="\n")

    def _line(self, files: Mapping[str, IO[str]], split: str, asked: Asked) -> None:
        for name, file in files.items():
            make = lines.gemini if name == "gemini" else lines.chat
            file.write(make(asked.question, asked.answer, self._address(name)))
        if not self._order.inline:
            for part in asked.question.parts:
                if isinstance(part, Picture):
                    self._keep(part)
        self._written.examples[split] = self._written.examples.get(split, 0) + 1

    def _address(self, name: str) -> Address | None:
        if self._order.inline:
            return None
        before = f"{self._order.gcs.rstrip('/')}/" if name == "gemini" else ""
        return lambda picture: f"{before}{_name(picture)}"

    def _keep(self, picture: Picture) -> None:
        path = self._root / _name(picture)
        if path.exists():
            return
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(picture.data)
        self._written.pictures += 1

    def _asked(self, pairs: Sequence[Labelled]) -> Iterator[Asked | None]:
        """Each pair as it is asked; None for one whose pictures are missing, where that may be."""
        for _, made in ahead(self._question, pairs, most=AHEAD):
            try:
                yield made()
            except Missing as error:
                if not self._order.skip_missing:
                    hint = "restore it from a copy, or leave such pairs out: --skip-missing"
                    raise UserError(str(error), hint) from None
                self._written.left_out["pictures missing"] += 1
                yield None

    def _question(self, one: Labelled) -> Asked:
        asked = self._reasoned if one.note else self._plain
        images = tuple(self._picture(one, ref) for ref in (one.job.before, one.job.after))
        answer = judging.answer(asked, one.agreed.adherence, one.agreed.aesthetics, one.note)
        return Asked(judging.question(one.job, images, asked), answer)

    def _picture(self, one: Labelled, ref: ImageRef) -> Image:
        """A picture, wherever it is kept; raises `Missing` naming the pair."""
        why = f"{shelf.image_key(ref)} is missing"
        for key in (shelf.image_key(ref), records.record_image_key(ref), ref.key):
            try:
                return decode(self._blobs.get(key))
            except Missing:
                continue
            except Reject as error:
                why = f"{key} cannot be read ({error})"
        raise Missing(f"pair {one.pair}: picture {why}")


def _name(picture: Picture) -> str:
    return f"{IMAGES}/{hashlib.sha256(picture.data).hexdigest()}.jpg"
