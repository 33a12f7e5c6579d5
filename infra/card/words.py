"""A policy in words, and numbers as the card writes them."""

from collections.abc import Iterator

from infra.card.markdown import code
from infra.report.texts import count
from schemas.messages import Bar
from streams.rules.policy import JudgeBars, Policy

_UNITS = ("B", "KB", "MB", "GB", "TB")


def size(number: int) -> str:
    """1234567 as "1.2 MB"."""
    value, unit = float(number), 0
    while value >= 999.5 and unit < len(_UNITS) - 1:
        value, unit = value / 1000, unit + 1
    return f"{value:.0f} B" if unit == 0 else f"{value:.3g} {_UNITS[unit]}"


def plural(number: int, what: str) -> str:
    """1 as "1 row", 1000 as "1,000 rows"."""
    return f"{count(number)} {what}{'' if number == 1 else 's'}"


def waves(policy: Policy) -> str:
    """How attempts are sent out."""
    if len(policy.waves) == 1:
        return f"{plural(policy.waves[0], 'attempt')} at once, the best survivor wins"
    sent = ", then ".join(str(wave) for wave in policy.waves)
    return f"attempts in waves of {sent}, until there {_are(policy.survivors)}; the best survivor wins"


def judged(policy: Policy) -> str:
    """The judge's bars."""
    bars = [f"adherence ≥ {policy.judge.adherence:g} and aesthetics ≥ {policy.judge.aesthetics:g}"]
    bars += [f"by {code(judge)} {_scores(own)}" for judge, own in sorted(policy.judge.judges.items())]
    bars += [f"for {code(operation)} {_scores(own)}" for operation, own in sorted(policy.judge.operations.items())]
    return "; ".join(bars)


def grown(policy: Policy) -> Iterator[str]:
    """Inversion, composition and further texts."""
    if policy.inversion.enabled:
        yield (
            "every winner is inverted and the inverse judged: with a score below "
            f"{policy.inversion.backward:g} both are dropped, at the bars above the inverse is kept as well"
        )
    if policy.composition.enabled:
        yield f"released edits of one source are composed with {plural(policy.composition.neighbours, 'neighbour')}"
    if policy.texts.forms:
        yield f"every instruction is written in further forms: {', '.join(map(code, policy.texts.forms))}"


def soft(policy: Policy) -> Iterator[str]:
    """The soft bars that hold for every operation without bars of its own."""
    for name, bar in policy.screen_bars(""):
        if told := _bar(bar):
            yield f"{code(name)} {told}"


def _bar(bar: Bar) -> str:
    ends = [f"≥ {bar.min:g}"] if bar.min is not None else []
    return " and ".join([*ends, f"≤ {bar.max:g}"] if bar.max is not None else ends)


def _scores(bars: JudgeBars) -> str:
    told = (("adherence", bars.adherence), ("aesthetics", bars.aesthetics))
    return " and ".join(f"{name} ≥ {least:g}" for name, least in told if least is not None)


def _are(survivors: int) -> str:
    return "is a survivor" if survivors == 1 else f"are {survivors} survivors"
