"""The one typed policy file: waves, bars, inversion, composition, texts, what is kept."""

import json
import tomllib
from collections.abc import Mapping
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from schemas import formats
from schemas.errors import UserError
from schemas.ids import digest
from schemas.messages import Bar, Scores, ScreenVerdict
from schemas.taxonomy import taxonomy

FORMAT = 1


def _spelled_right(bar: Any) -> Any:
    """A bar as given; messages pass over words they do not know, but a policy must not: such a bar holds nothing."""
    for name in bar if isinstance(bar, Mapping) else ():
        if name not in Bar.model_fields:
            hint = "a measure's name that holds a dot is quoted"
            raise ValueError(f"a bar has {' and '.join(Bar.model_fields)}, no {name!r}; {hint}")
    return bar


ScoreBar = Annotated[float, Field(ge=1.0, le=5.0)]
Bars = dict[str, Annotated[Bar, BeforeValidator(_spelled_right)]]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class JudgeBars(_Part):
    """The least each score must reach. An absent one follows the next more general table."""

    adherence: ScoreBar | None = None
    aesthetics: ScoreBar | None = None


class Judging(_Part):
    """Bars on both scores (paper: 4.7 each); `operations` go before `judges`, those before the general ones."""

    adherence: ScoreBar = 4.7
    aesthetics: ScoreBar = 4.7
    operations: dict[str, JudgeBars] = Field(default_factory=dict)
    judges: dict[str, JudgeBars] = Field(default_factory=dict)


class Screening(_Part):
    """Soft bars by measure name; `operations` replaces single bars; a measure not taken is not held against anyone.

    `spare` names the bars that ride with the job as cut-offs: an attempt that misses one is not shown to the screens
    that come later in the chain.
    """

    bars: Bars = Field(default_factory=dict)
    operations: dict[str, Bars] = Field(default_factory=dict)
    spare: tuple[str, ...] = ()


class Inversion(_Part):
    """Whether winners are inverted; a forward triplet is dropped when a score of its inverse is below `backward`."""

    enabled: bool = True
    backward: ScoreBar = 3.0


class Composition(_Part):
    """Whether pairs of released edits are composed, for how many neighbours on the ring of requests."""

    enabled: bool = True
    neighbours: Annotated[int, Field(ge=1, le=16)] = 2


