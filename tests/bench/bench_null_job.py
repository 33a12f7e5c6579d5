"""The job other frameworks were measured with, durable on disk, beside a plain loop that keeps nothing safe.

An item, three candidates at once, 43 % kept by hash, two scores, the best of an item into a file. Nothing is inverted
or composed. Every number comes from whole processes: marginal cost is the difference between a long and a short run.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import psutil

from infra.blobs.folder import FolderBlobs
from schemas import messages as m
from streams import records
from workers import odds

SHORT, LONG = 1000, 9000
POLICY = Path(__file__).with_name("null_job.toml")


class Run(NamedTuple):
    """One process: CPU seconds, wall seconds, peak proportional memory (MiB), seconds to the first judged item."""

    cpu_s: float
    wall_s: float
    peak_mib: float
    first_s: float


def mine(items: int, out: Path) -> Run:
    """`nhr mine` of `items` null scenes into `out`."""
    command = [
        sys.executable, "-m", "infra.cli", "mine", "--prompts", "null:requests=1", "--gate", "null:yes=1",
        "--policy", str(POLICY), "--scenes", str(items), "--out", str(out), "--json",
    ]  # fmt: skip
    before, started, at = os.times(), time.monotonic(), time.time()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        peaks = list(_memory(process))
        summary = json.loads((process.stdout.read() if process.stdout else "").splitlines()[-1])
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    assert summary["scenes_done"] == items
    judged = [event.meter.at for event in records.events(FolderBlobs(out)) if isinstance(event, m.JudgeVerdict)]
    return Run(cpu, time.monotonic() - started, max(peaks), min(judged) - at)


def _memory(process: "subprocess.Popen[str]") -> Iterator[float]:
    watched, done = psutil.Process(process.pid), threading.Event()
    while process.poll() is None:
        try:
            yield watched.memory_full_info().pss / 2**20
        except psutil.Error:
            return
        done.wait(0.1)


def plain(items: int, out: Path) -> float:
    """CPU seconds of a bare loop doing the same arithmetic, losing everything when it is killed."""
    started = time.process_time()
    with out.open("w", encoding="utf-8") as file:
        for item in range(items):
            best = 0.0
            for attempt in range(3):
                if odds.uniform("keep", item, attempt) < odds.SOFT_PASS:
                    best = max(best, odds.uniform("a", item, attempt) * odds.uniform("b", item, attempt))
            if best:
                file.write(json.dumps({"item": item, "score": best}) + "\n")
    return time.process_time() - started


def rows() -> list[tuple[str, str]]:
    """(what, measured) for the table of `make bench`."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        short, long = mine(SHORT, root / "short"), mine(LONG, root / "long")
        loop = plain(LONG, root / "plain.jsonl") / LONG
    marginal = (long.cpu_s - short.cpu_s) / (LONG - SHORT)
    return [
        ("null job: marginal CPU per item", f"{marginal * 1e6:.0f} µs (plain loop: {loop * 1e6:.0f} µs)"),
        ("null job: first judged item", f"{short.first_s:.2f} s"),
        (f"null job: peak memory, {3 * SHORT:,} candidates", f"{short.peak_mib:.0f} MiB"),
        (f"null job: peak memory, {3 * LONG:,} candidates", f"{long.peak_mib:.0f} MiB"),
        ("null job: items per second, wall", f"{LONG / long.wall_s:.0f}"),
    ]


def main() -> None:
    """Print the table."""
    for what, measured in rows():
        print(f"{what:60} {measured}")


if __name__ == "__main__":
    main()
