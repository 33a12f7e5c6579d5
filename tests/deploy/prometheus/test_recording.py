"""What is recorded: its value over series whose answer is known, and the labels that are left; all of it is tried."""

from pathlib import Path

import pytest

from tests import services
from tests.deploy.prometheus import rulebook
from tests.deploy.prometheus.pipelines import always, counted, exported, grows, merged, nothing, of, queue, then, words
from tests.deploy.prometheus.rulebook import Series

H = 60


def _histogram(name: str, group: str, *counts: tuple[str, float]) -> dict[str, str]:
    """Buckets that grow by so much a minute, cumulative; told by two processes."""
    labels = {"role": group, **({"group": group} if name != "nhr_prompt_to_shelf_seconds" else {})}
    return {
        of(f"{name}_bucket", instance=f"{group}-{number}", le=le, **labels): grows(count)
        for number in (0, 1)
        for le, count in counts
    }


def _processes(metric: str, a_minute: float, group: str = "editor", **labels: str) -> dict[str, str]:
    """A counter of a group, told by two processes, each growing by so much a minute."""
    given = {"role": "mine", **({"group": group} if group else {}), **labels}
    return {of(metric, instance=f"mine-{number}", **given): grows(a_minute) for number in (0, 1)}


SERIES: Series = merged(
    _processes("nhr_triplets_total", 30, "", kind="forward", operation_group="object"),
    _processes("nhr_triplets_total", 15, "", kind="inverse", operation_group="object"),
    _processes("nhr_jobs_total", 180, outcome="answered"), _processes("nhr_jobs_total", 60, outcome="failed"),
    _processes("nhr_retries_total", 6, "judge"), _processes("nhr_breakers_open", 0, "judge"),
    _processes("nhr_jobs_pending", 0, "judge"), _processes("nhr_cost_usd_total", 0.9, "judge", model="gemini"),
    _processes("nhr_tokens_total", 600, "judge", model="gemini", direction="in"),
    _processes("nhr_step_busy_seconds_total", 45), _processes("nhr_step_starved_seconds_total", 15),
    _processes("nhr_batch_size_sum", 80), _processes("nhr_batch_size_count", 10),
    _processes("nhr_store_errors_total", 2, "", store="s3"),
    _histogram("nhr_step_seconds", "editor", ("1.0", 0), ("2.0", 60), ("+Inf", 60)),
    _histogram("nhr_queue_wait_seconds", "editor", ("5.0", 0), ("10.0", 60), ("+Inf", 60)),
    _histogram("nhr_prompt_to_shelf_seconds", "collector", ("60.0", 0), ("120.0", 60), ("+Inf", 60)),
    words("judge", grows(18), grows(32)), words("gate", always(9), grows(50)),
    queue("editor", waiting=grows(6), oldest=always(259_200), done=grows(60), paused=always(0)),
    {exported("nhr_spent_today_usd"): always(5), exported("nhr_spend_limit_usd"): always(20)},
)  # fmt: skip
AFTER = 3 * H
"""Minutes."""

