"""One plug-in on one job made up for it: what came of it, what it took; every refusal is one line."""

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from pydantic import ValidationError

from infra import images
from infra import settings as environment
from infra.runtime.clock import SystemClock
from infra.wiring import access
from schemas import ids
from schemas import messages as m
from schemas.errors import Reject, Retry, UserError
from schemas.ports import Billed, Image, Task, Usage
from workers import chain, roster
from workers.photographic import reading
from workers.plugin import PlugIn

MessageT = TypeVar("MessageT", bound=m.Message)

CAMPAIGN = "try"
MOST_MEGAPIXELS = 64.0
DONE = {"editor": "edited", "generator": "drawn", "gate": "looked at", "screen": "measured", "judge": "judged",
        "writer": "written"}  # fmt: skip


@dataclass(frozen=True)
class Tried:
    """What a plug-in gave for a job, and what it took in words."""

    what: str
    result: object
    took: str


def picture(path: Path) -> Image:
    """The picture in a file, upright; raises `UserError`. Of one that NHR stored also the note within."""
    try:
        data = path.expanduser().read_bytes()
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror})", "give a picture file") from None
    with suppress(Reject):
        found = images.decode(data)
        if found.note:
            return found
    try:
        return Image(reading.read(data, MOST_MEGAPIXELS).pixels)
    except reading.Unusable as error:
        raise UserError(f"{path}: {error}", "give another picture") from None


def ref(image: Image) -> m.ImageRef:
    """A claim check for a picture that is stored nowhere; its pixels go to the plug-in at once."""
    height, width = image.pixels.shape[:2]
    name = ids.digest(CAMPAIGN, str(image.pixels.shape), image.note)
    return m.ImageRef(key=f"scratch/{name}", sha256=name * 2, width=width, height=height)


def request(instruction: str, operation: str, effect: str) -> m.Request:
    """The edit asked for; an effect names its operation itself where none is given."""
    if effect and not operation:
        with suppress(ValueError, AttributeError, TypeError):
            operation = str(json.loads(effect).get("op") or "")
    return made(m.Request, instruction=instruction, operation=operation, effect=effect)


def made(cls: type[MessageT], **fields: Any) -> MessageT:
    """A message of what was typed; raises `UserError` for what no message can hold."""
    try:
        return cls(**fields)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise UserError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}", "give another") from None