class Texts(_Part):
    """Further forms of every instruction, each written before a triplet is released."""

    forms: Annotated[tuple[Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,31}$")], ...], Field(max_length=8)] = ()


class Policy(_Part):
    """Everything the director decides by. `waves` are numbers of attempts sent out together, one wave after another.

    `licences = "commercial"` admits only plug-ins and photographs whose outputs may be used commercially.
    """

    format: Literal[1] = 1
    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
    summary: str = ""
    waves: Annotated[tuple[Annotated[int, Field(ge=1, le=32)], ...], Field(min_length=1, max_length=32)]
    survivors: Annotated[int, Field(ge=1, le=32)] = 1
    keep: Literal["all", "rejected", "none"] = "all"
    licences: Literal["any", "commercial"] = "any"
    judge: Judging = Judging()
    screen: Screening = Screening()
    inversion: Inversion = Inversion()
    composition: Composition = Composition()
    texts: Texts = Texts()

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        if sum(self.waves) > 32:
            raise ValueError(f"waves add up to {sum(self.waves)} attempts; 32 is the most")
        if self.survivors > sum(self.waves):
            raise ValueError(f"survivors = {self.survivors} can never be met by {sum(self.waves)} attempts")
        if self.composition.enabled and not self.inversion.enabled:
            raise ValueError("composition needs inversion: a composite begins with an inverse text")
        known = taxonomy().operations
        for operation in (*self.judge.operations, *self.screen.operations):
            if operation not in known:
                raise ValueError(f"unknown operation {operation!r}; see `nhr models --operations`")
        unknown = set(self.screen.spare) - set(self.screen.bars)
        if unknown:
            raise ValueError(f"screen.spare names {sorted(unknown)}, which screen.bars does not have")
        return self

    @cached_property
    def policy_id(self) -> str:
        """Name of this policy by what it decides; defaults do not enter, so that fields may be added."""
        content = self.model_dump(mode="json", exclude_defaults=True, exclude={"summary"})
        return digest("policy", json.dumps(content, sort_keys=True))

    @cached_property
    def _screen_bars(self) -> dict[str, tuple[tuple[str, Bar], ...]]:
        tables = {"": self.screen.bars}
        tables |= {op: self.screen.bars | bars for op, bars in self.screen.operations.items()}
        return {op: tuple(sorted(bars.items(), key=_dear_first)) for op, bars in tables.items()}

    def screen_bars(self, operation: str) -> tuple[tuple[str, Bar], ...]:
        """Soft bars for `operation`, in the order the paper applies them: models' opinions, then pixel checks."""
        return self._screen_bars.get(operation) or self._screen_bars[""]

    def missed(self, measures: Mapping[str, float], operation: str) -> str | None:
        """The first soft bar that `measures` miss, or None; what was not measured misses nothing."""
        for name, bar in self.screen_bars(operation):
            value = measures.get(name)
            if value is not None and not bar.holds(value):
                return name
        return None

    def screen_lost(self, verdict: ScreenVerdict) -> str | None:
        """The first soft bar that the attempt misses, or None."""
        return self.missed(verdict.measures, verdict.job.job.request.operation)

    def cutoffs(self, operation: str) -> dict[str, Bar]:
        """The bars that ride with an edit job of `operation`."""
        return {name: bar for name, bar in self.screen_bars(operation) if name in self.screen.spare}

    def bars(self, operation: str, judge: str) -> JudgeBars:
        """The least scores for `operation` by `judge` (a recipe "name@..." or a bare name)."""
        adherence, aesthetics = self._least(operation, judge)
        return JudgeBars(adherence=adherence, aesthetics=aesthetics)

    def _least(self, operation: str, judge: str) -> tuple[float, float]:
        """Adherence and aesthetics: every judgement asks for them more than once, so no model is built."""
        adherence, aesthetics = self.judge.adherence, self.judge.aesthetics
        for table in (self.judge.judges.get(judge.partition("@")[0]), self.judge.operations.get(operation)):
            if table is not None:
                adherence = adherence if table.adherence is None else table.adherence
                aesthetics = aesthetics if table.aesthetics is None else table.aesthetics
        return adherence, aesthetics

    def accepts(self, scores: Scores, operation: str, judge: str) -> bool:
        """Whether each score reaches its bar."""
        adherence, aesthetics = self._least(operation, judge)
        return scores.adherence >= adherence and scores.aesthetics >= aesthetics

    def backward_fails(self, scores: Scores) -> bool:
        """Whether an inverse is so bad that its forward triplet cannot be trusted."""
        return min(scores.adherence, scores.aesthetics) < self.inversion.backward


def _dear_first(item: tuple[str, Bar]) -> tuple[bool, str]:
    return item[0].startswith("pixels."), item[0]


def shipped() -> tuple[str, ...]:
    """Names of the policies that come with NHR."""
    folder = resources.files("streams.rules") / "policies"
    return tuple(sorted(entry.name[: -len(".toml")] for entry in folder.iterdir() if entry.name.endswith(".toml")))


def text(name_or_path: str) -> str:
    """The TOML of a shipped policy by name, or of a file; raises `UserError`."""
    if name_or_path in shipped():
        return (resources.files("streams.rules") / "policies" / f"{name_or_path}.toml").read_text(encoding="utf-8")
    path = Path(name_or_path)
    if not path.is_file():
        raise UserError(f"no policy {name_or_path!r}", f"give a TOML file or one of: {', '.join(shipped())}")
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"policy {path} cannot be read ({error})", "give a readable UTF-8 TOML file") from None


def read(name_or_path: str) -> Policy:
    """A shipped policy by name, or one from a file: TOML, or the JSON it is kept as beside the data.

    Raises `UserError` in one line.
    """
    if not name_or_path.endswith(".json"):
        return parse(text(name_or_path), name_or_path)
    try:
        return validated(json.loads(text(name_or_path)), name_or_path)
    except (ValueError, RecursionError) as error:
        raise UserError(f"policy {name_or_path} is not JSON: {error}", "mend that line") from None


def parse(toml: str, where: str) -> Policy:
    """A policy from TOML text; `where` names it in errors."""
    try:
        return validated(tomllib.loads(toml), where)
    except (ValueError, RecursionError) as error:  # also numbers and nestings without end
        raise UserError(f"policy {where} is not TOML: {error}", "mend that line") from None


def validated(raw: Any, where: str) -> Policy:
    """The policy that `raw` says; raises `UserError`, naming `where` it was said."""
    formats.check(f"policy {where}", raw, FORMAT)
    try:
        return Policy.model_validate(raw)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "policy"
        message = first["msg"].removeprefix("Value error, ")
        raise UserError(f"policy {where}: {field}: {message}", "`nhr policy show paper` is a valid example") from None
