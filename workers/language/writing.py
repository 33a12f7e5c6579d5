"""The writer as a role: inverse and composite instructions and other forms of a text, each checked by code.

The paper's constraints (arXiv 2507.14119): an inverse is one short natural instruction with the attributes, only of the
changed object, and never says "revert", "undo", "restore" or "back".
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, NamedTuple, TypeVar

from pydantic import Field, TypeAdapter, ValidationError

from schemas.errors import Reject
from schemas.messages import Instruction, TextJob
from schemas.ports import Billed, Task
from workers.language import texts
from workers.language.asking import Asker, Picture, Question, Unreadable
from workers.language.engineering import NAMES, TEXT, record
from workers.language.marks import seed
from workers.language.serving import Served, ServiceOptions, readable_json
from workers.language.showing import shown
from workers.language.texts import Language
from workers.language.wording import quoted, revision, wording

REVISION = revision("writer")
"""Of what writers are told; a part of every recipe."""
ANSWER = record(instruction=TEXT)
FORMS = ("short", "long", "zh", "en", "rewritten")
_TRAVELS: TypeAdapter[str] = TypeAdapter(Instruction)


class Limits(NamedTuple):
    """Words that a text may have, least and most; two Chinese characters count as one."""

    least: int
    most: int


LIMITS: Mapping[str, Limits] = {
    "inverse": Limits(2, 32), "composite": Limits(5, 80), "short": Limits(2, 12), "long": Limits(12, 90),
    "zh": Limits(2, 80), "en": Limits(2, 80), "rewritten": Limits(3, 60),
}  # fmt: skip
"""Above what the model is told: it counts badly, and a word more does no harm."""


class WritingOptions(ServiceOptions):
    """`pictures`: whether more than rewriting sees them, which costs their tokens; `side`: pixels of the longest side.

    `tokens`: room for an answer, thoughts included.
    """

    temperature: Annotated[float, Field(ge=0, le=2)] = 0.0
    pictures: bool = False
    side: Annotated[int, Field(ge=64, le=4096)] = 1024
    tokens: Annotated[int, Field(ge=16, le=65536)] = 1024


WritingT = TypeVar("WritingT", bound=WritingOptions)


class LlmWriter(Served[WritingT]):
    """Writes what a job asks for; what breaks a rule is asked for again with the reason, then the job fails."""

    def write(self, tasks: Sequence[Task[TextJob]]) -> list[Billed]:
        """A text for each job, or what kept the model from giving it."""
        broken: dict[str, tuple[str, str]] = {}
        return self.each(tasks, lambda task, asker: self._written(task, asker, broken))

    def _written(self, task: Task[TextJob], asker: Asker, broken: dict[str, tuple[str, str]]) -> str:
        """The text; `broken` holds by job what was written in vain, and why, for when it is asked again."""
        job = task.job
        name = job.form if job.task == "form" else job.task
        _check_job(job, name, len(task.images))
        reply = asker.ask(self._question(task, name, broken.get(job.job_id)))
        said = readable_json(reply).get("instruction")
        if not isinstance(said, str):
            raise Unreadable("the answer has no instruction")
        text = texts.one_line(said)
        why = fault(job, name, text)
        if why:
            broken[job.job_id] = text, why
            raise Unreadable(f"{text[:120]!r} {why}")
        return text

    def _question(self, task: Task[TextJob], name: str, broken: tuple[str, str] | None) -> Question:
        words, job = wording("writer"), task.job
        shows: list[str | Picture] = []
        if len(task.images) == 2 and (name == "rewritten" or self.options.pictures):
            shows = [words.said("shown"), *shown(task.images, self.options.side)]
        ask = words.said(
            name, text=quoted(job.subject.text or "unknown"), instruction=quoted(job.instruction),
            first=quoted(job.inverse), second=quoted(job.other.instruction if job.other else ""),
        )  # fmt: skip
        again = [words.said("again", said=quoted(broken[0]), why=broken[1])] if broken else []
        return Question(
            system=words.said("system", language=NAMES[language_of(job, name)]),
            parts=(*shows, "\n\n".join([ask, *again])),
            schema=ANSWER,
            max_tokens=self.options.tokens,
            temperature=self.options.temperature,
            seed=seed(job.job_id),
        )


def _check_job(job: TextJob, name: str, pictures: int) -> None:
    """Raise `Reject` for a job that can never be done."""
    if name not in LIMITS:
        raise Reject(f"there is no form {name[:64]!r}; there are: {', '.join(FORMS)}")
    if name == "composite" and (job.other is None or not job.inverse):
        raise Reject("a composite needs the inverse of one request and another request")
    if name == "rewritten" and pictures != 2:
        raise Reject("an instruction is rewritten from two pictures, and this job has not both")


def language_of(job: TextJob, name: str) -> Language:
    """The language to write in: what the form says, else that of the instruction."""
    if name in ("zh", "en"):
        return "zh" if name == "zh" else "en"
    return texts.language(job.inverse if name == "composite" else job.instruction)


# --- rules ------------------------------------------------------------------------------------------------------------


def fault(job: TextJob, name: str, text: str) -> str:
    """What is wrong with a text, as "is empty" or the like; "" for one that keeps to every rule."""
    return next((why for rule in RULES if (why := rule(job, name, text))), "")


def _travels(_job: TextJob, _name: str, text: str) -> str:
    try:
        _TRAVELS.validate_python(text)
    except ValidationError:
        return "is longer than 1 KiB" if text else "is empty"
    return "" if texts.plain(text) else "says nothing"


def _language(job: TextJob, name: str, text: str) -> str:
    wanted = language_of(job, name)
    return "" if texts.is_in(text, wanted) else f"is not in {NAMES[wanted]}"


def _length(_job: TextJob, name: str, text: str) -> str:
    count, limits = texts.words(text), LIMITS[name]
    if count > limits.most:
        return f"has {count} words, more than {limits.most}"
    return f"has {count} words, fewer than {limits.least}" if count < limits.least else ""


def _hidden(job: TextJob, name: str, text: str) -> str:
    """No word gives away that something is undone, but those that the texts it is made from say themselves."""
    other = job.other.instruction if job.other else ""
    given = {"inverse": "", "composite": f"{job.inverse} {other}"}.get(name, job.instruction).casefold()
    found = (word for word in texts.UNDOING.findall(texts.unquoted(text)) if word.casefold() not in given)
    word = next(found, "")
    return f"says {word!r}, which hints at an edit before" if word else ""


def _new(job: TextJob, name: str, text: str) -> str:
    others = {"the instruction it starts from": job.instruction, "the inverse": job.inverse}
    if job.other is not None and name == "composite":
        others["one of its two parts"] = job.other.instruction
    if name == "short" and texts.words(job.instruction) <= LIMITS["short"].most:
        return ""  # it is short already: there may be no better way to say it
    return next((f"says the same as {what}" for what, said in others.items() if _same(said, text)), "")


def _whole(job: TextJob, name: str, text: str) -> str:
    """A composite speaks of both of its parts: it shares a word with each."""
    if name != "composite" or job.other is None:
        return ""
    said = texts.content(text)
    for part in (job.inverse, job.other.instruction):
        if texts.language(part) == texts.language(text) and texts.content(part) and not said & texts.content(part):
            return f"leaves out {part[:100]!r}"
    return ""


def _shape(job: TextJob, name: str, text: str) -> str:
    if name == "short" and texts.words(text) > max(6, texts.words(job.instruction)):
        return "is longer than the instruction it shortens"
    if name == "long" and texts.words(text) <= texts.words(job.instruction):
        return "is no longer than the instruction it details"
    return ""


def _same(one: str, other: str) -> bool:
    return bool(one) and texts.plain(one) == texts.plain(other)


RULES: tuple[Callable[[TextJob, str, str], str], ...] = (_travels, _language, _length, _hidden, _new, _whole, _shape)
