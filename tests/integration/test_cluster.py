"""`nhr up` and the commands that look at a cluster, over real Kafka and S3."""

import json
import signal
from collections.abc import Mapping
from pathlib import Path
from urllib.request import urlopen

import pytest

from infra.settings import from_environment
from infra.wiring import CLUSTER_STREAMS, bucket
from streams import shelf
from tests.integration.conftest import CLUSTER_SCENES as SCENES
from tests.integration.conftest import UP_S, Environment
from tests.integration.running import ended, fingerprint, mine, nhr, started, until

PATIENCE_S = UP_S
LOOK_S = 0.5
"""Between two looks at a process's metrics, which cost it some work."""
ROLES = {"prompter", "generator", "gate", "editor", "screen", "judge", "writer", *CLUSTER_STREAMS}
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def environment(cluster_settings: Environment) -> Environment:
    """The settings of a cluster."""
    return cluster_settings


@pytest.fixture(scope="module")
def mined(mined_cluster: Environment) -> Environment:
    """One in which a few scenes were mined."""
    return mined_cluster


def kept(environment: Mapping[str, str]) -> list[tuple[str, str]]:
    """Names and hashes of what is on the cluster's shelf."""
    with bucket(from_environment(environment)) as blobs:
        return shelf.fingerprint(blobs)


def test_a_cluster_fills_the_shelf_that_an_embedded_run_fills(mined: Environment, tmp_path: Path) -> None:
    mine(tmp_path, "--scenes", SCENES, prompts="grammar")
    assert kept(mined) == fingerprint(tmp_path)


def test_the_same_command_again_has_nothing_left_to_do(mined: Environment, tmp_path: Path) -> None:
    before = kept(mined)
    result = nhr("up", "--simulated", "--scenes", SCENES, "--dir", tmp_path, patience_s=PATIENCE_S, **mined)
    assert result.status == 0, result
    assert kept(mined) == before


def told(targets: Path) -> dict[str, str]:
    """Where the processes of a cluster tell their metrics, by role."""
    return {one["labels"]["role"]: one["targets"][0] for one in json.loads(targets.read_text())}


def asked(where: str, path: str) -> str:
    """What a process answers; "" while it does not, or not well."""
    try:
        with urlopen(f"http://{where}{path}", timeout=10) as answer:
            return str(answer.read().decode())
    except OSError:
        return ""


def counts(where: str, series: str) -> bool:
    """Whether a process counted anything in series that begin so."""
    lines = [line for line in asked(where, "/metrics").splitlines() if line.startswith(series)]
    return any(float(line.rpartition(" ")[2]) for line in lines)


def test_status_tells_of_every_group(mined: Environment) -> None:
    told = json.loads(nhr("status", "--json", **mined).out)
    assert set(told["groups"]) == {
        "generator", "gate", "editor", "screen", "judge", "writer", "director", "recorder", "collector",
    }  # fmt: skip
    assert all(group["waiting"] == 0 for group in told["groups"].values())
    assert told["funnel"]["prompts"] == told["funnel"]["sources"] == SCENES
    assert told["ledgers"] == {"open": 0, "oldest_s": None}
    assert {row["stage"]: row["6h"] for row in told["rates"]}["gate"] is not None
    assert told["spent"]["6h"]["triplets"] == told["funnel"]["triplets"] > 0
    drawn = nhr("status", **mined)
    assert (drawn.status, drawn.err) == (0, "")
    assert f"{SCENES} prompts" in drawn.out


def test_report_show_and_export_read_the_cluster(mined: Environment, tmp_path: Path) -> None:
    page = nhr("report", "--to", tmp_path / "page.html", **mined)
    assert (page.status, page.err) == (0, "")
    (first, *_) = [key for key, _ in kept(mined) if key.startswith(shelf.TRIPLETS)]
    triplet = first.rpartition("/")[2].removesuffix(".json")
    assert triplet in (tmp_path / "page.html").read_text(encoding="utf-8")
    assert triplet in nhr("show", triplet, **mined).out
    assert nhr("export", "--to", tmp_path / "set", **mined).status == 0
    assert (tmp_path / "set" / "train" / "metadata.jsonl").exists()


