"""The kinds of worker, one line each, and how to find their plug-ins: by file name, without importing a model."""

import importlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import ValidationError

from schemas import messages as m
from schemas import topics
from schemas.errors import UserError
from schemas.ids import Stage, digest
from schemas.messages import ImageRef
from schemas.topics import Topic
from workers.plugin import Options, PlugIn, Prompter


@dataclass(frozen=True)
class Kind:
    """A worker kind: where its plug-ins live, which class and method they have, what it reads.

    The method takes a sequence of `Task` and returns one result for each, in order: an `Image`, `Gated`, `Screened`,
    `Judged` or a text; or, in place of a result, a `Retry` or `Reject` instance for that task alone. What services
    were asked for comes along as `Billed`.
    """

    name: str
    folder: str
    role: str
    method: str
    stage: Stage
    takes: Topic
    pictures: Callable[[Any], tuple[ImageRef, ...]]


def _nothing(_job: m.Prompt) -> tuple[ImageRef, ...]:
    return ()


def _before(job: m.Source | m.EditJob) -> tuple[ImageRef, ...]:
    return (job.subject.image,)


def _attempt(job: m.Candidate) -> tuple[ImageRef, ...]:
    return (job.job.subject.image, job.image)


def _pair(job: m.JudgeJob | m.TextJob) -> tuple[ImageRef, ...]:
    return tuple(ref for ref in (job.before, job.after) if ref is not None)


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("generator", "generators", "Generator", "generate", "generate", topics.PROMPTS, _nothing),
        Kind("gate", "gates", "Gate", "inspect", "gate", topics.SOURCES, _before),
        Kind("editor", "editors", "Editor", "edit", "edit", topics.EDIT_JOBS, _before),
        Kind("screen", "screens", "Screen", "screen", "screen", topics.CANDIDATES, _attempt),
        Kind("judge", "judges", "Judge", "judge", "judge", topics.JUDGE_JOBS, _pair),
        Kind("writer", "writers", "Writer", "write", "text", topics.TEXT_JOBS, _pair),
    )
}
FOLDERS: dict[str, tuple[str, str]] = {
    "prompter": ("prompters", "Prompter"),
    **{kind.name: (kind.folder, kind.role) for kind in KINDS.values()},
}


@cache
def names(kind: str) -> tuple[str, ...]:
    """Names of the plug-ins of `kind`: the files of its folder."""
    package = importlib.import_module(f"workers.{FOLDERS[kind][0]}")
    return tuple(sorted(found.name for found in pkgutil.iter_modules(package.__path__)))


def plugin_class(kind: str, name: str) -> type[PlugIn[Any]]:
    """The plug-in class; raises `UserError` for a name that is no file of the kind's folder."""
    folder, role = FOLDERS[kind]
    if name not in names(kind):
        raise UserError(f"unknown {kind} {name!r}", f"choose one of: {', '.join(names(kind))} (`nhr models`)")
    found: type[PlugIn[Any]] = getattr(importlib.import_module(f"workers.{folder}.{name}"), role)
    return found


def parse(kind: str, text: str) -> PlugIn[Any]:
    """A plug-in from "NAME" or "NAME:option=value,option=value" (for one option named `path`: "NAME:VALUE")."""
    name, _, rest = text.partition(":")
    options = plugin_class(kind, name).OPTIONS
    if "path" in options.model_fields and rest.partition("=")[0].strip() not in options.model_fields:
        return build(kind, name, {"path": rest} if rest else {})
    given: dict[str, str] = {}
    last = ""
    for part in rest.split(",") if rest else ():
        option, separator, value = part.partition("=")
        if last == "path" and option.strip() not in options.model_fields:  # a comma inside the path
            given[last] += f",{part}"
        elif separator:
            last = option.strip()
            given[last] = value.strip()
        else:
            raise UserError(f"{kind} {name}: {part!r} is not option=value", _option_help(options))
    return build(kind, name, given)


def prompter(text: str) -> Prompter[Any]:
    """A prompter from "NAME", "NAME:VALUE" or a path to a .jsonl file; raises `UserError`."""
    found = parse("prompter", f"file:{text}" if text.endswith(".jsonl") and ":" not in text else text)
    if not isinstance(found, Prompter):
        raise UserError(f"{text} is no prompter", f"choose one of: {', '.join(names('prompter'))}")
    return found


def build(kind: str, name: str, given: Mapping[str, Any]) -> PlugIn[Any]:
    """A plug-in with the given options; raises `UserError` naming the option that is wrong."""
    cls = plugin_class(kind, name)
    try:
        return cls(cls.OPTIONS.model_validate(given))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        what = "unknown option" if first["type"] == "extra_forbidden" else first["msg"]
        raise UserError(f"{kind} {name}: option {where!r}: {what}", _option_help(cls.OPTIONS)) from None


def _option_help(options: type[Options]) -> str:
    return f"options: {', '.join(options.model_fields) or 'none'}"


def recipe(kind: str, name: str, plugin: PlugIn[Any]) -> str:
    """Name of exactly how an answer is made: plug-in, revision and telling options, as "name@12 hex digits"."""
    return f"{name}@{digest(kind, name, plugin.INFO.revision, plugin.options.telling())[:12]}"


def run(kind: Kind, plugin: PlugIn[Any], tasks: Sequence[Any]) -> Sequence[Any]:
    """One step of the plug-in: a result, `Retry` or `Reject` for each task, in order."""
    results: Sequence[Any] = getattr(plugin, kind.method)(tasks)
    if len(results) != len(tasks):
        raise RuntimeError(f"{kind.name} {type(plugin).__module__} gave {len(results)} results for {len(tasks)} tasks")
    return results
