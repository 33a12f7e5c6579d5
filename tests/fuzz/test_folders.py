"""Whatever happens to a file of a data folder, every command does its work or says in one line why it cannot."""

import random
import shutil
import zlib
from pathlib import Path

import pytest

from infra.wiring import DATABASE
from tests.fuzz.cases import chances
from tests.fuzz.mutating import broken, fuzzed_json, fuzzed_msgpack
from tests.golden import folder
from tests.golden.reading import FOLDER
from tests.integration.conftest import Call, _settings, call
from tests.integration.running import Result
from tests.integration.test_upgrade import READERS, command

__all__ = ["_settings", "call"]  # fixtures

COMMANDS = ("MINE", *READERS)
PLACES = (
    "shelf/triplets/*/*", "shelf/images/*/*", "records/verdicts/*/*", "records/images/*/*", "policies/*", "campaigns/*",
    "format.json", "scratch/*", DATABASE,
)  # fmt: skip


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The golden data folder; cases work on copies."""
    return folder.unpack(FOLDER / "folder.zip", tmp_path_factory.mktemp("finished") / "data")


def damaged(rng: random.Random, path: Path, other: bytes) -> bytes:
    """The file's bytes, damaged in a way that fits them."""
    data = path.read_bytes()
    if path.suffix == ".json":
        return fuzzed_json(rng, data, b'{"format": 1}')
    if path.suffix == ".seg" and rng.random() < 0.7:
        packed = zlib.decompress(data)
        return zlib.compress(fuzzed_msgpack(rng, packed, packed))
    if path.name == DATABASE:
        found = bytearray(data)
        for _ in range(rng.choice((1, 10, 100))):
            found[rng.randrange(len(found))] = rng.randrange(256)
        return bytes(found) if rng.random() < 0.8 else broken(rng, data, other)
    return broken(rng, data, other)


def is_told(result: Result) -> bool:
    """Whether a command did its work, or found problems, or said in one line why it could not."""
    lines = result.err.splitlines()
    if result.status in {0, 1}:
        return not lines
    return result.status == 2 and len(lines) == 1 and lines[0].startswith("nhr: ")


def test_every_command_copes_with_every_damage(tmp_path: Path, call: Call, finished: Path) -> None:
    for seed, rng in chances("folder", 0.012):
        out = Path(shutil.copytree(finished, tmp_path / "data"))
        words = command(rng.choice(COMMANDS), out)
        path = rng.choice(sorted(out.glob(rng.choice(PLACES))))
        path.write_bytes(damaged(rng, path, b'{"format": 1}'))
        what = f"{seed}: {' '.join(words)}, {path.relative_to(out)}"
        try:
            result = call(*words)
        except Exception as error:
            raise AssertionError(f"{what}: {type(error).__name__}: {error}") from error
        assert is_told(result), f"{what}: {result}"
        for made in tmp_path.iterdir():
            shutil.rmtree(made)
