"""What an embedded run tells of its whole pipeline while it mines, and when the same folder is mined again."""

from pathlib import Path

import pytest

from infra.engine import Engine
from infra.metrics import Metrics
from infra.progress import Order
from infra.settings import Settings
from infra.telemetry import embedded
from infra.wiring import crew
from schemas import topics
from streams.rules import policy
from tests.unit.telemetry.reading import told

SCENES = 12
GROUPS = [group for topic in topics.ALL for group in topic.groups]


def mined(out: Path, scenes: int) -> Metrics:
    order = Order(out, "night", "null", policy.read("paper"), crew("null", {}, {}), scenes=scenes)
    engine = Engine(order, Settings(fsync=False, min_free_gb=0), lambda _progress: None)
    assert engine.run().phase == "done"
    return engine.meters


def seen(meters: Metrics, window: str) -> float:
    return told(meters, "nhr_acceptance_seen")[
        f'nhr_acceptance_seen{{window="{window}",stage="gate",by="all",name=""}}'
    ]


def test_a_run_tells_how_its_pipeline_stands_and_the_next_one_knows_what_was_accepted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "EVERY_S", 0.0)
    meters = mined(tmp_path, SCENES)
    assert told(meters, "nhr_lag_messages") == {f'nhr_lag_messages{{group="{group}"}}': 0 for group in GROUPS}
    done = told(meters, "nhr_done")
    assert done['nhr_done_messages{group="gate"}'] == SCENES
    assert done['nhr_done_messages{group="director"}'] == done['nhr_done_messages{group="recorder"}'] > SCENES
    assert told(meters, "nhr_ledgers_open", "nhr_spent") == {"nhr_ledgers_open": 0, "nhr_spent_today_usd": 0}
    assert told(meters, "nhr_triplet_cost") == {f'nhr_triplet_cost_usd{{window="{one}"}}': 0 for one in ("10m", "6h")}
    assert (seen(meters, "10m"), seen(meters, "6h")) == (SCENES, SCENES)
    assert seen(mined(tmp_path, SCENES + 1), "6h") == SCENES + 1
