"""A shelf of a hundred thousand triplets is packed in memory that does not grow with it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

MANY, FEW = 100_000, 3_000
PROGRAM = """
import json, resource, sys
from pathlib import Path
from infra.blobs.folder import FolderBlobs
from streams.dataset import manifests
from streams.dataset.packing import Options, Packer
from tests.contract.clocks import FakeClock
from tests.large_shelf import LargeShelf

folder, count = Path(sys.argv[1]), int(sys.argv[2])
(folder / "work").mkdir(parents=True)
blobs = LargeShelf(count, over=FolderBlobs(folder / "over", fsync=False))
outcome = Packer(blobs, folder / "work", FakeClock(), Options(5_000_000, formats=("parquet",))).pack()
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"packed": manifests.read(blobs).rows, "shards": len(outcome.added), "peak_mb": peak}))
"""


def packed(folder: Path, count: int) -> dict[str, float]:
    command = [sys.executable, "-c", PROGRAM, str(folder), str(count)]
    told: dict[str, float] = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return told


@pytest.mark.slow
def test_a_large_shelf_is_packed_in_the_memory_of_a_small_one(tmp_path: Path) -> None:
    few, many = packed(tmp_path / "few", FEW), packed(tmp_path / "many", MANY)
    assert (few["packed"], many["packed"], many["shards"] > 30) == (FEW, MANY, True)
    assert many["peak_mb"] < few["peak_mb"] + 64, (few, many)
