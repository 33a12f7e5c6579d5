"""Judge-like calls a second at concurrency 32, and CPU a call; run `python -m tests.bench.bench_calls`.

The server is another process on this machine that answers after 50 ms, so its own work is not counted, but it takes
turns on the same cores. Two pictures of 250 KB go with each call, as with a judge's.
"""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from schemas.ports import Info, Task
from tests.wire.gemini import gemini_text
from tests.wire.openai import chat_text
from tests.wire.server import Wire
from workers.language.asking import Asker, Picture, Question
from workers.language.gemini import Gemini, GeminiOptions
from workers.language.openai_chat import OpenAI, OpenAIOptions
from workers.language.serving import Served, readable_json
from workers.plugin import Access

CONCURRENCY = 32
CALLS = 256
ROUNDS = 3
LATENCY_S = 0.05
PICTURE_BYTES = 250_000
ANSWER = '{"InstructionAdherence": 4.8, "ImageAesthetic": 4.7}'
SCHEMA = {
    "type": "object",
    "properties": {"InstructionAdherence": {"type": "number"}, "ImageAesthetic": {"type": "number"}},
    "required": ["InstructionAdherence", "ImageAesthetic"],
}


class ByGemini(Gemini[GeminiOptions]):
    """Anything over Gemini."""

    INFO = Info(summary="asks a Gemini")


class ByOpenAI(OpenAI[OpenAIOptions]):
    """Anything over OpenAI."""

    INFO = Info(summary="asks an OpenAI")


def serve() -> None:
    """Answer on loopback until the standard input ends; the address is the first line printed."""
    with Wire() as wire:
        wire.on("generate", gemini_text(ANSWER).late(LATENCY_S))
        wire.on("chat", chat_text(ANSWER).late(LATENCY_S))
        print(wire.url, flush=True)
        sys.stdin.read()


@contextmanager
def serving() -> Iterator[str]:
    """The server's address."""
    code = f"from {__name__ if __name__ != '__main__' else 'tests.bench.bench_calls'} import serve; serve()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        yield server.stdout.readline().strip()
        server.stdin.close()


def plugins(url: str) -> Iterator[tuple[str, Served[Any]]]:
    """One of each service, loaded."""
    usual = {"concurrency": CONCURRENCY, "timeout_s": 120}
    gemini = ByGemini(GeminiOptions.model_validate({"model": "gemini-2.5-flash", "url": url, **usual}))
    openai = ByOpenAI(OpenAIOptions.model_validate({"model": "gpt-4o", "url": f"{url}/v1", **usual}))
    for name, plugin in (("Gemini", gemini), ("OpenAI", openai)):
        plugin.access = Access(lambda _: "key")
        plugin.load()
        yield name, plugin
        plugin.close()


def measured(plugin: Served[Any], pictures: tuple[Picture, ...]) -> tuple[float, float]:
    """Calls a second and milliseconds of CPU a call, each the best of some rounds; the first round warms up."""
    tasks = [Task(number) for number in range(CALLS)]
    question = Question("You judge edits.", ["before and after:", *pictures], SCHEMA, max_tokens=64)

    def judge(_: Task[int], asker: Asker) -> float:
        return float(readable_json(asker.ask(question))["InstructionAdherence"])

    rates, costs = [], []
    for _ in range(ROUNDS + 1):
        started, busy = time.perf_counter(), time.process_time()
        billed = plugin.each(tasks, judge)
        rates.append(CALLS / (time.perf_counter() - started))
        costs.append(1000 * (time.process_time() - busy) / CALLS)
        if wrong := [one.result for one in billed if one.result != 4.8]:
            raise RuntimeError(f"{len(wrong)} of {CALLS} calls failed: {wrong[0]!r}")
    return max(rates[1:]), min(costs[1:])


def rows() -> Iterator[tuple[str, str]]:
    """(what, measured) for the table of `make bench`."""
    rng = np.random.default_rng(7)
    picture = Picture(rng.integers(0, 256, PICTURE_BYTES, dtype=np.uint8).tobytes())
    with serving() as url:
        for name, plugin in plugins(url):
            for what, pictures in (("two pictures", (picture, picture)), ("text alone", ())):
                rate, cost = measured(plugin, pictures)
                yield (
                    f"calls of {name}, {CONCURRENCY} at once, {what}",
                    f"{rate:,.0f} calls/s, {cost:.1f} ms of CPU each",
                )


def main() -> None:
    """Print the table."""
    for what, found in rows():
        print(f"{what:62} {found}", flush=True)


if __name__ == "__main__":
    main()
