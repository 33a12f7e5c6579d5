"""Who died of its own work, and who was killed by somebody else: real processes, and a kernel that counts."""

import logging
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from infra.runtime.autopsy import watched

LIFE = """
import ctypes, os, pathlib, resource, signal, sys
from infra.runtime.autopsy import watched
from schemas.errors import Fatal, UserError
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
with watched(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])):
    {end}
"""
DEATHS = {
    "ctypes.string_at(0)": (signal.SIGSEGV, True),
    "os.abort()": (signal.SIGABRT, True),
    "os.kill(os.getpid(), signal.SIGKILL)": (signal.SIGKILL, False),
    "os.kill(os.getpid(), signal.SIGTERM)": (signal.SIGTERM, False),
    "raise Fatal('the GPU is gone')": (-1, True),
    "raise UserError('no such file')": (-1, False),
    "pass": (0, False),
}


@pytest.fixture
def vmstat(tmp_path: Path) -> Path:
    """A kernel that has killed seven processes for want of memory."""
    path = tmp_path / "vmstat"
    path.write_text("nr_free_pages 1\noom_kill 7\n")
    return path


def lived(folder: Path, vmstat: Path, end: str = "os.kill(os.getpid(), signal.SIGKILL)") -> int:
    """A life that ends so."""
    command = [sys.executable, "-c", LIFE.format(end=end), str(folder / "faults"), str(vmstat)]
    return subprocess.run(command, check=False).returncode


@pytest.mark.parametrize("end", DEATHS)
def test_a_fault_is_a_death_of_its_own_and_a_kill_is_not(tmp_path: Path, vmstat: Path, end: str) -> None:
    status, itself = DEATHS[end]
    assert lived(tmp_path, vmstat, end) == -status
    with watched(tmp_path / "faults", vmstat) as died:
        assert died is itself


def test_whom_the_kernel_may_have_killed_for_want_of_memory_died_of_itself(tmp_path: Path, vmstat: Path) -> None:
    lived(tmp_path, vmstat)
    vmstat.write_text("oom_kill 8\n")
    with watched(tmp_path / "faults", vmstat) as died:
        assert died


def test_a_reboot_between_two_lives_is_nobodys_fault(tmp_path: Path, vmstat: Path) -> None:
    lived(tmp_path, vmstat)
    vmstat.write_text("oom_kill 0\n")
    with watched(tmp_path / "faults", vmstat) as died:
        assert not died


@pytest.mark.parametrize("said", ["nr_free_pages 1\n", None])
def test_where_the_kernel_does_not_count_any_death_may_be_its_own(tmp_path: Path, said: str | None) -> None:
    vmstat = tmp_path / "vmstat"
    if said:
        vmstat.write_text(said)
    lived(tmp_path, vmstat)
    with watched(tmp_path / "faults", vmstat) as died:
        assert died


def test_without_a_word_of_the_life_before_any_death_may_be_its_own(tmp_path: Path, vmstat: Path) -> None:
    with watched(tmp_path / "faults", vmstat) as died:
        assert died


def test_where_a_process_died_is_logged_when_the_next_one_starts(
    tmp_path: Path, vmstat: Path, caplog: pytest.LogCaptureFixture
) -> None:
    lived(tmp_path, vmstat, "ctypes.string_at(0)")
    with caplog.at_level(logging.ERROR), watched(tmp_path / "faults", vmstat):
        (said,) = caplog.messages
    assert said.startswith("the process before this one died:\nFatal Python error: Segmentation fault")
    assert "string_at" in said
