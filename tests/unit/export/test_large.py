"""A hundred thousand triplets: choosing among them takes a memory that does not grow with them."""

import subprocess
import sys
from pathlib import Path

import pytest

MOST_MB = 100
"""Megabytes beyond the packages; the records alone are 150 MB, as objects several times that."""
EXPORT = """
import resource, sys
from pathlib import Path
from infra.export import sharded
from infra.export.exporting import export
from infra.export.order import Dedup, Encoding, Order
from streams.dataset.balancing import Shares
from tests.large_shelf import LargeShelf

def used():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

before = used()
shares = Shares({"remove": 15_000}, alpha=0.5, limit=2_000)
order = Order(layout="webdataset", dedup=Dedup(exact=True), shares=shares, encoding=Encoding("keep"))
result = export(LargeShelf(100_000), Path(sys.argv[1]), order)
print(result.rows, sum(result.left_out.values()), used() - before)
"""


@pytest.mark.slow
def test_a_hundred_thousand_triplets_are_chosen_from_in_fixed_memory(tmp_path: Path) -> None:
    command = [sys.executable, "-c", EXPORT, str(tmp_path / "set")]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (told.returncode, told.stderr) == (0, "")
    written, left_out, megabytes = map(float, told.stdout.split())
    assert (written, written + left_out) == (2_000, 100_000)
    assert megabytes < MOST_MB
