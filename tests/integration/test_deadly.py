"""A job that kills its process is found out, whatever kills it: the third death is its `Failure`, all others go on."""

import signal
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from infra.blobs.folder import FolderBlobs
from schemas import messages as m
from streams import records
from tests.integration.running import ended, failures, fingerprint, letters, mine, nhr, started
from tests.integration.spoilt import Fault, Faults, Picture, command

SCENES = ("--prompts", "null", "--scenes", "12", "--json")
DRAWN = (
    "--prompts", "grammar:megapixels=0.05", "--gate", "null", "--campaign", "c", "--scenes", "2", "--json",
)  # fmt: skip
DEATHS = 3


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder mined without faults: who is asked what there is asked the same everywhere."""
    out = tmp_path_factory.mktemp("calm")
    mine(out, "--scenes", 12)
    return out


def edits(out: Path) -> list[str]:
    """Edit jobs, in the order of their names."""
    return sorted(verdict.job.job.job_id for verdict in screened(out))


def judged(out: Path) -> list[str]:
    """Judge jobs of first edits, in the order of their names."""
    verdicts = (event for event in records.events(FolderBlobs(out)) if isinstance(event, m.JudgeVerdict))
    return sorted(verdict.job_id for verdict in verdicts if verdict.job.kind == "forward")


def screened(out: Path) -> list[m.ScreenVerdict]:
    """What the screens found."""
    return [event for event in records.events(FolderBlobs(out)) if isinstance(event, m.ScreenVerdict)]


def lives(out: Path, faults: Faults, arguments: Sequence[str], most: int, **settings: str) -> list[int]:
    """Start `nhr mine` again and again, as a supervisor does, until it ends by itself; how each life ended."""
    ends: list[int] = []
    while len(ends) <= most:
        with started("mine", "--out", out, *arguments, command=command(faults), **settings) as process:
            result = ended(process)
        assert result.err == ""
        ends.append(result.status)
        if result.status >= 0:
            break
    return ends


def rejected(folder: Path, faults: Faults, arguments: Sequence[str], **settings: str) -> Path:
    """A folder where the same jobs are refused instead."""
    refusing = Faults(
        calls=folder / "refusing",
        faults=tuple(fault.model_copy(update={"how": "reject"}) for fault in faults.faults),
        pictures=tuple(picture.model_copy(update={"how": "reject"}) for picture in faults.pictures),
    )
    assert lives(folder / "refused", refusing, arguments, most=0, **settings) == [0]
    return folder / "refused"


def found_out(folder: Path, faults: Faults, deadly: int, arguments: Sequence[str] = SCENES, **settings: str) -> Path:
    """Mine with deadly jobs: as many deaths as there must be, and a shelf as if the same jobs were refused."""
    out = folder / "out"
    ends = lives(out, faults, arguments, most=DEATHS * deadly, **settings)
    assert ends[-1] == 0
    assert set(ends[:-1]) <= {-signal.SIGSEGV, -signal.SIGABRT}
    assert DEATHS <= len(ends) - 1 <= DEATHS * deadly
    refused = rejected(folder, faults, arguments, **settings)
    assert fingerprint(out) == fingerprint(refused) != []
    assert failures(out) == failures(refused)
    assert len(failures(out)) == deadly
    assert {(letter.error, letter.job_id) for letter in letters(out)} == {("Deadly", job) for job in failures(out)}
    assert others(out) == others(refused)
    return out


def others(out: Path) -> list[tuple[str, str]]:
    """Answers, that is (type, job) of all that is recorded but failures."""
    return sorted(
        (event.type, event.job_id) for event in records.events(FolderBlobs(out)) if not isinstance(event, m.Failure)
    )


def test_an_edit_that_segfaults_costs_three_deaths_and_nothing_but_its_attempt(tmp_path: Path, calm: Path) -> None:
    job = edits(calm)[7]
    faults = Faults(calls=tmp_path / "calls", faults=(Fault(kind="editor", how="segfault", jobs=frozenset({job})),))
    assert failures(found_out(tmp_path, faults, deadly=1)) == [job]


def test_a_judge_that_breaks_the_memory_limit_parks_its_request_alone(tmp_path: Path, calm: Path) -> None:
    job = judged(calm)[3]
    faults = Faults(calls=tmp_path / "calls", faults=(Fault(kind="judge", how="abort", jobs=frozenset({job})),))
    assert failures(found_out(tmp_path, faults, deadly=1)) == [job]


def test_two_deadly_jobs_of_one_batch_are_both_found_out(tmp_path: Path, calm: Path) -> None:
    jobs = frozenset(edits(calm)[3:5])
    faults = Faults(calls=tmp_path / "calls", faults=(Fault(kind="editor", how="segfault", jobs=jobs),))
    found_out(tmp_path, faults, deadly=2)


def test_deadly_jobs_of_two_kinds_at_once_are_both_found_out(tmp_path: Path, calm: Path) -> None:
    faults = Faults(
        calls=tmp_path / "calls",
        faults=(
            Fault(kind="editor", how="segfault", jobs=frozenset({edits(calm)[11]})),
            Fault(kind="judge", how="abort", jobs=frozenset({judged(calm)[5]})),
        ),
    )
    found_out(tmp_path, faults, deadly=2)


def test_a_picture_that_kills_whoever_decodes_it_is_found_out(tmp_path: Path) -> None:
    assert nhr("mine", "--out", tmp_path / "calm", *DRAWN).status == 0
    seen = Counter(verdict.job.image.sha256 for verdict in screened(tmp_path / "calm"))
    picture = min(name for name, times in seen.items() if times == 1)
    faults = Faults(calls=tmp_path / "calls", pictures=(Picture(sha256=picture, how="segfault"),))
    found_out(tmp_path, faults, 1, DRAWN, NHR_CACHE_MB="0")


def test_a_job_that_python_refuses_memory_is_a_bug_and_costs_no_death(tmp_path: Path, calm: Path) -> None:
    job = judged(calm)[3]
    faults = Faults(calls=tmp_path / "calls", faults=(Fault(kind="judge", how="memory", jobs=frozenset({job})),))
    assert lives(tmp_path / "out", faults, SCENES, most=0) == [0]
    assert failures(tmp_path / "out") == [job]
    assert [letter.error for letter in letters(tmp_path / "out")] == ["MemoryError"]
    assert fingerprint(tmp_path / "out") == fingerprint(rejected(tmp_path, faults, SCENES))
