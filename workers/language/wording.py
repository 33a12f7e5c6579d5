"""The words and answer formats that vision models are given: the files in `prompts/`, each named by what it says."""

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Template
from typing import Any

from schemas.ids import digest
from schemas.messages import Candidate, JudgeJob, Request
from schemas.taxonomy import taxonomy

FOLDER = Path(__file__).with_name("prompts")


@dataclass(frozen=True)
class Wording:
    """One file: texts with `$names` to be filled in, the answer's fields as JSON schemas, and an example of each."""

    texts: Mapping[str, str]
    properties: Mapping[str, Mapping[str, Any]]
    examples: Mapping[str, Any]

    def said(self, name: str, **values: str) -> str:
        """The text of that name with every `$name` filled in."""
        return Template(self.texts[name]).substitute(values).strip()

    def schema(self, fields: Sequence[str]) -> dict[str, Any]:
        """The JSON schema of an answer that has these fields, all of them, in this order, and no other."""
        return {
            "type": "object",
            "properties": {name: dict(self.properties[name]) for name in fields},
            "required": list(fields),
            "additionalProperties": False,
        }

    def example(self, fields: Sequence[str]) -> str:
        """An answer that has these fields, in this order."""
        return json.dumps({name: self.examples[name] for name in fields})


@cache
def _raw(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


@cache
def wording(name: str) -> Wording:
    """The file `prompts/NAME.toml`."""
    raw = _raw(name)
    texts = {key: value for key, value in raw.items() if isinstance(value, str)}
    return Wording(texts, raw.get("properties", {}), raw.get("examples", {}))


def revision(*names: str) -> str:
    """What these files say, as a plug-in's revision: comments do not count, every word does."""
    versions = ".".join(str(_raw(name)["version"]) for name in names)
    return f"{versions}-{digest(*(json.dumps(_raw(name), ensure_ascii=False) for name in names))[:10]}"


def quoted(text: str) -> str:
    """A text of others between quotes, so that where it ends is beyond doubt."""
    return json.dumps(text, ensure_ascii=False)


def rubric(*operations: str) -> str:
    """What to look at for these operations of the taxonomy; the general words for those it does not know."""
    raw, known = _raw("rubrics"), taxonomy().operations
    groups = dict.fromkeys(known[name].group if name in known else "" for name in operations)
    return " ".join(raw["groups"].get(group, raw["general"]) for group in groups)


def operations(job: JudgeJob | Candidate) -> tuple[str, ...]:
    """The operations that lead from a job's first picture to its second: for an inverse, what undoes the request."""
    match job:
        case Candidate():
            return (job.job.request.operation,)
        case JudgeJob(kind="forward"):
            return (job.request.operation,)
        case JudgeJob(kind="inverse"):
            return (_undone(job.request),)
        case JudgeJob():
            return ("composite", _undone(job.request), *([job.other.operation] if job.other else []))


def _undone(request: Request) -> str:
    known = taxonomy().operations.get(request.operation)
    return (known.inverse if known else None) or request.operation
