"""Every query of every dashboard, and every rule, against a real Prometheus that scrapes the real pipeline at work."""

import json
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from subprocess import Popen

import pytest

from infra.services import prometheus
from infra.services.loopback import HOST, free_ports
from tests import services
from tests.deploy.grafana import declared, reading
from tests.deploy.grafana.live import Found, Live
from tests.drills import faster
from tests.integration.conftest import Watched
from tests.integration.running import started, until
from tests.integration.test_served import openai
from tests.wire.gemini import gemini_blocked, gemini_error, gemini_text
from tests.wire.server import Wire
from tests.wire.traffic import Reply, Request

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

EVERY_S, TIMES = 1.0, 120
"""So often is the embedded run scraped, and so much faster do the times of its rules go by: half an hour is 15 s."""
PATIENCE_S = 150.0

NOWHERE = {
    "workers: GPU busy (A)": "no machine of the tests has a GPU",
    "workers: GPU memory (A)": "no machine of the tests has a GPU",
    "workers: Jobs that a service works at (A)": "batches are looked at every two minutes",
    "overview: Requests to stores that failed (A)": "no store fails",
    "kafka: Groups without a member (A)": "whoever has messages has members, or is about to",
}
"""Queries that need have no data, and why. Prometheus has parsed and evaluated them all the same."""
NEVER_RECORDED = {"group:nhr_jobs_pending:sum", "store:nhr_store_errors:increase10m"}
"""What rules record for those."""
OF_KAFKA = {
    "kafka: Brokers (A)", "kafka: Groups (F)", "kafka: Lag, by group and topic (A)",
    "kafka: Members (A)", "kafka: Members (B)", "kafka: Messages kept, by topic (A)", "kafka: Topics (A)",
    "kafka: Topics (B)", "kafka: Worst partitions (A)", "kafka: Written, by topic (A)", "kafka: values of topic",
}  # fmt: skip
"""An embedded run has no brokers, topics or members; the cluster has."""
WITHOUT_FAILURE = {"kafka: Requests parked, by stage (A)"}
"""Nothing fails in the cluster; in the embedded run some does."""


def judged(request: Request) -> Reply:
    """A judge that likes two of three and has no word for one of nine."""
    drawn = zlib.crc32(request.body) % 9
    if drawn == 0:
        return gemini_blocked("PROHIBITED_CONTENT")
    names = request.json["generationConfig"]["responseJsonSchema"]["properties"]
    score = 4.9 if drawn < 6 else 3.2
    return gemini_text(json.dumps({name: "well" if name == "Reason" else score for name in names}))


@contextmanager
def mining(out: Path, port: int) -> Iterator[Popen[str]]:
    """An embedded run without end: real client libraries, local servers that bill, a judge that is away at first."""
    with Wire({"chat": openai}) as wire:
        wire.on("generate", *[gemini_error(503)] * 6, judged)
        with started(
            "mine", "--prompts", "grammar:megapixels=0.03", "--out", out, "--json", "--metrics", f"{HOST}:{port}",
            "--generator", "simulated", "--editor", "simulated", "--gate", f"openai:model=gpt-4o,url={wire.url}/v1",
            "--judge", f"gemini:model=gemini-2.5-flash,url={wire.url},reason=after",
            NHR_GEMINI_KEY="key", NHR_OPENAI_KEY="key", NHR_SPEND_USD_A_DAY="50", NHR_EXPORT_S="0.5",
        ) as process:  # fmt: skip
            yield process


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Found:
    """What the dashboards find of an embedded run, once they find all that it can have; one process is away."""
    services.need_prometheus()
    folder = tmp_path_factory.mktemp("observed")
    port, nobody = free_ports(2)
    targets = {"mine": [f"{HOST}:{port}"], "editor": [f"{HOST}:{nobody}"]}
    given = prometheus.config(targets=targets, every_s=EVERY_S, rules=faster.written(folder, TIMES, without=()))
    with (
        mining(folder / "data", port) as process,
        started("canary", "--judge", "measured", "--out", folder / "data"),
        prometheus.running(folder / "prometheus", given) as server,
    ):
        live = Live(server)
        with suppress(TimeoutError):  # what is lacking is told by name
            until(lambda: live.empty() <= OF_KAFKA | NOWHERE.keys(), process, PATIENCE_S)
        return live.found()


def test_prometheus_refuses_no_query_and_no_rule(embedded: Found) -> None:
    assert embedded.refused == ()


def test_an_embedded_run_fills_every_panel_but_those_of_kafka(embedded: Found) -> None:
    assert embedded.empty - OF_KAFKA - NOWHERE.keys() == frozenset()


def test_an_embedded_run_fills_every_recorded_metric(embedded: Found) -> None:
    assert embedded.unrecorded - NEVER_RECORDED == frozenset()


def test_a_cluster_fills_every_panel_of_kafka(watched_cluster: Watched) -> None:
    services.need_prometheus()
    assert watched_cluster.found is not None
    assert watched_cluster.found.refused == ()
    empty = {what for what in watched_cluster.found.empty if what.startswith("kafka: ")}
    assert empty - WITHOUT_FAILURE - NOWHERE.keys() == set()


def test_what_may_be_empty_is_on_a_dashboard_and_filled_by_the_other_pipeline() -> None:
    queries = {str(asking) for name in reading.MEASURED for asking in reading.queries(name)}
    values = {f"{name}: values of {one}" for name in reading.MEASURED for one, _, _ in reading.values(name)}
    assert OF_KAFKA | WITHOUT_FAILURE | NOWHERE.keys() <= queries | values
    assert not OF_KAFKA & WITHOUT_FAILURE
    assert set(declared.rules()) >= NEVER_RECORDED
