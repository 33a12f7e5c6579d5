"""A real run, scraped while it goes on and at its end: its numbers are the funnel's, and their series stay few."""

import re
import socket
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path
from typing import NamedTuple

import pytest
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

from infra.engine import Engine
from infra.progress import Order, Progress
from infra.settings import Settings
from infra.wiring import DATABASE, crew
from schemas import metrics
from schemas.taxonomy import taxonomy
from streams.rules import policy as policies
from tests.integration.conftest import Call

SCENES, MORE = 150, 600
TELLS = re.compile(r"metrics: http://(.+)/metrics")
ID = re.compile(r"[0-9a-f]{12,}|\d{6,}")
PATIENCE_S = 10.0
WINDOWED = {metrics.ACCEPTANCE.name, metrics.SEEN.name, metrics.PRICE.name}

Labels = tuple[tuple[str, str], ...]


class Look(NamedTuple):
    """What the process said of itself at one moment."""

    phase: str
    healthy: int
    ready: int
    metrics: str


class Mined(NamedTuple):
    """A run, and the looks at it."""

    progress: Progress
    looks: list[Look]

    @property
    def last(self) -> dict[str, Metric]:
        """What was told at its end, by name."""
        return {family.name: family for family in text_string_to_metric_families(self.looks[-1].metrics)}

    def total(self, name: str, **labels: str) -> float:
        """The sum of the samples called so whose labels are these, at its end."""
        return sum(
            sample.value
            for family in self.last.values()
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        )

    def series(self) -> set[tuple[str, Labels]]:
        """Every series of ours."""
        return {
            (sample.name, tuple(sorted(sample.labels.items())))
            for family in self.last.values()
            for sample in family.samples
            if family.name.startswith("nhr_")
        }


def asked(where: str, path: str) -> tuple[int, str]:
    connection = HTTPConnection(where, timeout=PATIENCE_S)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def looking(looks: list[Look]) -> Callable[[Progress], None]:
    """A view that looks at the process as Prometheus would."""

    def view(progress: Progress) -> None:
        for found in filter(None, map(TELLS.fullmatch, progress.notes)):
            health, ready, told = (asked(found[1], path) for path in ("/healthz", "/readyz", "/metrics"))
            assert told[0] == 200
            looks.append(Look(progress.phase, health[0], ready[0], told[1]))

    return view


def mined(out: Path, scenes: int) -> Mined:
    order = Order(
        out=out, campaign="c", prompts="null", policy=policies.read("paper"), crew=crew("null", {}, {}), scenes=scenes
    )
    looks: list[Look] = []
    progress = Engine(order, Settings(metrics="127.0.0.1:0", fsync=False, min_free_gb=0.0), looking(looks)).run()
    assert progress.phase == "done"
    return Mined(progress, looks)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Mined:
    return mined(tmp_path_factory.mktemp("one"), SCENES)


def test_it_is_ready_while_it_mines_and_alive_to_the_end(run: Mined) -> None:
    assert {look.healthy for look in run.looks} == {200}
    assert 200 in {look.ready for look in run.looks if look.phase == "mining"}
    assert run.looks[-1].phase == "done"
    assert run.looks[-1].ready == 503


def test_the_stages_tell_what_the_funnel_counted(run: Mined) -> None:
    funnel = run.progress.funnel

    def stage(name: str, outcome: str = "") -> float:
        labels = {"stage": name} | ({"outcome": outcome} if outcome else {})
        return run.total("nhr_funnel_total", **labels)

    assert (stage("gate"), stage("gate", "accepted")) == (funnel.images, funnel.gate_yes)
    assert (stage("screen"), stage("screen", "accepted")) == (funnel.attempts, funnel.pixels)
    assert (stage("judge"), stage("judge", "accepted")) == (funnel.judged["forward"], funnel.survivors)
    assert [stage(kind) for kind in ("inverse", "composite")] == [
        funnel.judged[kind] for kind in ("inverse", "composite")
    ]
    assert stage("text") > 0
    soft = funnel.attempts - funnel.soft
    reasons = {(one.labels["stage"], one.labels["reason"]) for one in run.last["nhr_funnel"].samples}
    bars = {reason for stage, reason in reasons if stage == "screen" and reason and not reason.startswith("pixels.")}
    assert sum(run.total("nhr_funnel_total", stage="screen", reason=bar) for bar in bars) == soft > 0


