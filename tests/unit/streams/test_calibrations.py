"""Calibrations of judges: the latest counts, and what cannot be read is named."""

import pytest

from infra.blobs.memory import MemoryBlobs
from schemas.errors import UserError
from streams import calibrations
from streams.calibrations import Calibration


def calibration(judge: str = "vlm@0123456789ab", mae: float = 0.5) -> Calibration:
    return Calibration(judge=judge, pairs=200, labels=600, raters=3, figures={"adherence.mae": mae}, at=1.8e9)


def test_the_latest_of_each_judge_counts() -> None:
    blobs = MemoryBlobs()
    for one in (calibration(mae=0.7), calibration("other@000000000000"), calibration(mae=0.4)):
        calibrations.keep(blobs, one)
    found = calibrations.latest(blobs)
    assert {judge: one.figures["adherence.mae"] for judge, one in found.items()} == {
        "vlm@0123456789ab": 0.4, "other@000000000000": 0.5,
    }  # fmt: skip
    assert calibrations.calibrated(blobs) == set(found)


def test_a_damaged_one_is_named() -> None:
    blobs = MemoryBlobs()
    blobs.put("calibrations/vlm@0123456789ab/0001.json", b"{")
    with pytest.raises(UserError, match=r"calibrations/vlm@0123456789ab/0001\.json is no calibration"):
        calibrations.latest(blobs)


def test_one_in_the_wrong_place_is_named() -> None:
    blobs = MemoryBlobs()
    blobs.put("calibrations/other/0001.json", calibration().model_dump_json().encode())
    with pytest.raises(UserError, match="is a calibration of vlm@0123456789ab"):
        calibrations.latest(blobs)
