"""Through the worker that runs it: what stands is not drawn again, and a GPU that is gone answers nothing."""

from typing import Any

import pytest

from infra.blobs.memory import MemoryBlobs
from infra.ledgers.memory import MemoryLedgers
from infra.metrics import Metrics
from infra.runtime.inhand import InHand
from infra.runtime.pictures import Pictures
from infra.runtime.worker import Worker
from schemas import messages as m
from schemas.errors import Fatal
from schemas.ports import Image
from tests.contract.clocks import FakeClock
from tests.diffusion.conftest import Load
from tests.diffusion.families import FLUX, KONTEXT, edit, pixels, prompt
from tests.diffusion.test_faults import gpu_errors, hooked
from tests.unit.runtime.fakes import deliveries, work
from workers import roster


def worker(plugin: Any, blobs: MemoryBlobs) -> Worker:
    kind = roster.KINDS["editor" if plugin.EDITS else "generator"]
    made = Worker(
        kind, plugin, "tiny@0123456789ab", blobs, Pictures(blobs), FakeClock(), Metrics(), InHand(MemoryLedgers())
    )
    plugin.host.calls.clear()
    return made


def jobs(blobs: MemoryBlobs, count: int) -> list[m.EditJob]:
    """Attempts on one stored source."""
    image = Pictures(blobs).store("scratch/sources/one", Image(pixels(0)))
    tasks = [edit(seed=seed).job for seed in range(count)]
    return [job.model_copy(update={"subject": job.subject.model_copy(update={"image": image})}) for job in tasks]


def test_what_stands_is_not_drawn_again(anew: Load) -> None:
    plugin, blobs = anew(FLUX), MemoryBlobs()
    batch = deliveries(*(prompt(seed=seed).job for seed in range(3)))
    first = work(worker(plugin, blobs), batch)
    assert plugin.host.calls == [3]
    again = work(worker(plugin, blobs), batch)
    assert plugin.host.calls == []
    assert again.answers == first.answers
    assert again.done == [0, 1, 2]


def test_attempts_become_candidates_of_their_own_jobs(anew: Load) -> None:
    plugin, blobs = anew(KONTEXT), MemoryBlobs()
    asked = jobs(blobs, 4)
    told = work(worker(plugin, blobs), deliveries(*asked))
    assert [answer.job for answer in told.answers] == asked
    assert len({answer.image.sha256 for answer in told.answers}) == 4
    assert plugin.host.calls == [4]


def test_a_gpu_that_is_gone_answers_no_job(anew: Load) -> None:
    plugin, blobs = anew(KONTEXT), MemoryBlobs()

    def fail(_out: Any) -> None:
        raise gpu_errors()[0]

    hooked(plugin, fail)
    with pytest.raises(Fatal):
        work(worker(plugin, blobs), deliveries(*jobs(blobs, 2)))
    assert not list(blobs.list("answers/"))
