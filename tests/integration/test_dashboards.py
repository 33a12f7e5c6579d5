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
from tests.deploy.grafana import declared, hurried, reading
from tests.deploy.grafana.live import Found, Live
from tests.integration.conftest import Watched
from tests.integration.running import nhr, started, until
from tests.integration.test_served import openai
from tests.wire.gemini import gemini_blocked, gemini_error, gemini_text
from tests.wire.server import Wire
from tests.wire.traffic import Reply, Request

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

EVERY_S, TIMES = 1.0, 90
"""So often is the embedded run scraped, and so much faster do the times of its rules go by: half an hour is 20 s."""
PATIENCE_S = 150.0

NO_GPU = {"workers: GPU busy (A)", "workers: GPU memory (A)"}
"""No machine of the tests has a GPU."""
NO_KAFKA: set[str] = set()
"""An embedded run has no brokers, topics or members."""
CALM: set[str] = set()
"""Nothing fails, is billed or limited in the run of the shared cluster, and it is over before it has a past."""
NEVER_RECORDED: set[str] = set()


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
    canary = nhr("canary", "--judge", "measured", "--out", folder / "data")
    assert canary.status == 0, canary
    port, nobody = free_ports(2)
    targets = {"mine": [f"{HOST}:{port}"], "editor": [f"{HOST}:{nobody}"]}
    given = prometheus.config(targets=targets, every_s=EVERY_S, rules=hurried.rules(folder, TIMES))
    with mining(folder / "data", port) as process, prometheus.running(folder / "prometheus", given) as server:
        live = Live(server)
        with suppress(TimeoutError):  # what is lacking is told by name
            until(lambda: live.empty() <= NO_GPU | NO_KAFKA, process, PATIENCE_S)
        return live.found()


def test_prometheus_refuses_no_query_and_no_rule(embedded: Found) -> None:
    assert embedded.refused == ()


def test_an_embedded_run_fills_every_panel_but_those_of_gpus_and_kafka(embedded: Found) -> None:
    assert embedded.empty - NO_GPU - NO_KAFKA == frozenset()


def test_an_embedded_run_fills_every_recorded_metric(embedded: Found) -> None:
    assert embedded.unrecorded - NEVER_RECORDED == frozenset()


def test_a_cluster_fills_every_panel_of_a_calm_day(watched_cluster: Watched) -> None:
    services.need_prometheus()
    assert watched_cluster.found is not None
    assert watched_cluster.found.refused == ()
    assert watched_cluster.found.empty - NO_GPU - CALM == frozenset()


def test_what_may_be_empty_is_somewhere_on_a_dashboard() -> None:
    queries = {str(asking) for name in reading.MEASURED for asking in reading.queries(name)}
    values = {f"{name}: values of {one}" for name in reading.MEASURED for one, _, _ in reading.values(name)}
    assert queries | values >= NO_GPU | NO_KAFKA | CALM
    assert not NO_KAFKA & CALM, "then nobody would have filled it"
    assert set(declared.rules()) >= NEVER_RECORDED
