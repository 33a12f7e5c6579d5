"""Progress as tables and lines of text."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from infra.progress import Progress
from schemas import topics
from streams.funnel import Stage

WIDE = 108
"""Columns from which there is room for bars beside both tables."""
GROUPS = {
    "generator": topics.PROMPTS, "gate": topics.SOURCES, "editor": topics.EDIT_JOBS, "screen": topics.CANDIDATES,
    "judge": topics.JUDGE_JOBS, "writer": topics.TEXT_JOBS, "director": topics.VERDICTS,
    "recorder": topics.VERDICTS, "collector": topics.TRIPLETS,
}  # fmt: skip
MERITS = {"attempts_per_winner": "attempts a winner", "edits_per_triplet": "edits a triplet"}
CAUSES = {"marker": "for their owners", "licence": "for their licence", "blocklist": "by the blocklist"}
"""Why inputs must not be used, in words."""
TRUSTED = {"judge": "judge", "pipeline": "pipeline", "released": "released"}
IN_LINE = {"gate": "gate", "soft": "soft", "pixels": "pixels", "hard": "judge"}


def dashboard(progress: Progress, width: int) -> RenderableType:
    """Everything at a glance, in 80 columns and 16 lines."""
    tables = Table.grid(padding=(0, 3))
    tables.add_row(funnel(progress, bars=width >= WIDE), groups(progress))
    return Group(headline(progress), *_bar(progress), Text(), tables, *_troubles(progress), *_skipped(progress))


def title(progress: Progress) -> str:
    """What is mined, by what, where to."""
    order = progress.order
    prompts = "" if order.prompts == order.campaign else f" · {order.prompts}"
    return f"{order.campaign}{prompts} · policy {order.policy.name} · {order.out}"


def headline(progress: Progress, titled: bool = True) -> RenderableType:
    """What is mined, how much there is, how fast, how long yet."""
    phase = "" if progress.phase in {"mining", "done"} else progress.phase
    facts = [_scenes(progress), _rate(progress), _elapsed(progress), _eta(progress), phase]
    made = Text.assemble(
        (_count(progress.triplets, "triplet"), "bold green"), "".join(f" · {fact}" for fact in facts if fact)
    )
    made.no_wrap = True
    named = Text(title(progress), style="bold", no_wrap=True, overflow="ellipsis")
    return Group(named, made) if titled else made


def line(progress: Progress) -> str:
    """The state of things in one line."""
    stages = {stage.key: stage for stage in progress.funnel.stages()}
    rates = " ".join(f"{name} {_percent(stages[key].rate)}" for key, name in IN_LINE.items())
    pending = sum(lag.waiting + lag.in_flight for lag in progress.lags.values())
    facts = [
        f"{_time(progress.elapsed_s)} {progress.phase}", _count(progress.triplets, "triplet"), _scenes(progress),
        _rate(progress), rates, f"{pending} in flight", _eta(progress), *progress.troubles,
    ]  # fmt: skip
    return " · ".join(fact for fact in facts if fact)


def funnel(progress: Progress, bars: bool = False) -> RenderableType:
    """What was left after each stage, beside the paper's rates."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("stage", "left", "rate", "paper"):
        table.add_column(heading, justify="left" if heading == "stage" else "right", no_wrap=True)
    if bars:
        table.add_column("")
    for stage in progress.funnel.stages():
        row: list[RenderableType] = [stage.title, f"{stage.left:,}", _of(stage, stage.rate)]
        row.append(Text(_of(stage, stage.paper_rate), style="dim"))
        if bars:
            share = stage.rate if stage.how == "share" else None
            row.append("" if share is None else ProgressBar(total=1.0, completed=share, width=20))
        table.add_row(*row)
    return table


def merits(progress: Progress) -> list[RenderableType]:
    """What a triplet took beside the paper's figures, how far to trust the decisions where known, what was kept out."""
    figures = {figure.key: figure for figure in progress.funnel.figures()}
    costs = [
        f"{name} {figures[key].value:.2f} (paper {figures[key].paper:.2f})"
        for key, name in MERITS.items()
        if figures[key].value is not None
    ]
    trust = []
    for stage, name in TRUSTED.items():
        seen = progress.funnel.truth[stage]
        if seen.precision is not None:
            recall = f", recall {seen.recall:.0%}" if seen.recall is not None and stage != "released" else ""
            trust.append(f"{name}: precision {seen.precision:.0%}{recall}")
    left_out = [f"left out: {', '.join(told)}"] if (told := _left_out(progress)) else []
    return [Text(" · ".join(facts), style="dim") for facts in (costs, trust, left_out) if facts]


