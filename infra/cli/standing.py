"""How a cluster stands, drawn in 80 columns."""

from collections.abc import Iterable

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from infra.cluster.status import FUNNEL, RATED, ClusterStatus, GroupStatus
from streams.rates import WINDOWS


def drawn(status: ClusterStatus) -> RenderableType:
    """Groups, funnel, acceptance, ledgers, what troubles it."""
    parts: list[RenderableType] = [Text(status.where, "bold"), Text(), _groups(status.groups), Text()]
    parts += [Text(_funnel(status)), *_acceptance(status), *_spent(status), Text(_ledgers(status))]
    if status.dead_letters:
        by_group = ", ".join(f"{group or 'unknown'} {count:,}" for group, count in status.dead_letters.items())
        parts.append(Text(f"dead letters: {by_group}  (nhr dlq ls)", "yellow"))
    parts += [Text(warning, "yellow") for warning in status.warnings()]
    return Group(*parts)


def line(status: ClusterStatus) -> str:
    """The state of things in one line."""
    queued = ", ".join(f"{one.group} {one.waiting:,}" for one in status.groups if one.waiting) or "nothing queued"
    return " · ".join([_funnel(status), queued, *status.warnings()])


def _groups(groups: Iterable[GroupStatus]) -> RenderableType:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for heading in ("group", "members", "lag", "oldest", "done/s", "step p50", "p95"):
        table.add_column(heading, justify="left" if heading == "group" else "right", no_wrap=True)
    for one in groups:
        name = Text(f"{one.group} (paused)", "yellow") if one.paused else Text(one.group)
        members = Text(f"{one.members:,}", "red" if one.waiting and not one.members else "")
        table.add_row(
            name, members, f"{one.waiting:,}", seconds(one.oldest_s) if one.waiting else "",
            "" if one.rate is None else f"{one.rate:,.1f}", seconds(one.p50_s), seconds(one.p95_s),
        )  # fmt: skip
    return table


def _funnel(status: ClusterStatus) -> str:
    found = status.funnel()
    return " → ".join(f"{found[name]:,} {name}" for name in FUNNEL)


def _acceptance(status: ClusterStatus) -> list[RenderableType]:
    """What the stages accept of late, where `nhr stream rates` runs."""
    lines: list[RenderableType] = []
    for window in WINDOWS:
        told = {stage: status.rates.acceptance(window.name, stage) for stage in RATED}
        parts = [f"{stage} {rate:.0%}" for stage, rate in told.items() if rate is not None]
        if parts:
            lines.append(Text(f"accepted, last {window.name}: {', '.join(parts)}"))
    return lines


def _spent(status: ClusterStatus) -> list[RenderableType]:
    """What triplets came of late and what they cost, where answers cost anything."""
    lines: list[RenderableType] = []
    for window in WINDOWS:
        spent = status.spent(window.name)
        parts = [f"{spent['triplets']:,} triplets"] if spent["triplets"] else []
        if spent["tokens"] or spent["usd"]:
            each = f", {dollars(spent['usd_a_triplet'])} a triplet" if spent["triplets"] else ""
            by_stage = ", ".join(f"{stage} {dollars(usd)}" for stage, usd in spent["stages"].items())
            parts.append(f"{spent['tokens']:,} tokens, {dollars(spent['usd'])}{each} ({by_stage})")
        if parts:
            lines.append(Text(f"made, last {window.name}: {' · '.join(parts)}"))
    return lines


def dollars(value: float) -> str:
    """An amount to two places that tell something: $12.40, $0.0031."""
    return f"${value:,.2f}" if value >= 0.1 or not value else f"${value:.2g}"


def _ledgers(status: ClusterStatus) -> str:
    oldest = f", the oldest for {seconds(status.oldest_open_s)}" if status.oldest_open_s is not None else ""
    return f"ledgers: {status.open:,} open{oldest} · processes: {len(status.processes):,}"


def seconds(value: float | None) -> str:
    """A time as people read it: 8 ms, 1.3 s, 4 min, 2.5 h, 3 d."""
    if value is None:
        return ""
    for limit, size, unit in ((1.0, 0.001, "ms"), (100.0, 1.0, "s"), (6000.0, 60.0, "min"), (172800.0, 3600.0, "h")):
        if value < limit:
            return f"{value / size:.{1 if 1 <= value / size < 10 and unit != 'ms' else 0}f} {unit}"
    return f"{value / 86400:.0f} d"