def test_triplets_are_told_as_they_were_shelved(run: Mined) -> None:
    released = run.progress.funnel.released_by_kind
    assert {kind: run.total("nhr_triplets_total", kind=kind) for kind in released} == released
    assert run.total("nhr_prompt_to_shelf_seconds_count") == run.progress.funnel.released > 0
    assert 0 < run.total("nhr_prompt_to_shelf_seconds_sum") < run.progress.funnel.released * run.progress.elapsed_s


def test_scores_are_told_of_each_judgement(run: Mined) -> None:
    for kind, count in run.progress.funnel.judged.items():
        for score in ("adherence", "aesthetics"):
            assert run.total("nhr_judge_score_count", kind=kind, score=score) == count


def test_each_group_tells_its_jobs_and_how_long_they_waited(run: Mined) -> None:
    funnel = run.progress.funnel
    jobs = {"gate": funnel.images, "screen": funnel.attempts, "judge": sum(funnel.judged.values())}
    for group, count in jobs.items():
        assert run.total("nhr_jobs_total", group=group) == count
        assert run.total("nhr_queue_wait_seconds_count", group=group) == count
    for group in ("generator", "editor", "writer", "director", "collector", "recorder"):
        assert run.total("nhr_queue_wait_seconds_count", group=group) > 0
    assert run.total("nhr_queue_wait_seconds_sum") > 0


def test_the_process_says_what_it_is_and_stands_on(run: Mined) -> None:
    assert run.total("nhr_build_info", role="mine", model="null") == 1
    assert run.total("nhr_disk_bytes", folder="data", state="total") > run.total("nhr_disk_bytes", state="free") > 0
    assert run.total("process_resident_memory_bytes") > 0


def test_counters_only_grow(run: Mined) -> None:
    told = [
        sum(
            sample.value
            for family in text_string_to_metric_families(look.metrics)
            for sample in family.samples
            if sample.name == "nhr_jobs_total"
        )
        for look in run.looks
    ]
    assert told == sorted(told)
    assert told[-1] > told[0]


def test_everything_told_is_declared_and_explained(run: Mined) -> None:
    declared = {metric.name: metric for metric in metrics.ALL}
    for name, family in run.last.items():
        if name.startswith("nhr_") and family.samples:  # a window that nothing happened in yet has none
            assert (family.documentation, family.type) == (declared[name].help, declared[name].type)
            own = {label for sample in family.samples for label in sample.labels} - {"le"}
            assert own == set(declared[name].labels)


def test_no_label_looks_like_an_id(run: Mined) -> None:
    values = {(name, value) for _, labels in run.series() for name, value in labels if name != "le"}
    assert values
    assert not [value for _, value in values if ID.search(value)]


def test_four_times_as_many_scenes_have_no_more_series(run: Mined, tmp_path: Path) -> None:
    more = mined(tmp_path, MORE)
    assert more.progress.funnel.images == 4 * run.progress.funnel.images
    new = more.series() - run.series()
    assert {name for name, _ in new} <= WINDOWED  # told every few seconds, so a short run may end without them
    known = taxonomy()
    names = {"", "other", "null", *known.operations, *known.styles}
    assert {dict(labels).get("name", "") for _, labels in new} <= names


def test_a_port_in_use_is_one_clear_line_and_nothing_is_begun(call: Call, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = call("mine", "--prompts", "null", "--scenes", 1, "--out", tmp_path, "--metrics", port)
    assert (result.status, result.err.count("\n")) == (2, 1), result
    assert f"metrics cannot be served at 127.0.0.1:{port} (Address already in use); give another" in result.err
    assert not (tmp_path / DATABASE).exists()


def test_the_setting_is_checked_as_all_are(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NHR_METRICS", "everywhere")
    result = call("mine", "--prompts", "null", "--scenes", 1, "--out", tmp_path)
    assert (result.status, result.err.count("\n")) == (2, 1), result
    assert "setting NHR_METRICS" in result.err


def test_the_command_says_where_it_tells_its_metrics(call: Call, tmp_path: Path) -> None:
    result = call("mine", "--prompts", "null", "--scenes", 2, "--out", tmp_path, "--metrics", "0")
    assert result.status == 0, result
    assert re.search(r"metrics: http://127\.0\.0\.1:\d+/metrics", result.out)
