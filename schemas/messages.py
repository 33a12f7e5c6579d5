"""Every message that travels, as one frozen pydantic class each.

Pixels never travel: messages carry an `ImageRef` (claim check). A message carries its subject, so nothing needs a
join, and stays under 64 KiB. Inside a topic version new fields have defaults and unknown ones are ignored.
"""

from collections.abc import Mapping
from math import isnan
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from schemas import ids
from schemas.ids import Stage, TripletKind

MAX_MESSAGE_BYTES = 64 * 1024
MAX_REQUESTS = 32


def _at_most(limit: int) -> AfterValidator:
    def check(text: str) -> str:
        try:
            size = len(text) if text.isascii() else len(text.encode())
        except UnicodeEncodeError:
            raise ValueError("holds half a character (a lone surrogate), which UTF-8 cannot say") from None
        if size > limit:
            raise ValueError(f"longer than {limit} bytes of UTF-8")
        return text

    return AfterValidator(check)


PromptText = Annotated[str, _at_most(4096)]
Instruction = Annotated[str, Field(min_length=1), _at_most(1024)]
Reason = Annotated[str, _at_most(1024)]
Effect = Annotated[str, _at_most(512)]
Name = Annotated[str, Field(max_length=256)]
Id = Annotated[str, Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z_+-]{0,127}$")]
Score = Annotated[float, Field(ge=1.0, le=5.0)]
Whole = Annotated[int, Field(ge=-(2**63), lt=2**63)]
"""As much as every store and every language can hold."""
Measure = Annotated[str, Field(max_length=64)]
Measures = Annotated[Mapping[Measure, float], Field(max_length=64)]

_PART = r"[ -\-0-\[\]-~][ -.0-\[\]-~]{0,199}"
Key = Annotated[str, Field(max_length=512, pattern=rf"^{_PART}(?:/{_PART})*$")]
"""Of a blob: plain names without a leading dot, joined by slashes."""


class Message(BaseModel):
    """Base of all messages: immutable, tolerant of fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class ImageRef(Message):
    """Claim check for one stored image: where it is, what its file's bytes hash to, its size in pixels."""

    key: Key
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    width: Annotated[int, Field(ge=1, le=65535)]
    height: Annotated[int, Field(ge=1, le=65535)]
    format: Literal["webp", "png", "jpeg", "jxl"] = "webp"


class Bar(Message):
    """The closed interval a measure must lie in; an absent end is open."""

    min: float | None = None
    max: float | None = None

    def holds(self, value: float) -> bool:
        """Whether `value` lies inside; NaN never does."""
        return (self.min is None or value >= self.min) and (self.max is None or value <= self.max) and not isnan(value)


class Request(Message):
    """One edit asked of a source: the words, the taxonomy's operation and, for models that read no language, `effect`.

    `effect` is the machine-readable form of the edit (JSON) for the simulated and the photographic editors and
    judges; it is empty where only the words say what is wanted, and no language model is ever shown it.
    """

    instruction: Instruction
    operation: Name
    effect: Effect = ""


Requests = Annotated[tuple[Request, ...], Field(min_length=1, max_length=MAX_REQUESTS)]


class Prompt(Message):
    """One (prompt, seed) to be drawn at `width` x `height` pixels, with the edits to be asked of it."""

    campaign: Name
    prompt_id: Name
    text: Annotated[PromptText, Field(min_length=1)]
    style: Name
    seed: Annotated[Whole, Field(ge=0)]
    width: Annotated[int, Field(ge=1, le=65535)]
    height: Annotated[int, Field(ge=1, le=65535)]
    requests: Requests

    @property
    def source_id(self) -> str:
        """Name of the source this prompt asks for; also the key on every later topic."""
        return ids.source_id(self.campaign, self.prompt_id, self.seed, self.width, self.height)


class Subject(Message):
    """What a job is about: one source image and where it came from. Rides in every later message.

    `text` is the prompt or caption (may be empty for a photograph); `made_by` is the generator's recipe name. Of a
    photograph: `licence` is its SPDX identifier, or else what was said of it; `licence_words` what was said, where that
    is not the same; `training` the mark by which its owner lets it be used for training; `web` where it comes from.
    """

    campaign: Name
    source_id: Id
    prompt_id: Name
    text: PromptText = ""
    style: Name = ""
    seed: Whole = 0
    image: ImageRef
    origin: Literal["generated", "photo"] = "generated"
    licence: Name = ""
    author: Name = ""
    made_by: Name = ""
    licence_words: Name | None = None
    training: Name | None = None
    web: Name | None = None


class Meter(Message):
    """What an answer took: wall seconds of the model's step, tokens, US dollars, which machine and when (Unix s).

    For records and counts only: no name, no ledger and nothing on the shelf depends on it.
    """

    seconds: float = 0.0
    tokens_in: Whole = 0
    tokens_out: Whole = 0
    cost_usd: float = 0.0
    machine: Name = ""
    at: float = 0.0


NO_METER = Meter()
"""Of what nothing is known: sent anew, or made before answers were metered."""


class Source(Message):
    """A source image with the edits to be asked of it; `meter` is what drawing it took."""

    subject: Subject
    requests: Requests
    retry: Whole = 0
    meter: Meter = Meter()

    @property
    def job_id(self) -> str:
        """Name of the gate's job on this source."""
        return ids.job_id(self.subject.source_id, "gate", retry=self.retry)


class EditJob(Message):
    """Try `request` once on the subject with `seed`; `cutoffs` let cheap screens spare dear ones downstream."""

    job_id: Id
    policy_id: Id
    subject: Subject
    request: Request
    request_id: Name
    attempt: Annotated[Whole, Field(ge=0)]
    seed: Whole
    cutoffs: Annotated[Mapping[Measure, Bar], Field(max_length=64)] = Field(default_factory=dict)


