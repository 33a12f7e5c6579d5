"""PromQL that several panels ask for, written once, and the paper's numbers as series.

Every selector names the job, for one Prometheus may watch several pipelines. What infra/deploy/prometheus/rules records
is taken from there; what follows a variable of a dashboard is asked for here.
"""

from streams import paper
from streams.paper import FUNNEL

OVER = "${over}"
"""The time that rates are averaged over: a variable of the dashboards that ask for rates of their own."""
JOB = 'job="$job"'
SURVIVAL = {
    "gate": FUNNEL["gate"].rate,
    "screen": FUNNEL["pixels"].left / FUNNEL["attempts"].left,
    "judge": FUNNEL["hard"].rate,
}
"""The share that a stage of the paper's accepts; its two cheap checks are one stage here."""
EFFORT = {
    "gate": ("sources drawn", paper.IMAGES_PER_TRIPLET),
    "screen": ("edits tried", paper.EDITS_PER_TRIPLET),
    "judge": ("hard-filter calls", paper.HARD_CALLS_PER_TRIPLET),
}
"""What the paper spent on a released triplet, by the stage that sees each of it once."""
SAID = 'outcome=~"accepted|rejected"'
"""A stage's word, not its failures."""
FIRING = 'ALERTS{alertstate="firing"}'


def constant(value: float) -> str:
    """A number that never changes, as a series."""
    return f"vector({round(value, 4):g})"


def none_is_zero(expr: str) -> str:
    """0 where there is nothing."""
    return f"({expr}) or on () vector(0)"


def told(metric: str, where: str = "") -> str:
    """The series of a metric, or of what a rule records, of the pipeline chosen."""
    return f"{metric}{{{', '.join(filter(None, (JOB, where)))}}}"


def each(metric: str, by: str = "", where: str = "") -> str:
    """How much a counter grows a second."""
    return f"sum{_by(by)} (rate({told(metric, where)}[{OVER}]))"


def grown(metric: str, by: str = "", where: str = "") -> str:
    """How much a counter grew over the time shown."""
    return f"sum{_by(by)} (increase({told(metric, where)}[$__range]))"


def survival(stage: str, where: str = "") -> str:
    """The share that a stage accepted over the time shown."""
    of_stage = ", ".join(filter(None, (f'stage="{stage}"', where)))
    accepted, seen = (
        grown("nhr_funnel_total", where=f"{of_stage}, {outcome}") for outcome in ('outcome="accepted"', SAID)
    )
    return f"{accepted} / {seen}"


def mean(metric: str, by: str = "", where: str = "") -> str:
    """Of a histogram's observations."""
    return f"{each(f'{metric}_sum', by, where)} / {each(f'{metric}_count', by, where)}"


def median(metric: str, by: str, where: str = "") -> str:
    """Of a histogram's observations, about: it lies in one of its buckets."""
    return f"histogram_quantile(0.5, {each(f'{metric}_bucket', f'le, {by}', where)})"


def buckets(metric: str, where: str = "") -> str:
    """How many observations of a histogram fell into each of its buckets."""
    return f"sum by (le) (increase({told(f'{metric}_bucket', where)}[{OVER}]))"


def latest(metric: str, by: str = "", where: str = "") -> str:
    """A gauge that one process tells for all: the largest, should two tell it while one replaces the other."""
    return f"max{_by(by)} ({told(metric, where)})"


def acceptance(stage: str, by: str, where: str = "") -> str:
    """The share accepted in the window chosen, by the names of a dimension."""
    return latest("nhr_acceptance_ratio", "name", window("$window", stage, by, where))


def window(length: str, stage: str, by: str, where: str = "") -> str:
    """The labels of a stage's acceptance in a window, by a dimension."""
    return ", ".join(filter(None, (f'window="{length}", stage="{stage}", by="{by}"', where)))


def _by(labels: str) -> str:
    return f" by ({labels})" if labels else ""
