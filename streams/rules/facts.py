"""A ledger: what is known of one source, facts only, and how an event becomes a fact."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import msgpack
from pydantic import TypeAdapter

from schemas import codec, formats, topics
from schemas import messages as m
from schemas.errors import UserError

FORMAT = 1

_Ref = tuple[str, str, int, int, str]
_Measures = dict[str, float]
_FACTS: dict[str, TypeAdapter[Any]] = {
    "passed": TypeAdapter(tuple[bool]),
    "made": TypeAdapter(tuple[()]),
    "screened": TypeAdapter(tuple[_Ref, str, _Measures]),
    "scored": TypeAdapter(tuple[float, float, float | None, str, _Measures]),
    "worded": TypeAdapter(tuple[str, str]),
    "failed": TypeAdapter(tuple[str, _Ref | None, str]),
    "redriven": TypeAdapter(tuple[()]),
}
"""What is stored of a fact after its kind."""
_LEDGER = TypeAdapter(tuple[str, bytes | None, dict[str, list[Any]]])


@dataclass(frozen=True, slots=True)
class Passed:
    """The gate's answer."""

    yes: bool


@dataclass(frozen=True, slots=True)
class Made:
    """An edit was made: its candidate reached the screens."""


@dataclass(frozen=True, slots=True)
class Screened:
    """An attempt was screened."""

    image: m.ImageRef
    editor: str
    measures: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Scored:
    """A triplet was judged."""

    scores: m.Scores
    judge: str
    measures: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Worded:
    """A text was written."""

    text: str
    writer: str


@dataclass(frozen=True, slots=True)
class Failed:
    """A job cannot be done; a failed screen keeps what it was to look at, so that it can be asked again."""

    stage: str
    image: m.ImageRef | None = None
    editor: str = ""


@dataclass(frozen=True, slots=True)
class Redriven:
    """A parked failure was lifted."""


Fact = Passed | Made | Screened | Scored | Worded | Failed | Redriven


def redrive_name(job_id: str, retry: int) -> str:
    """Name of the fact that the failed `job_id` is to be asked again as number `retry`."""
    return f"{job_id}+{retry}"


def fact_of(event: Any) -> tuple[str, Fact]:
    """The name and the fact that an event of the verdicts topic tells."""
    match event:
        case m.GateVerdict():
            return event.job_id, Passed(event.yes)
        case m.ScreenVerdict():
            return event.job_id, Screened(event.job.image, event.job.made_by, event.measures)
        case m.JudgeVerdict():
            scores = m.Scores(adherence=event.adherence, aesthetics=event.aesthetics, preservation=event.preservation)
            return event.job_id, Scored(scores, event.by, event.measures)
        case m.TextAnswer():
            return event.job_id, Worded(event.text, event.by)
        case m.Redrive():
            return redrive_name(event.job_id, event.retry), Redriven()
        case m.Failure():
            candidate = event.candidate
            if candidate is None:
                return event.job_id, Failed(event.stage)
            return event.job_id, Failed(event.stage, candidate.image, candidate.made_by)
        case _:
            raise TypeError(f"{type(event).__name__} is no event")


def candidate_in(event: Any) -> m.Candidate | None:
    """The candidate whose existence an event proves."""
    if isinstance(event, m.ScreenVerdict):
        return event.job
    return event.candidate if isinstance(event, m.Failure) else None


def source_in(event: Any) -> m.Source | None:
    """The source that an event opens a ledger with: the gate's, whatever the gate answered."""
    if isinstance(event, m.GateVerdict):
        return event.job
    return event.source if isinstance(event, m.Failure) else None


