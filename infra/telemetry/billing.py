"""What services bill, counted by who asked them."""

from infra.metrics import Metrics
from infra.telemetry.build import named
from schemas import metrics
from schemas.ports import Usage


def bill(meters: Metrics, group: str, model: str, usage: Usage) -> None:
    """Count the tokens and dollars of one answer; `model` is a recipe, or a plug-in as somebody named it."""
    name = named(model)
    for direction, tokens in (("in", usage.tokens_in), ("out", usage.tokens_out)):
        if tokens:
            meters.inc(metrics.TOKENS, group, name, direction, by=tokens)
    if usage.cost_usd:
        meters.inc(metrics.COST, group, name, by=usage.cost_usd)
