"""The machine under a process, looked at whenever somebody asks for metrics: its disk, and the GPUs that torch uses."""

import shutil
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from infra.metrics import Metrics
from schemas import metrics


class Machine:
    """Tells of the disk under `path`, called `folder` in the metrics, and of GPUs."""

    def __init__(self, meters: Metrics, folder: str, path: Path) -> None:
        self._meters, self._folder, self._path = meters, folder, path

    def look(self) -> None:
        """Say how it stands now."""
        with suppress(OSError):  # the folder may not be there yet
            usage = shutil.disk_usage(self._path)
            self._meters.set(metrics.DISK, self._folder, "free", value=usage.free)
            self._meters.set(metrics.DISK, self._folder, "total", value=usage.total)
        for number, cuda in _in_use():
            free, total = cuda.mem_get_info(number)
            self._meters.set(metrics.GPU_MEMORY, str(number), "used", value=total - free)
            self._meters.set(metrics.GPU_MEMORY, str(number), "total", value=total)
            busy = _busy(cuda, number)
            if busy is not None:
                self._meters.set(metrics.GPU_BUSY, str(number), value=busy)


def _in_use() -> Iterator[tuple[int, Any]]:
    """The GPUs on which this process keeps something: asking for the memory of another would take some of it."""
    torch = sys.modules.get("torch")
    if torch is None or not hasattr(torch, "cuda") or not torch.cuda.is_initialized():  # or just being imported
        return
    for number in range(torch.cuda.device_count()):
        if torch.cuda.memory_reserved(number):
            yield number, torch.cuda


def _busy(cuda: Any, number: int) -> float | None:
    """The share of the driver's last sample in which that GPU worked; None where it cannot be told."""
    try:
        return float(cuda.utilization(number)) / 100
    except Exception:  # noqa: BLE001 - nvidia-ml-py may be missing, the driver too old, a slice of a GPU not measured
        return None