class Candidate(Message):
    """An attempt's edited image, on its way through the screens; `meter` is what the edit took."""

    job: EditJob
    image: ImageRef
    made_by: Name = ""
    retry: Whole = 0
    meter: Meter = Meter()

    @property
    def job_id(self) -> str:
        """Name of the screens' job on this attempt."""
        return ids.job_id(self.job.request_id, "screen", self.job.attempt, self.job.policy_id, self.retry)


class JudgeJob(Message):
    """Score the triplet (`before`, `instruction`, `after`) named `triplet_id`.

    `request` is the forward request (of the first edit, for a composite), `other` a composite's second one.
    """

    job_id: Id
    policy_id: Id
    triplet_id: Id
    subject: Subject
    kind: TripletKind
    request: Request
    other: Request | None = None
    attempt: Whole = 0
    instruction: Instruction
    before: ImageRef
    after: ImageRef
    retry: Whole = 0


class TextJob(Message):
    """Write one text: an inverse, a composite of `inverse` and the other edit, or another `form` of an instruction.

    `instruction` is the text to start from. For `form` jobs `kind` says which triplet the text is for.
    """

    job_id: Id
    policy_id: Id
    triplet_id: Id
    subject: Subject
    task: Literal["inverse", "composite", "form"]
    kind: TripletKind
    form: Name = ""
    request: Request
    other: Request | None = None
    instruction: Instruction
    inverse: Annotated[str, _at_most(1024)] = ""
    before: ImageRef | None = None
    after: ImageRef | None = None
    retry: Whole = 0


class GateVerdict(Message):
    """Does the source depict its prompt plausibly?"""

    type: Literal["gate"] = "gate"
    job: Source
    job_id: Id
    yes: bool
    reason: Reason = ""
    measures: Measures = Field(default_factory=dict)
    by: Name = ""
    meter: Meter = Meter()


class ScreenVerdict(Message):
    """What the screens measured on an attempt; `skipped` names screens spared by a cut-off (not measured)."""

    type: Literal["screen"] = "screen"
    job: Candidate
    job_id: Id
    measures: Measures = Field(default_factory=dict)
    skipped: Annotated[tuple[Measure, ...], Field(max_length=64)] = ()
    reason: Reason = ""
    by: Name = ""
    meter: Meter = Meter()


class JudgeVerdict(Message):
    """The judge's scores of a triplet, 1.0 to 5.0 each; `measures` holds whatever else it measured."""

    type: Literal["judge"] = "judge"
    job: JudgeJob
    job_id: Id
    adherence: Score
    aesthetics: Score
    preservation: Score | None = None
    reason: Reason = ""
    measures: Measures = Field(default_factory=dict)
    by: Name = ""
    meter: Meter = Meter()


class TextAnswer(Message):
    """The text a writer gave for a job."""

    type: Literal["text"] = "text"
    job: TextJob
    job_id: Id
    text: Instruction
    by: Name = ""
    meter: Meter = Meter()


class Failure(Message):
    """The standing answer of a job that cannot be done; carries what is needed to ask it again."""

    type: Literal["failure"] = "failure"
    job_id: Id
    stage: Stage
    campaign: Name = ""
    source_id: Id
    request_id: Name = ""
    attempt: Whole = 0
    retry: Whole = 0
    reason: Reason
    source: Source | None = None
    candidate: Candidate | None = None
    by: Name = ""
    meter: Meter = Meter()


class Redrive(Message):
    """Ask a parked job again, as its `retry`-th repetition."""

    type: Literal["redrive"] = "redrive"
    source_id: Id
    job_id: Id
    retry: Annotated[Whole, Field(ge=1)]


Event = Annotated[
    GateVerdict | ScreenVerdict | JudgeVerdict | TextAnswer | Failure | Redrive, Field(discriminator="type")
]


class Scores(Message):
    """A judge's scores, 1.0 to 5.0."""

    adherence: Score
    aesthetics: Score
    preservation: Score | None = None

    @property
    def geometric_mean(self) -> float:
        """sqrt(aesthetics x adherence), the paper's overall score; only picks the best attempt of one request."""
        return float((self.adherence * self.aesthetics) ** 0.5)


class Edit(Message):
    """One edit in a triplet's lineage: what was asked and which attempt won."""

    request_id: Name
    instruction: Instruction
    operation: Name
    attempt: Whole
    seed: Whole
    editor: Name
    image_sha256: Name
    measures: Measures = Field(default_factory=dict)


class Triplet(Message):
    """An accepted triplet with its scores and lineage; also the shelf's record, once its images are copied there.

    Holds only what is a function of the inputs. `checked` says whether backward consistency was checked by judging
    the inverse, or could not be since the operation has none.
    """

    triplet_id: Id
    kind: TripletKind
    policy_id: Id
    subject: Subject
    instruction: Instruction
    operation: Name
    texts: Annotated[Mapping[Measure, Instruction], Field(max_length=16)] = Field(default_factory=dict)
    before: ImageRef
    after: ImageRef
    scores: Scores
    measures: Measures = Field(default_factory=dict)
    checked: Literal["inverse", "none"] = "none"
    edits: Annotated[tuple[Edit, ...], Field(max_length=16)]
    judge: Name = ""
    writer: Name = ""


def subject_of(message: Message) -> Subject | None:
    """The subject that a message carries, wherever it nests it; None where it carries none."""
    match message:
        case ScreenVerdict():
            return message.job.job.subject
        case GateVerdict() | JudgeVerdict() | TextAnswer() | Candidate():
            return message.job.subject
        case Source() | EditJob() | JudgeJob() | TextJob() | Triplet():
            return message.subject
        case _:
            return None
