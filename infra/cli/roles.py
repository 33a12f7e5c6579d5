"""`nhr worker` and `nhr stream`: one role of the cluster, as a process that runs until it is stopped."""

import logging
from typing import Annotated

import typer

from infra import settings as environment
from infra.cli import common
from infra.cli.crews import PolicyName
from infra.cli.signals import stopped_by_signals
from infra.cluster import role
from infra.cluster.parent import end_with
from infra.cluster.role import Build
from infra.wiring import CLUSTER_STREAMS, OPTIONAL_STREAMS
from schemas.errors import UserError
from streams.rules import policy as policies
from workers import roster

PROMPTER = "prompter"
_STREAMS = (*CLUSTER_STREAMS, *OPTIONAL_STREAMS)

Parent = Annotated[int | None, typer.Option(hidden=True, help="End when this process, our parent, is gone.")]


def register(cli: typer.Typer) -> None:
    """Add the commands."""
    cli.command("worker", short_help="Cluster: run one worker until it is stopped.")(worker)
    cli.command("stream", short_help="Cluster: run a director, collector, recorder, rates, ..., or packer.")(stream)


def worker(
    kind: Annotated[str, typer.Argument(metavar="KIND", help=f"{', '.join((PROMPTER, *roster.KINDS))}.")],
    plugin: Annotated[str, typer.Argument(metavar="NAME[:OPTION=VALUE]", help="Its plug-in; `nhr models KIND`.")],
    campaign: Annotated[str, typer.Option(metavar="NAME", help="prompter: name of this mining effort.")] = "",
    scenes: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="prompter: bring in N scenes, then end.")
    ] = None,
    ahead: Annotated[
        int, typer.Option(min=1, metavar="N", help="prompter: most scenes on their way to the gate.")
    ] = 256,
    open_most: Annotated[
        int, typer.Option("--open", min=1, metavar="N", help="prompter: most scenes open at once.")
    ] = 4096,
    policy: Annotated[
        str,
        typer.Option(
            metavar="POLICY", help="A shipped policy or a TOML file; what it bars by its licences is refused."
        ),
    ] = "paper",
    parent: Parent = None,
) -> None:
    """Run one worker over Kafka and S3 until SIGTERM or Ctrl-C, which finish what is in hand.

    Start as many as you have machines or GPUs for: those of one kind share its work. Kafka and S3 are named by
    NHR_KAFKA, NHR_S3 and the like (`nhr doctor`); `nhr services up` starts some on this machine. Workers that are
    restarted in place start faster with a lasting name of their own (NHR_SLOT) and find their notes in NHR_STATE.

    \b
    Examples:
      nhr worker prompter grammar --campaign autumn
      nhr worker editor simulated
      nhr worker screen pixels,simulated
    """
    if kind == PROMPTER:
        name = common.campaign(campaign, plugin)
        intent = role.Intent(common.expanded(plugin), name, policies.read(policy), scenes, ahead, open_most)
        _play(kind, role.prompter(intent), parent)
        return
    if kind not in roster.KINDS:
        raise UserError(f"no kind of worker is called {kind!r}", f"kinds: {', '.join((PROMPTER, *roster.KINDS))}")
    _play(kind, role.worker(kind, plugin, policies.read(policy)), parent)


def stream(
    name: Annotated[str, typer.Argument(metavar="NAME", help=f"{', '.join(_STREAMS)}.")],
    policy: PolicyName = "paper",
    parent: Parent = None,
) -> None:
    """Run one stream over Kafka and S3 until SIGTERM or Ctrl-C: what decides, keeps, writes down, counts, mends, tells.

    A director decides over the scenes that it sees first by its --policy, so give all of them the same. One exporter
    is enough: every NHR_EXPORT_S seconds it tells how the whole pipeline stands, for Prometheus. A packer is one that
    may be left out: it packs what is accepted whenever that fills a shard (NHR_PACK_MB) or NHR_PACK_S seconds have
    passed; without one, `nhr pack` packs the bucket.

    \b
    Examples:
      nhr stream director --policy thrifty
      nhr stream collector
      nhr stream recorder
      nhr stream rates          what is accepted of late, and its cost
      nhr stream sweeper        sends again what was lost on its way
      nhr stream exporter       lag, ledgers, acceptance, spending as metrics
      nhr stream packer         Parquet and WebDataset shards of what is accepted
    """
    match name:
        case "director":
            build = role.director(policies.read(policy))
        case "collector":
            build = role.collector()
        case "recorder":
            build = role.recorder()
        case "rates":
            build = role.rates()
        case "sweeper":
            build = role.sweeper()
        case "exporter":
            build = role.exporter()
        case "packer":
            build = role.packer()
        case _:
            raise UserError(f"no stream is called {name!r}", f"streams: {', '.join(_STREAMS)}")
    _play(name, build, parent)


def _play(name: str, build: Build, parent: int | None) -> None:
    settings = environment.from_environment()
    logging.basicConfig(
        level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s", force=True
    )
    quieten(settings.log_level)
    with stopped_by_signals() as stop:
        if parent is not None:
            end_with(parent, stop)
        role.play(name, settings, build, stop)


def quieten(level: str) -> None:
    """Let Faust's libraries tell what matters: each start and stop is an INFO line or thirty, DEBUG tells passwords."""
    for library in ("faust", "mode", "aiokafka"):
        logging.getLogger(library).setLevel("INFO" if level == "debug" else "WARNING")
