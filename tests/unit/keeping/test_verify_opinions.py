"""Labels, audits, calibrations and counts of what was left out are verified; a damaged one is named."""

import pytest

from infra.blobs.memory import MemoryBlobs
from infra.verify.findings import Findings
from infra.verify.opinions import check_opinions
from streams import audits, calibrations, labels, leftout
from tests.golden import samples

KEYS = {
    "labels": f"{samples.LABEL.folder}0001.json",
    "audits": audits.key(samples.AUDIT.week),
    "calibrations": f"{calibrations.FOLDER}{samples.CALIBRATION.judge}/0001.json",
    "left out": f"{leftout.FOLDER}c/00/x.json",
}


def place() -> MemoryBlobs:
    blobs = MemoryBlobs()
    labels.keep(blobs, samples.LABEL)
    audits.keep(blobs, samples.AUDIT)
    calibrations.keep(blobs, samples.CALIBRATION)
    blobs.put(KEYS["left out"], samples.LEFT_OUT.model_dump_json().encode())
    return blobs


def test_what_is_whole_is_counted() -> None:
    findings = Findings()
    check_opinions(place(), findings)
    assert findings.problems == []
    assert findings.checked == dict.fromkeys(KEYS, 1)


@pytest.mark.parametrize("area", KEYS)
def test_a_damaged_one_is_named(area: str) -> None:
    blobs, findings = place(), Findings()
    blobs.delete(KEYS[area])
    blobs.put(KEYS[area], b"{")
    check_opinions(blobs, findings)
    assert [problem.area for problem in findings.problems] == [area]
    assert KEYS[area] in findings.problems[0].line