EXPECTED = {
    'job:nhr_triplets:rate5m{job="nhr"}': 1.5,
    'kind:nhr_triplets:rate5m{job="nhr",kind="forward"}': 1.0,
    'kind:nhr_triplets:rate5m{job="nhr",kind="inverse"}': 0.5,
    'group_outcome:nhr_jobs:rate5m{group="editor",job="nhr",outcome="answered"}': 6.0,
    'group_outcome:nhr_jobs:rate5m{group="editor",job="nhr",outcome="failed"}': 2.0,
    'group:nhr_jobs:rate5m{group="editor",job="nhr"}': 8.0,
    'group:nhr_retries:rate5m{group="judge",job="nhr"}': 0.2,
    'group:nhr_breakers_open:sum{group="judge",job="nhr"}': 0.0,
    'group:nhr_jobs_pending:sum{group="judge",job="nhr"}': 0.0,
    'job:nhr_prompt_to_shelf_seconds:p50_1h{job="nhr"}': 90.0,
    'job:nhr_prompt_to_shelf_seconds:p95_1h{job="nhr"}': 117.0,
    'stage:nhr_funnel_seen:increase10m{job="nhr",stage="gate"}': 500.0,
    'stage:nhr_funnel_seen:increase10m{job="nhr",stage="judge"}': 500.0,
    'stage:nhr_funnel_acceptance:ratio10m{job="nhr",stage="gate"}': 0.0,
    'stage:nhr_funnel_acceptance:ratio10m{job="nhr",stage="judge"}': 0.36,
    'stage:nhr_funnel_seen:increase30m{job="nhr",stage="gate"}': 1500.0,
    'stage:nhr_funnel_seen:increase30m{job="nhr",stage="judge"}': 1500.0,
    'stage:nhr_funnel_accepted:increase30m{job="nhr",stage="gate"}': 0.0,
    'stage:nhr_funnel_accepted:increase30m{job="nhr",stage="judge"}': 540.0,
    'stage:nhr_funnel_acceptance:ratio30m{job="nhr",stage="gate"}': 0.0,
    'stage:nhr_funnel_acceptance:ratio30m{job="nhr",stage="judge"}': 0.36,
    'stage:nhr_funnel_expected:increase30m{job="nhr",stage="gate"}': 0.0,
    'stage:nhr_funnel_expected:increase30m{job="nhr",stage="judge"}': 540.0,
    'stage:nhr_funnel_acceptance:ratio6h{job="nhr",stage="gate"}': 0.0,
    'stage:nhr_funnel_acceptance:ratio6h{job="nhr",stage="judge"}': 0.36,
    'stage:nhr_funnel_acceptance:ratio1d{job="nhr",stage="gate"}': 0.0,
    'stage:nhr_funnel_acceptance:ratio1d{job="nhr",stage="judge"}': 0.36,
    'stage_operation_group:nhr_funnel_acceptance:ratio6h{job="nhr",operation_group="object",stage="gate"}': 0.0,
    'stage_operation_group:nhr_funnel_acceptance:ratio6h{job="nhr",operation_group="object",stage="judge"}': 0.36,
    'job:nhr_edits_per_triplet:ratio1h{job="nhr"}': 4.0,
    'model:nhr_cost_usd:rate1h{job="nhr",model="gemini"}': 0.03,
    'group_direction:nhr_tokens:rate5m{direction="in",group="judge",job="nhr"}': 20.0,
    'job:nhr_cost_usd_per_triplet:ratio1h{job="nhr"}': 0.02,
    'job:nhr_spent_today:ratio{job="nhr"}': 0.25,
    'group:nhr_step_busy:ratio5m{group="editor",job="nhr"}': 0.75,
    'group:nhr_step_starved:ratio15m{group="editor",job="nhr"}': 0.25,
    'group:nhr_step_starved:avg_rate15m{group="editor",job="nhr"}': 0.25,
    'group:nhr_step_seconds:p50_5m{group="editor",job="nhr"}': 1.5,
    'group:nhr_step_seconds:p95_5m{group="editor",job="nhr"}': 1.95,
    'group:nhr_batch_size:avg5m{group="editor",job="nhr"}': 8.0,
    'group:nhr_lag_messages:max{group="editor",job="nhr"}': 6.0 * AFTER,
    'group:nhr_lag_seconds:max{group="editor",job="nhr"}': 259_200.0,
    'group:nhr_done_messages:max{group="editor",job="nhr"}': 60.0 * AFTER,
    'group:nhr_paused:max{group="editor",job="nhr"}': 0.0,
    'group:nhr_lag_messages:deriv15m{group="editor",job="nhr"}': 0.1,
    'group:nhr_done_messages:rate5m{group="editor",job="nhr"}': 1.0,
    'group:nhr_lag_retention:ratio{group="editor",job="nhr"}': 0.1,
    'group:nhr_queue_wait_seconds:p50_5m{group="editor",job="nhr"}': 7.5,
    'group:nhr_queue_wait_seconds:p95_5m{group="editor",job="nhr"}': 9.75,
    'store:nhr_store_errors:increase10m{job="nhr",store="s3"}': 40.0,
}


@pytest.fixture(autouse=True)
def _promtool() -> None:
    services.need_prometheus()


def test_each_has_the_value_that_its_series_give(tmp_path: Path) -> None:
    assert rulebook.valued(tmp_path, SERIES, AFTER, EXPECTED) == ""


def test_every_recording_rule_is_tried() -> None:
    tried = {name.partition("{")[0] for name in EXPECTED} | OTHERS
    assert tried == {rule["record"] for rule in rulebook.recorded()}


OTHERS = {
    "group:nhr_dead_letters:increase30m", "stage:nhr_funnel_seen:increase6h", "stage:nhr_funnel_seen:increase1d",
    "stage:nhr_funnel_accepted:increase1d",
}  # fmt: skip
"""Tried below: how much of a window longer than the series was seen is estimated."""


@pytest.mark.parametrize(
    ("series", "letters"),
    [
        (nothing(160) + " " + always(7), 7.0),
        (
            nothing(160) + " " + then((always(2), 1), (grows(1, 3), 60)),
            23.0,
        ),  # 22, and as much again as half a minute brings: `increase` guesses
        (always(7), 0.0),
    ],
    ids=["all at once", "more and more", "all of them long ago"],
)
def test_dead_letters_count_from_the_first(series: str, letters: float, tmp_path: Path) -> None:
    given = {
        counted("nhr_dead_letters_total", "gate", error="Reject"): series,
        of("up", role="gate", instance="gate-0"): always(1),
    }
    name = 'round(group:nhr_dead_letters:increase30m{group="gate",job="nhr"})'
    assert rulebook.asked(tmp_path, given, AFTER, name, {'{group="gate",job="nhr"}': letters}) == ""


def test_windows_that_are_longer_than_what_is_known_hold_all_of_it(tmp_path: Path) -> None:
    given = words("judge", grows(18), grows(32))
    for name, count in (("seen:increase6h", 50), ("seen:increase1d", 50), ("accepted:increase1d", 18)):
        metric = f"round(stage:nhr_funnel_{name}, 50)"
        known = {'{job="nhr",stage="judge"}': round(count * AFTER / 50) * 50}
        assert rulebook.asked(tmp_path, given, AFTER, metric, known) == ""