@dataclass(slots=True)
class Ledger:
    """`policy_id`, the source once known, and one standing fact for each name: the first one told stays."""

    policy_id: str
    source: m.Source | None = None
    answers: dict[str, Fact] = field(default_factory=dict)
    _packed: dict[str, list[Any]] = field(default_factory=dict, repr=False, compare=False)
    _source: bytes | None = field(default=None, repr=False, compare=False)

    def add(self, event: Any) -> bool:
        """Take the event's fact unless its name has one; says whether anything was learnt.

        An edit either failed or was made: whichever was told first stands, and with it what may be said of screens.
        """
        name, fact = fact_of(event)
        candidate = candidate_in(event)
        if candidate is not None and isinstance(self.answers.setdefault(candidate.job.job_id, Made()), Failed):
            return False
        source = source_in(event)
        learnt = False
        if self.source is None and source is not None:
            self.source = source.model_copy(update={"retry": 0, "meter": m.Meter()})
            learnt = True
        if name not in self.answers:
            self.answers[name] = fact
            learnt = True
        return learnt

    def packed(self) -> dict[str, list[Any]]:
        """The answers in their stored form; each is put into it once."""
        for name, fact in islice(self.answers.items(), len(self._packed), None):
            self._packed[name] = _pack(fact)
        return self._packed

    def packed_source(self) -> bytes | None:
        """The source in its stored form, once it is known."""
        if self._source is None and self.source is not None:
            self._source = codec.encode(self.source)
        return self._source


def encode(ledger: Ledger) -> bytes:
    """The ledger as versioned msgpack."""
    source = ledger.packed_source()
    raw = {"format": FORMAT, "policy": ledger.policy_id, "source": source, "answers": ledger.packed()}
    data: bytes = msgpack.packb(raw)
    return data


def decode(data: bytes) -> Ledger:
    """The ledger in `data`; raises `UserError` when a newer NHR wrote it, or when it is damaged."""
    with formats.readable("a ledger in the database is damaged", formats.DATABASE_HINT):
        raw = msgpack.unpackb(data)
        formats.check("a ledger", raw, FORMAT)
        policy, source, answers = _LEDGER.validate_python((raw["policy"], raw["source"], raw["answers"]))
        facts = {name: _unpack(entry) for name, entry in answers.items()}
        return Ledger(policy, codec.decode(topics.SOURCES, source) if source else None, facts)


def _pack(fact: Fact) -> list[Any]:
    match fact:
        case Passed():
            return ["passed", fact.yes]
        case Made():
            return ["made"]
        case Screened():
            return ["screened", _pack_ref(fact.image), fact.editor, dict(fact.measures)]
        case Scored():
            scores = fact.scores
            return [
                "scored", scores.adherence, scores.aesthetics, scores.preservation, fact.judge, dict(fact.measures)
            ]  # fmt: skip
        case Worded():
            return ["worded", fact.text, fact.writer]
        case Failed():
            return ["failed", fact.stage, _pack_ref(fact.image) if fact.image else None, fact.editor]
        case Redriven():
            return ["redriven"]


def _unpack(entry: list[Any]) -> Fact:
    kind = str(entry[0]) if entry else ""
    if kind not in _FACTS:
        raise UserError(f"a ledger holds a fact {kind[:40]!r} unknown to this NHR", "upgrade nhr")
    rest = _FACTS[kind].validate_python(entry[1:])
    match kind:
        case "passed":
            return Passed(rest[0])
        case "made":
            return Made()
        case "screened":
            return Screened(_unpack_ref(rest[0]), rest[1], rest[2])
        case "scored":
            return Scored(m.Scores(adherence=rest[0], aesthetics=rest[1], preservation=rest[2]), rest[3], rest[4])
        case "worded":
            return Worded(rest[0], rest[1])
        case "failed":
            return Failed(rest[0], _unpack_ref(rest[1]) if rest[1] else None, rest[2])
        case _:
            return Redriven()


def _pack_ref(ref: m.ImageRef) -> list[Any]:
    return [ref.key, ref.sha256, ref.width, ref.height, ref.format]


def _unpack_ref(entry: _Ref) -> m.ImageRef:
    key, sha256, width, height, form = entry
    return m.ImageRef(key=key, sha256=sha256, width=width, height=height, format=form)
