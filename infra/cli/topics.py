"""`nhr topics plan` and `apply`: the Kafka topics that NHR needs."""

from typing import TYPE_CHECKING

import typer

from infra import settings as environment
from infra.cli import plans
from infra.wiring import packages_of_the_cluster

if TYPE_CHECKING:
    from infra.topics import Plan

HELP = """See what Kafka topics NHR needs, and create them.

\b
  nhr topics plan      what differs; exit status 1 if anything does
  nhr topics apply     mend it; nothing is ever deleted
"""
DEEDS = {"create": "create", "grow": "add partitions", "set": "set", "keep": "left as it is"}


def register(cli: typer.Typer) -> None:
    """Add the commands."""
    topics = typer.Typer(help=HELP, short_help="Cluster: see and create the Kafka topics.", no_args_is_help=True)
    topics.command("plan", short_help="Show what `apply` would do.")(plan)
    topics.command("apply", short_help="Create topics, add partitions, set configurations.")(apply)
    cli.add_typer(topics, name="topics")


def plan() -> None:
    """Show what `nhr topics apply` would do; exit status 1 if that is anything.

    Names begin with NHR_KAFKA_PREFIX; NHR_KAFKA_REPLICAS is how many copies there are of each, NHR_KAFKA_PARTITIONS the
    most partitions. Brokers are named by NHR_KAFKA.

    \b
    Example:
      nhr topics plan || nhr topics apply
    """
    with packages_of_the_cluster():
        from infra import topics

    found = topics.plan(environment.from_environment())
    _show(found)
    if found.pending:
        raise typer.Exit(1)


def apply() -> None:
    """Create the topics that are missing, add partitions, set configurations; nothing is ever deleted.

    It may be repeated, and run by several at once.

    \b
    Example:
      NHR_KAFKA=127.0.0.1:9092 nhr topics apply
    """
    with packages_of_the_cluster():
        from infra import topics

    _show(topics.apply(environment.from_environment()), done=True)


def _show(found: "Plan", done: bool = False) -> None:
    changes = [(one.topic, one.what, one.is_ or "-", one.would_be, DEEDS[one.deed]) for one in found.changes]
    fine = "" if found.pending else "All topics are as they should be."
    plans.show(changes, ("topic", "what", "is", plans.would_be(done), ""), fine, found.warnings)
