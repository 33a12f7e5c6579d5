"""Plots of a judge: pictures of the same bytes for the same findings, whatever there is to show."""

import builtins
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from infra.calibrating import plots
from schemas.errors import UserError
from streams.calibrating.bars import Aim
from streams.calibrating.findings import Findings, Terms, findings
from streams.rules import policy
from tests.unit.calibrating.labelling import sample


def found(pairs: int) -> Findings:
    return findings(sample(pairs), pairs, 1, Terms(Aim(), policy.read("paper")))


@pytest.mark.parametrize("pairs", [1, 500])
def test_every_figure_is_a_picture_and_the_same_each_time(pairs: int, tmp_path: Path) -> None:
    one = found(pairs)
    (tmp_path / "again").mkdir()
    drawn, again = list(plots.draw(tmp_path, one)), list(plots.draw(tmp_path / "again", one))
    assert [path.name for path in drawn] == [f"vlm-0123456789ab.{name}.png" for name in plots.FIGURES]
    assert [path.read_bytes() for path in drawn] == [path.read_bytes() for path in again]
    for path in drawn:
        with Image.open(path) as picture:
            picture.load()
            assert picture.width >= 1000
            assert len(picture.getcolors(1 << 20) or range(9)) > 8  # something is drawn


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"agreement\.png cannot be written"):
        list(plots.draw(tmp_path / "missing", found(1)))


def test_a_package_that_is_missing_is_one_clear_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    real = builtins.__import__

    def without(name: str, *more: Any) -> Any:
        if name.startswith("matplotlib"):
            raise ModuleNotFoundError("gone", name="matplotlib")
        return real(name, *more)

    one = found(1)
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(UserError, match=r'package matplotlib is not installed; pip install "nhr\[dataset\]"'):
        list(plots.draw(tmp_path, one))