def groups(progress: Progress) -> RenderableType:
    """Lag and load of every consumer group; a group is busy with the share of the time its models worked."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("group", "waiting", "in hand", "busy"):
        table.add_column(heading, justify="left" if heading == "group" else "right", no_wrap=True)
    for group, topic in GROUPS.items():
        lag = progress.lags.get((topic.name, group))
        if lag is None:
            continue
        members = progress.order.crew.count(group)
        spent = progress.elapsed_s * members
        busy = min(1.0, progress.busy.get(group, 0.0) / spent) if spent > 0 else 0.0
        name = f"{group} × {members}" if members > 1 else group
        table.add_row(name, f"{lag.waiting:,}", f"{lag.in_flight:,}", f"{busy:.0%}")
    return table


def next_steps(progress: Progress) -> str:
    """How it ended, and what to do now."""
    out, took = progress.order.out, _time(progress.elapsed_s)
    failed = f"\nThat failed:   nhr dlq ls --out {out}   ({_count(progress.letters, 'dead letter')})" * bool(
        progress.letters
    )
    if progress.phase == "stopped":
        return f"Stopped after {took}. Nothing is lost: the same command goes on from here.{failed}"
    if not progress.triplets:
        return f"Done in {took}, with no triplet. To see why: nhr report --out {out}{failed}"
    return (
        f"Done in {took}. Triplets: {out}/shelf\n"
        f"Look at them:  nhr report --out {out}\n"
        f"Take them:     nhr export --out {out} --to DIR{failed}"
    )


def _bar(progress: Progress) -> Iterator[RenderableType]:
    """How much of the nearest end asked for is reached."""
    order, shares = progress.order, []
    if order.target is not None:
        shares.append(progress.triplets / order.target)
    if order.scenes is not None:
        shares.append((progress.scenes_done + len(progress.skipped)) / order.scenes)
    if order.for_s is not None:
        shares.append(progress.elapsed_s / order.for_s)
    if shares:
        share = min(1.0, max(shares))
        row = Table.grid(padding=(0, 1))
        row.add_row(ProgressBar(total=1.0, completed=share, width=60), f"{share:4.0%}")
        yield row


def _troubles(progress: Progress) -> Iterator[RenderableType]:
    for trouble in progress.troubles:
        yield Text(trouble, style="bold red", no_wrap=True, overflow="ellipsis")


def _skipped(progress: Progress) -> Iterator[RenderableType]:
    if progress.skipped:
        told = ", ".join(_left_out(progress))
        skipped = f"{_count(len(progress.skipped), 'input')} skipped{f' ({told})' if told else ''}, see above"
        yield Text(skipped, style="yellow")


def _left_out(progress: Progress) -> list[str]:
    return [f"{count:,} {CAUSES[cause]}" for cause, count in sorted(progress.left_out.items())]


def _of(stage: Stage, rate: float | None) -> str:
    if rate is None or stage.how == "count":
        return ""
    if stage.how == "each":
        return f"× {rate:.2f}"
    return f"{rate:+.1%}" if stage.how == "gain" else f"{rate:.1%}"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _percent(rate: float | None) -> str:
    return "-" if rate is None else f"{rate:.0%}"


def _scenes(progress: Progress) -> str:
    done = _count(progress.scenes_done, "scene")
    return f"{progress.scenes_done:,} of {progress.order.scenes:,} scenes" if progress.order.scenes else f"{done} done"


def _rate(progress: Progress) -> str:
    rate = progress.per_minute
    if rate is None:
        return ""
    return f"{rate:,.0f} a minute" if rate >= 2 else f"{60 * rate:,.1f} an hour"


def _eta(progress: Progress) -> str:
    known = progress.phase in {"mining", "finishing"} and progress.eta_s is not None
    return f"{_time(progress.eta_s or 0.0)} to go" if known else ""


def _elapsed(progress: Progress) -> str:
    return "" if progress.phase in {"done", "stopped"} else f"{_time(progress.elapsed_s)} gone"


def _time(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours:02} h"
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
