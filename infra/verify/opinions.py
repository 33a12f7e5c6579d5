"""What people said and what came of it: labels, audits, calibrations, counts of what was left out; each readable."""

from collections.abc import Callable

from infra.verify.findings import Findings
from schemas.errors import Missing, UserError
from schemas.ports import Blobs
from streams import audits, calibrations, labels, leftout
from streams.ahead import ahead

PARSED: tuple[tuple[str, str, Callable[[str, bytes], object]], ...] = (
    ("labels", labels.FOLDER, labels.parse),
    ("calibrations", calibrations.FOLDER, calibrations.parse),
    ("left out", leftout.FOLDER, leftout.parse),
)


def check_opinions(blobs: Blobs, findings: Findings) -> None:
    """Each can be read, and says what its name says."""
    for area, folder, parse in PARSED:
        for key, read in ahead(blobs.get, blobs.list(folder)):
            findings.checked[area] += 1
            try:
                parse(key, read())
            except Missing:
                findings.checked[area] -= 1  # taken away meanwhile
            except UserError as error:
                findings.told(area, str(error))
    for week in audits.weeks(blobs):
        findings.checked["audits"] += 1
        try:
            audits.read(blobs, week)
        except UserError as error:
            findings.told("audits", str(error))