class Trying:
    """A plug-in by kind and name, with options inside the name or apart; raises `UserError` for a wrong one."""

    def __init__(self, kind: str, text: str, options: Sequence[str] = ()) -> None:
        self.kind, self.name = kind, text.partition(":")[0]
        pairs = [option.partition("=") for option in options]
        wrong = [option for option, (_, separator, _) in zip(options, pairs, strict=True) if not separator]
        if wrong:
            raise UserError(f"--option {wrong[0]!r} is not OPTION=VALUE", f"options: nhr models {kind}")
        if pairs and ":" in text:
            raise UserError("options are given twice", "give all of them with --option, or all in the name")
        self.plugin = self._plugin(text, {name: value for name, _, value in pairs})
        self.what = f"{kind} {self.name}"

    def _plugin(self, text: str, given: dict[str, str]) -> PlugIn[Any]:
        try:
            if given:
                return roster.build(self.kind, text, given)
            return chain.parse(text)[1] if self.kind == "screen" else roster.parse(self.kind, text)
        except ImportError as error:
            raise UserError(f"{self.kind} {text}: package {error.name} is not installed", "nhr doctor") from None

    # --- jobs ---------------------------------------------------------------------------------------------------------

    def subject(self, image: Image, text: str = "") -> m.Subject:
        """The picture, as what a job is about."""
        shown = ref(image)
        return made(
            m.Subject, campaign=CAMPAIGN, source_id=shown.sha256[:32], prompt_id=CAMPAIGN, text=text, image=shown,
            origin="generated" if image.note else "photo",
        )  # fmt: skip

    def edit_job(self, subject: m.Subject, request: m.Request, seed: int) -> m.EditJob:
        """One attempt at the request."""
        name = ids.request_id(subject.source_id, request.instruction)
        return m.EditJob(
            job_id=ids.job_id(name, "edit", seed, CAMPAIGN), policy_id=CAMPAIGN, subject=subject, request=request,
            request_id=name, attempt=0, seed=seed,
        )  # fmt: skip

    def judge_job(self, pair: tuple[Image, Image], request: m.Request) -> m.JudgeJob:
        """Whether the request was done."""
        subject = self.subject(pair[0])
        name = ids.request_id(subject.source_id, request.instruction)
        return m.JudgeJob(
            job_id=ids.job_id(name, "judge", 0, CAMPAIGN), policy_id=CAMPAIGN,
            triplet_id=ids.triplet_id(name, "forward"), subject=subject, kind="forward", request=request,
            instruction=request.instruction, before=ref(pair[0]), after=ref(pair[1]),
        )  # fmt: skip

    def text_job(self, pair: Sequence[Image], request: m.Request, form: str) -> m.TextJob:
        """The inverse of the request, or another form of it; with the pictures, where there are some."""
        subject = self.subject(pair[0]) if pair else self.subject(_nothing())
        name = ids.request_id(subject.source_id, request.instruction)
        before, after = (ref(image) for image in pair) if pair else (None, None)
        kind = "forward" if form else "inverse"
        return made(
            m.TextJob, job_id=ids.job_id(name, "text", 0, CAMPAIGN), policy_id=CAMPAIGN,
            triplet_id=ids.triplet_id(name, "forward"), subject=subject, task="form" if form else "inverse", kind=kind,
            form=form, request=request, instruction=request.instruction, before=before, after=after,
        )  # fmt: skip

    # --- running ------------------------------------------------------------------------------------------------------

    def run(self, task: Task[Any]) -> Tried:
        """Load the plug-in and have it do the job; raises `UserError` for whatever comes in between."""
        clock = SystemClock()
        self.plugin.access = access(environment.from_environment(), None)
        try:
            started = clock.monotonic()
            self.plugin.load()
            loaded = clock.monotonic()
            (result,) = roster.run(roster.KINDS[self.kind], self.plugin, [task])
            done = clock.monotonic()
        except Exception as error:
            raise self._refused(error) from error
        result, usage = (result.result, result.usage) if isinstance(result, Billed) else (result, Usage())
        took = f"loaded in {loaded - started:.1f} s, {DONE[self.kind]} in {done - loaded:.2f} s{_cost(usage)}"
        if isinstance(result, Exception):
            raise self._refused(result, _cost(usage)) from None
        return Tried(self.what, result, took)

    def _refused(self, error: Exception, cost: str = "") -> UserError:
        match error:
            case UserError():
                return error
            case Retry():
                return UserError(f"{self.what} cannot just now: {error}{cost}", f"try again in {error.after_s:.0f} s")
            case Reject():
                needs = self.plugin.INFO.accepts
                return UserError(
                    f"{self.what} cannot do that: {error}{cost}", f"it needs {needs}" if needs else "ask for another"
                )
            case ModuleNotFoundError():
                extra = self.plugin.INFO.extra
                how = f'pip install "nhr[{extra}]"' if extra else "install it"
                return UserError(f"{self.what}: package {error.name} is not installed", how)
            case _:
                return UserError(f"{self.what} failed: {type(error).__name__}: {error}", "nhr doctor looks further")


def _nothing() -> Image:
    return Image(np.zeros((64, 64, 3), np.uint8))


def _cost(usage: Usage) -> str:
    """What was used, in words; "" for nothing."""
    if usage == Usage():
        return ""
    return f"; {usage.tokens_in:,} tokens in, {usage.tokens_out:,} out, ${usage.cost_usd:.4g}"
