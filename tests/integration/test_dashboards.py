"""Every query of every dashboard, and every rule, against a real Prometheus that scrapes the real pipeline."""

import json
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from infra.services import prometheus
from infra.services.loopback import free_ports
from tests import services
from tests.deploy.grafana import hurried
from tests.deploy.grafana.live import Live
from tests.integration.running import started, until
from tests.integration.test_served import openai
from tests.wire.gemini import gemini_blocked, gemini_error, gemini_text
from tests.wire.server import Wire
from tests.wire.traffic import Reply, Request

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

EVERY_S = 1.0
TIMES = 90
"""So much faster do the rules' times go by: half an hour is 20 s."""
PATIENCE_S = 120.0


def judged(request: Request) -> Reply:
    """A judge that likes two of three, has no word for one of nine, and is busy at times."""
    drawn = zlib.crc32(request.body) % 9
    if drawn == 0:
        return gemini_blocked("PROHIBITED_CONTENT")
    names = request.json["generationConfig"]["responseJsonSchema"]["properties"]
    score = 4.9 if drawn < 6 else 3.2
    return gemini_text(json.dumps({name: "well" if name == "Reason" else score for name in names}))


@contextmanager
def mining(out: Path, port: int, *arguments: object) -> Iterator[Any]:
    """An embedded run that bills, with real client libraries and local servers."""
    with Wire({"generate": judged, "chat": openai}) as wire:
        wire.on("generate", *[gemini_error(503)] * 6, judged)
        given = (
            "mine", "--prompts", "grammar:megapixels=0.03", "--out", out, "--json", "--metrics", f"127.0.0.1:{port}",
            "--generator", "simulated", "--editor", "simulated", "--screen", "pixels,simulated",
            "--gate", f"openai:model=gpt-4o,url={wire.url}/v1",
            "--judge", f"gemini:model=gemini-2.5-flash,url={wire.url},reason=after", *arguments,
        )  # fmt: skip
        keys = {"NHR_GEMINI_KEY": "key", "NHR_OPENAI_KEY": "key", "NHR_SPEND_USD_A_DAY": "50"}
        with started(*given, **keys) as process:
            yield process


def test_an_embedded_run_fills_the_dashboards(tmp_path: Path) -> None:
    services.need_prometheus()
    port, nobody = free_ports(2)
    rules = hurried.rules(tmp_path, TIMES)
    given = prometheus.config(
        targets={"mine": [f"127.0.0.1:{port}"], "editor": [f"127.0.0.1:{nobody}"]}, every_s=EVERY_S, rules=rules
    )
    import time
    t=time.time()
    with mining(tmp_path / "data", port) as process, prometheus.running(tmp_path / "prometheus", given) as server:
        live = Live(server)
        names = ("overview", "funnel", "workers")
        assert list(live.refused(names, "nhr")) == []
        print(time.time()-t)
        empty: set[str] = set()
        def filled() -> bool:
            nonlocal empty
            empty = live.empty(names, "nhr")
            print(time.time()-t, len(empty), len(empty)<10 and empty)
            return time.time()-t > 60
        until(filled, process, PATIENCE_S)
        for e in sorted(empty): print(e)
        print(live.rules())
        print(live.unrecorded(__import__("tests.deploy.grafana.declared").deploy.grafana.declared.rules()))
        print([l for l in (tmp_path/"data"/"nhr.log").read_text().splitlines()[-20:]])
        assert False