def test_the_doctor_finds_the_cluster_well(mined: Environment, tmp_path: Path) -> None:
    told = nhr("doctor", "--out", tmp_path, **mined)
    assert told.status == 0, told
    assert f"ok   Kafka at {mined['NHR_KAFKA']} answers" in told.out
    assert f"ok   S3 at {mined['NHR_S3']}, bucket {mined['NHR_S3_BUCKET']}" in told.out


def test_the_doctor_says_how_to_mend_a_cluster(mined: Environment, tmp_path: Path) -> None:
    other = mined | {"NHR_KAFKA_PREFIX": "nobody-made-these.", "NHR_S3_BUCKET": "nobody-made-this"}
    told = nhr("doctor", "--out", tmp_path, **other)
    assert told.status == 1, told
    assert "topics differ; nhr topics apply" in told.out
    assert "bucket nobody-made-this: it differs from what NHR needs: nhr buckets apply" in told.out


@pytest.mark.parametrize("stream", ["director", "collector", "rates"])
def test_a_stream_without_its_topic_is_one_clear_line(mined: Environment, stream: str, tmp_path: Path) -> None:
    other = mined | {"NHR_KAFKA_PREFIX": "nobody-made-these.", "NHR_STATE": str(tmp_path)}
    result = nhr("stream", stream, patience_s=60.0, **other)
    assert (result.status, result.err.splitlines()[-1][:4]) == (2, "nhr:"), result
    assert "has no topic nobody-made-these.nhr." in result.err
    assert result.err.rstrip().endswith("; run `nhr topics apply`")


def test_there_are_no_dead_letters(mined: Environment) -> None:
    result = nhr("dlq", "ls", **mined)
    assert (result.status, result.err) == (0, "")


def test_each_process_tells_its_metrics_and_ctrl_c_ends_all_in_good_order(
    environment: Environment, tmp_path: Path
) -> None:
    name = f"{environment['NHR_S3_BUCKET']}-stopped"
    own = environment | {"NHR_KAFKA_PREFIX": f"{name}.", "NHR_S3_BUCKET": name}
    targets = tmp_path / "targets.json"
    with started("up", "--simulated", "--dir", tmp_path, **own) as process:
        assert until(lambda: targets.exists() and set(told(targets)) == ROLES, process)
        where = told(targets)
        assert until(lambda: all(asked(one, "/readyz") for one in where.values()), process, PATIENCE_S, LOOK_S)
        assert {asked(one, "/healthz") for one in where.values()} == {"ok\n"}
        shelved = "nhr_prompt_to_shelf_seconds_count"
        assert until(lambda: counts(where["collector"], shelved), process, PATIENCE_S, LOOK_S)
        for series in ('nhr_funnel_total{operation_group="none",outcome="accepted"', 'nhr_judge_score_count{kind="fo'):
            assert counts(where["director"], series)
        for role in ("generator", "gate", "editor", "screen", "judge", "director", "collector"):
            assert counts(where[role], f'nhr_queue_wait_seconds_count{{group="{role}"}}')
        assert all(f'role="{role}"' in asked(one, "/metrics") for role, one in where.items())
        process.send_signal(signal.SIGINT)
        result = ended(process, PATIENCE_S)
    assert result.status == 130, result
    assert "was killed" not in result.out
    assert told(targets) == {}


def test_a_role_that_nobody_named_is_one_clear_line(tmp_path: Path) -> None:
    result = nhr("up", "--editor", "simulated", "--dir", tmp_path)
    assert (result.status, result.err.count("\n")) == (2, 1)
    assert "no generator is named; give --generator (nhr models generator), or --simulated" in result.err


def test_a_worker_without_a_cluster_is_one_clear_line(tmp_path: Path) -> None:
    result = nhr("worker", "editor", "null", NHR_STATE=str(tmp_path))
    assert (result.status, result.err.count("\n")) == (2, 1), result
    assert "NHR_KAFKA is not set" in result.err or "NHR_S3 is not set" in result.err
