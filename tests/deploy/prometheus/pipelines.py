"""Pipelines as Prometheus sees them, as series in promtool's notation: a healthy one, and what is told differently."""

from collections.abc import Mapping
from math import inf

from tests.deploy.prometheus.rulebook import Series

GROUPS = ("generator", "gate", "editor", "judge", "writer", "director", "collector")
"""Some: the rest are like them."""
ROLES = (*GROUPS, "exporter")
OWN_MODEL = ("editor", "judge")
LASTS = 900
"""Minutes that every series lasts, unless it says otherwise; promtool reads no further than it is asked for."""

DAY_S = 86_400
RETENTION_S = 30 * DAY_S


def healthy(**told: str) -> dict[str, str]:
    """A pipeline that mines: 60 messages a minute and group, acceptance as the paper's; and what is `told` besides."""
    series: dict[str, str] = {}
    for role in ROLES:
        series[of("up", role=role, instance=f"{role}-0")] = always(1)
        series[of("process_start_time_seconds", role=role, instance=f"{role}-0")] = always(-DAY_S)
    for group in GROUPS:
        series |= queue(group)
    for group in OWN_MODEL:
        series[of("nhr_step_busy_seconds_total", group, role=group, instance=f"{group}-0")] = grows(54)
        series[of("nhr_step_starved_seconds_total", group, role=group, instance=f"{group}-0")] = grows(6)
    for stage, accepted, rejected in (("gate", 44, 56), ("screen", 42, 58), ("judge", 18, 32), ("inverse", 9, 1)):
        series |= words(stage, grows(accepted), grows(rejected))
    series |= {
        exported("nhr_ledger_oldest_seconds"): always(600), exported("nhr_spent_today_usd"): always(3),
        exported("nhr_spend_limit_usd"): always(20), exported("nhr_canary_drifted", model="measured"): always(0),
        disk("free"): always(700e9), disk("total"): always(1000e9),
        of("nhr_store_errors_total", role="editor", instance="editor-0", store="s3"): grows(0.05),
    }  # fmt: skip
    return series | told


def queue(group: str, waiting: str = "", oldest: str = "", done: str = "", paused: str = "") -> dict[str, str]:
    """What the exporter tells of a group."""
    return {
        exported("nhr_lag_messages", group): waiting or always(5),
        exported("nhr_lag_seconds", group): oldest or always(3),
        exported("nhr_done_messages", group): done or grows(60), exported("nhr_paused", group): paused or always(0),
        exported("nhr_retention_seconds", group): always(inf if group == "generator" else RETENTION_S),
    }  # fmt: skip


def words(stage: str, accepted: str, rejected: str) -> dict[str, str]:
    """What the director counts of a stage, of one group of operations."""
    told = {"role": "director", "instance": "director-0", "stage": stage, "operation_group": "object"}
    return {
        of("nhr_funnel_total", **told, outcome="accepted", reason=""): accepted,
        of("nhr_funnel_total", **told, outcome="rejected", reason="adherence"): rejected,
    }


def exported(metric: str, group: str = "", **labels: str) -> str:
    """A series of the exporter."""
    return of(metric, group, role="exporter", instance="exporter-0", **labels)


def counted(metric: str, group: str, **labels: str) -> str:
    """A series of a worker."""
    return of(metric, group, role=group, instance=f"{group}-0", **labels)


def disk(state: str) -> str:
    """Bytes of the disk under an embedded run."""
    return of("nhr_disk_bytes", role="recorder", instance="recorder-0", folder="/data", state=state)


def of(metric: str, group: str = "", **labels: str) -> str:
    """The name of a series."""
    found: Mapping[str, str] = {"job": "nhr", **({"group": group} if group else {}), **labels}
    return metric + "{" + ",".join(f'{name}="{value}"' for name, value in sorted(found.items())) + "}"


def always(value: float) -> str:
    """It stays."""
    if value == inf:  # which the notation cannot repeat
        return " ".join(["Inf"] * LASTS)
    return f"{_number(value)}x{LASTS}"


def grows(a_minute: float, start: float = 0) -> str:
    """It grows from a minute to the next."""
    sign = "-" if a_minute < 0 else "+"
    return f"{_number(start)}{sign}{_number(abs(a_minute))}x{LASTS}"


def then(*parts: tuple[str, int]) -> str:
    """One course after another, each for so many minutes."""
    return " ".join(f"{course.rpartition('x')[0]}x{minutes - 1}" for course, minutes in parts)


def nothing(minutes: int) -> str:
    """No samples for so long."""
    return f"_x{minutes}"


def _number(value: float) -> str:
    return f"{value:.6f}".rstrip("0").rstrip(".") if abs(value) < 1e9 else f"{value:.0f}"


def merged(*parts: Series) -> dict[str, str]:
    """All of them, later ones over earlier ones."""
    return {name: values for part in parts for name, values in part.items()}
