"""The machine under a process: its disk, and GPUs only where torch is at work on them already."""

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from infra.metrics import Metrics
from infra.telemetry.machine import Machine
from schemas import metrics

GB = 1 << 30


class Cuda:
    """torch.cuda of a machine with two GPUs, of which this process uses the second."""

    def __init__(self, busy: Any) -> None:
        self.busy, self.asked = busy, list[int]()

    def is_initialized(self) -> bool:
        return True

    def device_count(self) -> int:
        return 2

    def memory_reserved(self, number: int) -> int:
        return GB if number == 1 else 0

    def mem_get_info(self, number: int) -> tuple[int, int]:
        self.asked.append(number)
        return 60 * GB, 80 * GB

    def utilization(self, _number: int) -> int:
        if isinstance(self.busy, Exception):
            raise self.busy
        return int(self.busy)


def looked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, torch: object) -> Metrics:
    monkeypatch.setitem(sys.modules, "torch", torch)
    meters = Metrics()
    Machine(meters, "data", tmp_path).look()
    return meters


def test_the_disk_is_told_by_a_short_name(tmp_path: Path) -> None:
    meters = Metrics()
    Machine(meters, "data", tmp_path).look()
    told = meters.totals(metrics.DISK)
    assert set(told) == {("data", "free"), ("data", "total")}
    assert 0 < told["data", "free"] <= told["data", "total"]


def test_a_folder_that_is_not_there_yet_is_told_later(tmp_path: Path) -> None:
    meters = Metrics()
    machine = Machine(meters, "state", tmp_path / "later")
    machine.look()
    assert meters.totals(metrics.DISK) == {}
    (tmp_path / "later").mkdir()
    machine.look()
    assert ("state", "free") in meters.totals(metrics.DISK)


def test_the_gpu_in_use_is_told_and_the_other_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cuda = Cuda(busy=37)
    meters = looked(tmp_path, monkeypatch, SimpleNamespace(cuda=cuda))
    assert meters.totals(metrics.GPU_MEMORY) == {("1", "used"): 20 * GB, ("1", "total"): 80 * GB}
    assert meters.totals(metrics.GPU_BUSY) == {("1",): 0.37}
    assert cuda.asked == [1]


def test_without_the_drivers_library_memory_is_told_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    meters = looked(tmp_path, monkeypatch, SimpleNamespace(cuda=Cuda(ModuleNotFoundError("pynvml"))))
    assert len(meters.totals(metrics.GPU_MEMORY)) == 2
    assert meters.totals(metrics.GPU_BUSY) == {}


@pytest.mark.parametrize(
    "torch", [None, SimpleNamespace(), SimpleNamespace(cuda=SimpleNamespace(is_initialized=lambda: False))],
    ids=["none", "being imported", "no GPU used"],
)  # fmt: skip
def test_nothing_is_told_of_gpus_that_nobody_uses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, torch: object
) -> None:
    meters = looked(tmp_path, monkeypatch, torch)
    assert meters.totals(metrics.GPU_MEMORY) == {}
