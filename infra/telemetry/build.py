"""What a process is: version, role, and the plug-ins that it runs."""

from importlib.metadata import version

from infra.metrics import Metrics
from schemas import metrics


def built(meters: Metrics, role: str, *recipes: str) -> None:
    """Say so, for as long as the process lives; `recipes` are those of its plug-ins."""
    meters.set(metrics.BUILD, version("nhr"), role, ",".join(sorted({named(one) for one in recipes})), value=1)


def named(recipe: str) -> str:
    """The plug-in's name in a recipe or as a user typed it, without its settings; a bare list is read by "file"."""
    if recipe.endswith(".jsonl") and ":" not in recipe:
        return "file"
    return recipe.partition("@")[0].partition(":")[0]
