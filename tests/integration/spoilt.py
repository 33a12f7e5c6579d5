"""The command `nhr` with faults inside its own process: plug-ins that die, raise or answer wrongly, as a file says.

python -m tests.integration.spoilt FAULTS.json mine --prompts null --scenes 40 --out data
"""

import ctypes
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal, NoReturn

from pydantic import BaseModel, ConfigDict

import infra.cli
from infra import images
from schemas.errors import Reject, Retry
from schemas.ports import Image, Judged
from workers import answers, odds, roster
from workers.plugin import PlugIn
from workers.roster import Kind

MEMORY_BYTES = 8 << 30
TOO_MUCH_BYTES = 2 * MEMORY_BYTES
AGAIN_S = 0.02

Death = Literal["segfault", "abort"]
How = Literal[Death, "memory", "reject", "bug", "garbage", "wrong", "away", "flaky"]
Run = Callable[[Kind, PlugIn[Any], Sequence[Any]], Sequence[Any]]


class Fault(BaseModel):
    """What goes wrong with jobs of `kind`: those named, or all.

    "segfault" and "abort" (native code that is refused memory) end the process, "memory" and "bug" raise. "wrong"
    turns a `share` of the judge's decisions round and tells the truth; "flaky" puts a `share` of the calls off; "away"
    puts every call off for `seconds`, from the time `after` calls were answered.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str
    how: How
    jobs: frozenset[str] = frozenset()
    share: float = 1.0
    after: int = 0
    seconds: float = 0.0


class Picture(BaseModel):
    """What decoding the stored picture of that hash does."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sha256: str
    how: Literal["segfault", "reject"]


class Faults(BaseModel):
    """Every fault of a run; `calls`: a folder that keeps what was asked; `dear`: kinds whose answers cost money."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    calls: Path
    faults: tuple[Fault, ...] = ()
    pictures: tuple[Picture, ...] = ()
    dear: tuple[str, ...] = ()


def command(faults: Faults) -> tuple[str, ...]:
    """What starts `nhr` with these faults."""
    faults.calls.mkdir(parents=True, exist_ok=True)
    path = faults.calls / "faults.json"
    path.write_text(faults.model_dump_json())
    return sys.executable, "-m", "tests.integration.spoilt", str(path)


def answered(faults: Faults, kind: str) -> list[str]:
    """The jobs that a spoilt plug-in answered, one for each time, sorted."""
    lines = (faults.calls / kind).read_text().splitlines()
    return sorted(line.removesuffix(" answered") for line in lines if line.endswith(" answered"))


class Spoilt:
    """Stands between the workers and their plug-ins."""

    def __init__(self, faults: Faults, run: Run) -> None:
        self._faults, self._run = faults, run
        self._asked: Counter[str] = Counter()
        self._answered = 0

    def run(self, kind: Kind, plugin: PlugIn[Any], tasks: Sequence[Any]) -> Sequence[Any]:
        """A step of the plug-in, with the faults that concern its kind; notes each call and how it went."""
        faults = [fault for fault in self._faults.faults if fault.kind == kind.name]
        results = self._run(kind, plugin, tasks)
        for fault in faults:
            results = [
                self._spoil(fault, answers.job_id(kind, task.job), result)
                for task, result in zip(tasks, results, strict=True)
            ]
        if faults:
            self._note(kind, [answers.job_id(kind, task.job) for task in tasks], results)
        return results

    def _spoil(self, fault: Fault, job_id: str, result: Any) -> Any:
        if fault.jobs and job_id not in fault.jobs:
            return result
        self._asked[job_id] += 1
        match fault.how:
            case "segfault" | "abort":
                die(fault.how)
            case "memory":
                bytearray(TOO_MUCH_BYTES)
            case "bug":
                raise KeyError("oops")
            case "reject":
                return Reject("spoilt")
            case "garbage":
                return object()
            case "wrong":
                return _turned(result, odds.uniform("wrong", job_id) < fault.share)
            case "away":
                return Retry("503 come back later", AGAIN_S) if self._away(fault) else result
            case "flaky":
                put_off = odds.uniform("flaky", job_id, self._asked[job_id]) < fault.share
                return Retry("429 too many", AGAIN_S) if put_off else result
        return result

    def _away(self, fault: Fault) -> bool:
        """Whether the outage is on; it begins once for all runs."""
        began = self._faults.calls / "away"
        if self._answered < fault.after and not began.exists():
            return False
        if not began.exists():
            began.write_text(str(time.time()))
        return time.time() < float(began.read_text()) + fault.seconds

    def _note(self, kind: Kind, job_ids: Sequence[str], results: Sequence[Any]) -> None:
        lines = [
            f"{job_id} {'put-off' if isinstance(result, Retry) else 'answered'}\n"
            for job_id, result in zip(job_ids, results, strict=True)
        ]
        self._answered += sum(line.endswith(" answered\n") for line in lines)
        with (self._faults.calls / kind.name).open("a") as file:
            file.write("".join(lines))


def die(how: Death) -> NoReturn:
    """End the process as broken native code does, with no word and no core file."""
    if how == "segfault":
        ctypes.string_at(0)
    native = ctypes.CDLL(None)
    native.malloc.restype = ctypes.c_void_p
    if native.malloc(ctypes.c_size_t(TOO_MUCH_BYTES)) is None:
        native.abort()
    raise AssertionError("still alive")


def spoil(faults: Faults) -> None:
    """Put the faults in place, in this process."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    roster.run = Spoilt(faults, roster.run).run
    setattr(images, "decode", _decoding(images.decode, {picture.sha256: picture for picture in faults.pictures}))  # noqa: B010
    for kind in faults.dear:
        for name in roster.names(kind):
            found = roster.plugin_class(kind, name)
            found.INFO = replace(found.INFO, dear=True)


def _decoding(decode: Callable[[bytes], Image], bad: dict[str, Picture]) -> Callable[[bytes], Image]:
    def spoilt(data: bytes) -> Image:
        picture = bad.get(sha256(data).hexdigest()) if bad else None
        if picture is not None:
            if picture.how == "segfault":
                die("segfault")
            raise Reject("spoilt")
        return decode(data)

    return spoilt


def _turned(judged: Judged, wrong: bool) -> Judged:
    """The answer, or its opposite; either way with the truth, which is what the judge would have said."""
    good = min(judged.adherence, judged.aesthetics) >= 4.7
    score = 1.5 if good else 4.9
    adherence, aesthetics = (score, score) if wrong else (judged.adherence, judged.aesthetics)
    return Judged(adherence, aesthetics, measures={"truth": float(good)})


if __name__ == "__main__":
    spoil(Faults.model_validate_json(Path(sys.argv.pop(1)).read_bytes()))
    infra.cli.main()
