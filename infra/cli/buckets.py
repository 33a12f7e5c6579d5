"""`nhr buckets plan` and `apply`: the S3 bucket that NHR needs."""

from typing import TYPE_CHECKING

import typer

from infra import settings as environment
from infra.cli import plans
from infra.wiring import packages_of_the_cluster

if TYPE_CHECKING:
    from infra.buckets import Plan

HELP = """See what S3 bucket NHR needs, and create it.

\b
  nhr buckets plan       what differs; exit status 1 if anything does
  nhr buckets apply      mend it; nothing is ever deleted
"""


def register(cli: typer.Typer) -> None:
    """Add the commands."""
    buckets = typer.Typer(help=HELP, short_help="Cluster: see and create the S3 bucket.", no_args_is_help=True)
    buckets.command("plan", short_help="Show what `apply` would do.")(plan)
    buckets.command("apply", short_help="Create the bucket, set its rules.")(apply)
    cli.add_typer(buckets, name="buckets")


def plan() -> None:
    """Show what `nhr buckets apply` would do; exit status 1 if that is anything.

    The server is named by NHR_S3, the bucket by NHR_S3_BUCKET; NHR_S3_SCRATCH_DAYS is how long working pictures
    (scratch/) and standing answers (answers/) are kept. Kafka keeps work for 30: a job that comes later was sent anew,
    and its model is then asked once more.

    \b
    Example:
      nhr buckets plan || nhr buckets apply
    """
    with packages_of_the_cluster():
        from infra import buckets

    found = buckets.plan(environment.from_environment())
    _show(found)
    if found.changes:
        raise typer.Exit(1)


def apply() -> None:
    """Create the bucket, have S3 remove what is old and not kept, and see that the server honours conditional puts.

    Other rules of the bucket stay as they are, and nothing is deleted. It may be repeated, and run by several at once.

    \b
    Example:
      NHR_S3=http://127.0.0.1:8333 nhr buckets apply
    """
    with packages_of_the_cluster():
        from infra import buckets

    _show(buckets.apply(environment.from_environment()), done=True)


def _show(found: "Plan", done: bool = False) -> None:
    changes = [(one.what, one.is_ or "-", one.would_be) for one in found.changes]
    fine = "" if changes else f"Bucket {found.bucket} is as it should be."
    plans.show(changes, ("what", "is", plans.would_be(done)), fine, found.warnings)
